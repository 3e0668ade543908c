// Spans of other tracing formats on their way to OTLP: whole spans as values, written as one export.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wire/otlp/otlp_reader.h"

namespace mes::wire::otlp {

// Ids are bytes: 16 of a trace, 8 of a span; parent_id is empty for a root.
struct span_record {
  std::string trace_id, span_id, parent_id;
  std::string name;
  std::uint32_t kind = 0;  // OTLP's: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer
  std::uint64_t start_ns = 0, end_ns = 0;
  otlp::attributes attributes;
  std::vector<span_event> events;
  std::vector<span_link> links;
};

// The spans of one process.
struct resource_record {
  std::string service;
  otlp::attributes attributes;  // beside service.name
  std::vector<span_record> spans;
};

// An ExportTraceServiceRequest in protobuf.
std::string write_export(std::span<const resource_record> resources);

// "server" -> 2; 0 for what OTLP has no kind for.
std::uint32_t kind_of(std::string_view name);

}  // namespace mes::wire::otlp
