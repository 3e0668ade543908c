// Zipkin's first format (zipkinCore.thrift), as its old reporters and Jaeger's agent take it.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/zipkin/zipkin.h"

namespace apache::thrift::protocol {
class TProtocol;
}

namespace mes::wire::zipkin {

// The body of POST /api/v1/spans with application/x-thrift: a list of spans in the binary encoding. Error: corrupt.
result<std::vector<span>> read_thrift(std::string_view bytes);

span_v1 read_thrift_span(apache::thrift::protocol::TProtocol& in);  // throws TException

}  // namespace mes::wire::zipkin
