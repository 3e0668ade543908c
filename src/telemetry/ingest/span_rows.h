// OTLP exports as rows: each span is kept as its own protobuf bytes, with the resource and scope that it stood in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/instant.h"
#include "telemetry/parts/labels.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

struct span_batch {
  row_batch rows;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;  // no trace id or no span id: OTLP calls such a span invalid
};

// `request` is an ExportTraceServiceRequest in protobuf. The day of the index is that of arrival.
result<span_batch> rows_of_export(std::string_view request, instant now);

// The body of a span's row. Views into the row.
struct stored_span {
  std::string_view resource, scope, span;
};
bool read_stored_span(std::string_view body, stored_span& into);

// One label for each operation: service, name and OTLP's kind.
struct operation_label {
  std::string_view service, name;
  std::uint32_t kind = 0;
};
void add_span_label(const row& r, label_set& into);
bool read_operation_label(std::string_view label, operation_label& into);

}  // namespace mes::telemetry
