// What storing and routing need to know of a JSON document: its time, level, service and trace.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "base/instant.h"
#include "telemetry/parts/labels.h"
#include "telemetry/parts/row.h"

namespace mes::telemetry {

// Views into the parser that made the elements, until its next document.
struct document_facts {
  bool has_timestamp = false, has_version = false, has_tags = false, has_service = false, audit = false;
  std::optional<std::int64_t> time_us;
  std::string_view level, level_key, service, container, trace_id;

  void see(std::string_view key, simdjson::dom::element value);
  void see_all(simdjson::dom::object object) {
    for (auto [key, value] : object) see(key, value);
  }
  // The row without its body and id; a document without a time has that of its arrival.
  row to_row(instant now) const;
};

// One label for each field of a document: its path and a letter for its type. Thread-safe.
void add_field_labels(const row& r, label_set& into);

enum class field_type : char { text = 's', date = 't', whole = 'l', real = 'd', flag = 'b' };
struct field_label {
  std::string_view path;
  field_type type;
};
std::optional<field_label> read_field_label(std::string_view label);

}  // namespace mes::telemetry
