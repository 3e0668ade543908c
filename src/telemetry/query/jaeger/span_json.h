// Stored spans in the JSON of Jaeger's query API (J model/json): times in microseconds, tags with types, processes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/otlp/otlp_reader.h"

namespace mes::telemetry::jaeger {

// What a stored span's tags are in Jaeger: its attributes and what Jaeger derives from OTLP's fields.
wire::otlp::attributes tags_of(const wire::otlp::span_head& head, const wire::otlp::span_details& details,
                               const wire::otlp::scope_details& scope);

// A value as text, as Jaeger compares tags.
std::string text_of(const wire::otlp::attribute_value& value);

std::string_view kind_name(std::uint32_t otlp_kind);              // "server"; "" for unspecified
std::string hex_id(std::string_view bytes);                       // a trace id whose high half is zero has 16 digits
std::optional<std::string> trace_id_bytes(std::string_view hex);  // up to 32 digits, as 16 bytes

// One trace as {"traceID","spans","processes","warnings"}. `bodies` are those of rows, all of one trace; a span that
// came twice with equal bytes (an export that was tried again) is shown once. `raw`: without warnings.
// "" if there is no span in it.
std::string trace_json(std::vector<std::string> bodies, bool raw);

// {"data":…,"total":…,"limit":0,"offset":0,"errors":…}; `errors` is "null" or a list.
std::string envelope(std::string_view data, std::size_t total, std::string_view errors = "null");
std::string error_json(int code, std::string_view message, std::string_view trace_id = "");  // one of the list

}  // namespace mes::telemetry::jaeger
