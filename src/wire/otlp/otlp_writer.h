// Writes OTLP's ExportTraceServiceRequest (opentelemetry-proto 1.x, trace/v1/trace.proto) as protobuf.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"

namespace mes::wire {

// What of a span we send. The numbers of `kind` are OTLP's: 1 internal … 5 consumer.
struct otlp_span {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::array<std::uint8_t, 8> parent_span_id{};  // all zero: a root, left out
  std::string name;
  int kind = 1;
  instant start, end;
  bool failed = false;  // Status.code: ERROR, else UNSET
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<std::pair<std::string, std::int64_t>> numbers;  // attributes too
};

// The body of POST /v1/traces with Content-Type application/x-protobuf; all spans are of the service `service_name`.
std::string write_trace_request(std::string_view service_name, std::span<const otlp_span> spans);

// The same in two steps, for spans that wait in between: each as its bytes, then all of a resource and a scope.
struct otlp_scope {
  std::string name, version;
};
std::string write_span(const otlp_span& span);
std::string write_trace_request(std::span<const std::pair<std::string, std::string>> resource, const otlp_scope& scope,
                                std::span<const std::string> spans);

}  // namespace mes::wire
