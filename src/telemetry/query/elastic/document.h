// A row as a document: its fields by path, its type rules.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>
#include <string_view>

#include "telemetry/parts/row.h"

namespace mes::telemetry::elastic {

using simdjson::dom::element;

// How a string field is searched. In the platform's own indexes (mes-*), as in their template for a real
// Elasticsearch, everything is a keyword but the message; elsewhere a string is text, as dynamic mapping has it.
// "name.keyword" is the keyword of `name` everywhere.
struct field_path {
  std::string name;
  bool keyword_asked = false;

  explicit field_path(std::string_view given);
  bool is_text(std::string_view index) const;
};

// Parses the row when a field is first asked for. One thread; the row's body must have parser padding behind it.
class document {
 public:
  explicit document(simdjson::dom::parser& parser) : _parser(parser) {}

  void set(const row& r, const std::string& index) { _row = &r, _index = &index, _parsed = false; }
  const row& source() const { return *_row; }
  const std::string& index() const { return *_index; }
  std::string id() const { return id_of(*_row); }
  bool root(simdjson::dom::object& into);

  // Calls `see` for each value at the path, through nested objects, dotted keys and lists, until one returns true.
  // "*" is every value. @timestamp is the row's time and is not visited here.
  bool any(std::string_view path, const std::function<bool(element)>& see);

  static std::string id_of(const row& r);                         // the explicit one, or one made of the sequence
  static std::uint64_t sequence_of_id(std::string_view made_id);  // 0: not such an id

 private:
  simdjson::dom::parser& _parser;
  const row* _row = nullptr;
  const std::string* _index = nullptr;
  bool _parsed = false, _is_object = false;
  simdjson::dom::object _root;
};

inline constexpr std::string_view timestamp_field = "@timestamp";

std::string text_of(element e);  // a scalar as text; lists and objects as JSON

}  // namespace mes::telemetry::elastic
