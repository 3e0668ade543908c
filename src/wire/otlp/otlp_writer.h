// Writes OTLP's ExportTraceServiceRequest (opentelemetry-proto 1.x, trace/v1/trace.proto) as protobuf.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/instant.h"

namespace mes::wire {

using otlp_attribute = std::pair<std::string_view, std::string_view>;
using otlp_number = std::pair<std::string_view, std::int64_t>;

// What of a span we send; views need to live only as long as the call. The numbers of `kind` are OTLP's: 1 internal …
// 5 consumer.
struct otlp_span {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::array<std::uint8_t, 8> parent_span_id{};  // all zero: a root, left out
  std::string_view name;
  int kind = 1;
  instant start, end;
  bool failed = false;  // Status.code: ERROR, else UNSET
  std::span<const otlp_attribute> attributes;
  std::span<const otlp_number> numbers;  // attributes too
};

// Spans wait as the field `spans` of a ScopeSpans that they will stand in: what this appends.
void append_span(std::string& out, const otlp_span& span);

// The body of POST /v1/traces with Content-Type application/x-protobuf. `spans`: what append_span has made.
struct otlp_scope {
  std::string_view name, version;
};
std::string write_trace_request(std::span<const otlp_attribute> resource, const otlp_scope& scope,
                                std::string_view spans);

}  // namespace mes::wire
