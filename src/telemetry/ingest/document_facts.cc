#include "telemetry/ingest/document_facts.h"

#include <string>

namespace mes::telemetry {
namespace {

using simdjson::dom::element;

constexpr int depth_max = 20;

std::optional<std::int64_t> time_of(element e) {
  std::string_view text;
  if (!e.get(text)) {
    auto parsed = instant::parse(text);
    return parsed ? std::optional(parsed->microseconds) : std::nullopt;
  }
  double number = 0;
  if (e.get(number) || number < 0 || number > 1e15) return std::nullopt;
  return static_cast<std::int64_t>(number * (number >= 1e11 ? 1e3 : 1e6));  // milliseconds or seconds
}

std::string_view text_of(element e) {
  std::string_view text;
  return e.get(text) ? std::string_view{} : text;
}

void add_labels(element e, std::string& path, label_set& into, int depth) {
  simdjson::dom::object object;
  simdjson::dom::array list;
  std::string_view text;
  if (!e.get(object)) {
    if (depth > depth_max) return;
    std::size_t length = path.size();
    for (auto [key, value] : object) {
      if (length > 0) path += '.';
      path += key;
      add_labels(value, path, into, depth + 1);
      path.resize(length);
    }
    return;
  }
  if (!e.get(list)) {
    for (element item : list) add_labels(item, path, into, depth + 1);
    return;
  }
  if (e.is_null() || path.empty()) return;
  field_type type = field_type::text;
  if (!e.get(text)) {
    bool date = text.size() >= 20 && text[4] == '-' && text[10] == 'T' && instant::parse(text);
    type = date ? field_type::date : field_type::text;
  } else {
    type = e.is_bool()                                       ? field_type::flag
           : e.type() == simdjson::dom::element_type::DOUBLE ? field_type::real
                                                             : field_type::whole;
  }
  path += '\0';
  path += static_cast<char>(type);
  into.add(path);
  path.resize(path.size() - 2);
}

}  // namespace

void document_facts::see(std::string_view key, element value) {
  if (key == "@timestamp") {
    has_timestamp = true;
    if (auto t = time_of(value)) time_us = t;
  } else if (key == "timestamp" || key == "time") {
    if (!has_timestamp)
      if (auto t = time_of(value)) time_us = t;
  } else if (key == "@version") {
    has_version = true;
  } else if (key == "tags") {
    has_tags = true;
  } else if (key == "level" || key == "log.level" || key == "severity") {
    if (level.empty()) level = text_of(value), level_key = key;
  } else if (key == "service" || key == "service.name") {
    has_service = true;
    element name;
    if (value.is_string())
      service = text_of(value);
    else if (value.is_object() && !value["name"].get(name))
      service = text_of(name);
  } else if (key == "container_name" || key == "container.name") {
    container = text_of(value);
  } else if (key == "trace_id" || key == "trace.id" || key == "traceId") {
    trace_id = text_of(value);
  } else if (key == "audit") {
    bool yes = false;
    audit = audit || (!value.get(yes) && yes);
  } else if (key == "log_type") {
    audit = audit || text_of(value) == "audit";
  }
}

row document_facts::to_row(instant now) const {
  row r;
  r.time_us = time_us.value_or(now.microseconds);
  r.trace_key = trace_key_of_hex(trace_id);
  r.stream = service;
  return r;
}

void add_field_labels(const row& r, label_set& into) {
  thread_local simdjson::dom::parser parser;  // its buffers are kept between rows; the result is used here alone
  element root;
  if (parser.parse(r.body.data(), r.body.size()).get(root)) return;
  std::string path;
  add_labels(root, path, into, 0);
}

std::optional<field_label> read_field_label(std::string_view label) {
  if (label.size() < 3 || label[label.size() - 2] != '\0') return std::nullopt;
  return field_label{label.substr(0, label.size() - 2), static_cast<field_type>(label.back())};
}

}  // namespace mes::telemetry
