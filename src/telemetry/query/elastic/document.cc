#include "telemetry/query/elastic/document.h"

#include <fmt/format.h>

#include <charconv>

namespace mes::telemetry::elastic {
namespace {

constexpr std::string_view keyword_suffix = ".keyword", made_prefix = "row-";
constexpr std::size_t made_digits = 16;

bool any_value(element e, const std::function<bool(element)>& see);

bool any_in(simdjson::dom::object object, std::string_view path, const std::function<bool(element)>& see) {
  for (auto [key, value] : object) {
    if (path == "*" || key == path) {
      if (any_value(value, see)) return true;
      if (path == "*") {
        simdjson::dom::object inner;
        if (!value.get(inner) && any_in(inner, path, see)) return true;
      }
    } else if (path.size() > key.size() && path[key.size()] == '.' && path.starts_with(key)) {
      std::string_view rest = path.substr(key.size() + 1);
      simdjson::dom::object inner;
      simdjson::dom::array list;
      if (!value.get(inner)) {
        if (any_in(inner, rest, see)) return true;
      } else if (!value.get(list)) {
        for (element item : list)
          if (!item.get(inner) && any_in(inner, rest, see)) return true;
      }
    }
  }
  return false;
}

bool any_value(element e, const std::function<bool(element)>& see) {
  simdjson::dom::array list;
  if (e.get(list)) return see(e);
  for (element item : list)
    if (any_value(item, see)) return true;
  return false;
}

}  // namespace

field_path::field_path(std::string_view given) : name(given) {
  if (!name.ends_with(keyword_suffix) || name.size() == keyword_suffix.size()) return;
  name.resize(name.size() - keyword_suffix.size());
  keyword_asked = true;
}

bool field_path::is_text(std::string_view index) const {
  if (keyword_asked) return false;
  if (!index.starts_with("mes-")) return true;
  return name == "*" || name == "message" || name.ends_with(".message") || name.ends_with("stack_trace");
}

bool document::root(simdjson::dom::object& into) {
  if (!_parsed) {
    _parsed = true;
    _is_object = !_parser.parse(_row->body.data(), _row->body.size(), false).get(_root);
  }
  if (_is_object) into = _root;
  return _is_object;
}

bool document::any(std::string_view path, const std::function<bool(element)>& see) {
  simdjson::dom::object object;
  return root(object) && any_in(object, path, see);
}

std::string document::id_of(const row& r) {
  return r.id.empty() ? fmt::format("{}{:016x}", made_prefix, r.sequence) : std::string(r.id);
}

std::uint64_t document::sequence_of_id(std::string_view made_id) {
  if (!made_id.starts_with(made_prefix) || made_id.size() != made_prefix.size() + made_digits) return 0;
  made_id.remove_prefix(made_prefix.size());
  std::uint64_t sequence = 0;
  auto [end, code] = std::from_chars(made_id.data(), made_id.data() + made_id.size(), sequence, 16);
  return code == std::errc{} && end == made_id.data() + made_id.size() ? sequence : 0;
}

std::string text_of(element e) {
  std::string_view text;
  if (!e.get(text)) return std::string(text);
  return simdjson::minify(e);
}

}  // namespace mes::telemetry::elastic
