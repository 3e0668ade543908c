// OpenTelemetry's trace export (opentelemetry-proto, collector/trace/v1) as it comes over the wire.
//
// Reading is lazy: an export is split into its spans, whose bytes can be kept as they are; a kept span is decoded when
// somebody asks for it. Views point into the bytes given.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace mes::wire::otlp {

// One span of an export, with the messages that it stands in.
struct span_bytes {
  std::string_view resource;  // Resource
  std::string_view scope;     // InstrumentationScope
  std::string_view span;      // Span
  std::string_view service;   // the resource's service.name
};

// What every span is asked for; the ids are empty where they do not have 16 and 8 bytes.
struct span_head {
  std::string_view trace_id, span_id, parent_id;
  std::string_view name;
  std::uint32_t kind = 0;  // 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer
  std::uint64_t start_ns = 0, end_ns = 0;
};

// Lists, maps and bytes come as text: JSON with sorted keys, base64.
using attribute_value = std::variant<std::string, bool, std::int64_t, double>;
using attributes = std::vector<std::pair<std::string, attribute_value>>;

struct span_event {
  std::uint64_t time_ns = 0;
  std::string name;
  otlp::attributes attributes;
};

struct span_link {
  std::string trace_id, span_id;  // 16 and 8 bytes
};

enum class status_code : std::uint8_t { unset = 0, ok = 1, error = 2 };

struct span_details {
  std::string trace_state;
  otlp::attributes attributes;
  std::vector<span_event> events;
  std::vector<span_link> links;
  status_code status = status_code::unset;
  std::string status_message;
};

struct scope_details {
  std::string name, version;
};

// Calls `take` for each span of an ExportTraceServiceRequest. Error: corrupt, with what was taken so far.
result<void> read_export(std::string_view request, const std::function<void(const span_bytes&)>& take);

result<span_head> read_head(std::string_view span);
result<span_details> read_details(std::string_view span);
result<attributes> read_resource(std::string_view resource);
result<scope_details> read_scope(std::string_view scope);

// An ExportTraceServiceResponse that tells of refused spans; empty bytes where there are none.
std::string export_response(std::uint64_t rejected, std::string_view why);
// google.rpc.Status, the body of an answer that is an error.
std::string status_message(int code, std::string_view message);

}  // namespace mes::wire::otlp
