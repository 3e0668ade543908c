#include "telemetry/ingest/beat_event.h"

#include <simdjson.h>

#include <set>

#include "observe/log.h"

namespace mes::telemetry {
namespace {

using simdjson::dom::object;

void append_fields(std::string& out, object from, const std::set<std::string_view>& left_out) {
  for (auto [key, value] : from) {
    if (left_out.contains(key)) continue;
    if (out.size() > 1) out += ',';
    observe::append_json_string(out, key);
    out += ':';
    out += simdjson::minify(value);
  }
}

}  // namespace

std::string line_of_beat(std::string_view event) {
  simdjson::dom::parser outer_parser, inner_parser;
  object outer, inner;
  std::string_view message;
  if (outer_parser.parse(event.data(), event.size()).get(outer) || outer["message"].get(message) ||
      inner_parser.parse(message.data(), message.size()).get(inner))
    return std::string(event);
  std::set<std::string_view> names;
  for (auto [key, value] : inner) names.insert(key);
  if (names.contains("timestamp")) names.insert("@timestamp");
  std::string line = "{";
  append_fields(line, outer, names);
  append_fields(line, inner, {});
  return line + "}";
}

}  // namespace mes::telemetry
