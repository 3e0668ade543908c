// Reading JSON of tracing formats by simdjson: each member is what its key says, or the message tells which is not.
// Throws bad_json; readers of whole documents catch it.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <string>
#include <string_view>

namespace mes::wire::otlp {

struct bad_json {
  std::string message;
};

[[noreturn]] inline void bad(std::string_view key, std::string_view expected) {
  throw bad_json{fmt::format("\"{}\" is not {}", key, expected)};
}

inline std::string_view text_of(std::string_view key, simdjson::dom::element e) {
  std::string_view text;
  if (e.get(text)) bad(key, "text");
  return text;
}

inline simdjson::dom::object object_of(std::string_view key, simdjson::dom::element e) {
  simdjson::dom::object o;
  if (e.get(o)) bad(key, "an object");
  return o;
}

// Null is an empty list.
template <class Each>
void for_each(std::string_view key, simdjson::dom::element e, Each each) {
  if (e.is_null()) return;
  simdjson::dom::array list;
  if (e.get(list)) bad(key, "a list");
  for (simdjson::dom::element item : list) each(item);
}

}  // namespace mes::wire::otlp
