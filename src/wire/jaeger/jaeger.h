// Jaeger's own spans (jaeger-idl: jaeger.thrift, agent.thrift, api_v2/model.proto) as OTLP records.
//
// Every tag, log and reference is kept as it came, so that Jaeger's query API gives it back; `span.kind` becomes the
// span's kind, which the query API shows as that tag.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/otlp/span_record.h"
#include "wire/thrift/encoding.h"

namespace mes::wire::jaeger {

// A Batch in Thrift, the body of POST /api/traces. Error: corrupt.
result<otlp::resource_record> read_thrift_batch(std::string_view bytes, thrift::encoding how);

// A datagram to the agent: a call of emitBatch or emitZipkinBatch. Errors: corrupt; invalid_argument for another call.
result<std::vector<otlp::resource_record>> read_agent_call(std::string_view bytes, thrift::encoding how);

// A PostSpansRequest of api_v2's CollectorService. Error: corrupt.
result<std::vector<otlp::resource_record>> read_post_spans(std::string_view bytes);

}  // namespace mes::wire::jaeger
