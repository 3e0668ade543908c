#include "gateway/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <optional>
#include <unordered_set>

#include "base/nearest.h"
#include "gateway/config/check_memory.h"
#include "gateway/config/references.h"
#include "gateway/config/scalars.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using wire::yaml_node;
using kind = wire::yaml_node::kind;

std::string_view name_of(field_type type) {
  switch (type) {
    case field_type::string:
      return "a string";
    case field_type::integer:
      return "an integer";
    case field_type::number:
      return "a number";
    case field_type::boolean:
      return "a boolean";
    case field_type::strings:
      return "a list of strings";
    case field_type::integers:
      return "a list of integers";
    case field_type::string_map:
      return "a mapping of names to lists of strings";
    case field_type::text_map:
      return "a mapping of names to strings";
    case field_type::mapping:
      return "a mapping";
    case field_type::records:
      return "a list of mappings";
    case field_type::reference:
      return "a name or an id";
    case field_type::anything:
      return "a value";
  }
  return "";
}

json::value fallback_of(const field& f);

json::object defaults_of(const schema& fields) {
  json::object values;
  for (const field& f : fields) values[f.name] = fallback_of(f);
  return values;
}

json::value fallback_of(const field& f) {
  if (f.type == field_type::mapping && f.fallback.value.is_null() && f.fields) return defaults_of(*f.fields);
  return f.fallback.value;
}

// As C's %d, where it is whole.
std::string number_text(double value) {
  return std::floor(value) == value ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

// Kong's words for a value of another type (kong/db/schema/init.lua).
std::string_view kong_type_error(field_type type) {
  switch (type) {
    case field_type::string:
      return "expected a string";
    case field_type::integer:
      return "expected an integer";
    case field_type::number:
      return "expected a number";
    case field_type::boolean:
      return "expected a boolean";
    case field_type::strings:
    case field_type::integers:
    case field_type::records:
      return "expected an array";
    case field_type::string_map:
    case field_type::text_map:
      return "expected a map";
    case field_type::mapping:
    case field_type::reference:
    case field_type::anything:
      break;
  }
  return "expected a record";
}

// The type of one in a list.
field_type element_of(field_type type) {
  return type == field_type::integers  ? field_type::integer
         : type == field_type::records ? field_type::mapping
                                       : field_type::string;
}

// Reads one field's value; keeps what all of its messages share. Elements of lists leave their places in `marks`.
class field_reader {
 public:
  field_reader(const field& f, std::string where, record& out, reporter& report)
      : _field(f), _where(std::move(where)), _out(out), _report(report) {}

  std::optional<json::value> read(const yaml_node& node) {
    switch (_field.type) {
      case field_type::string:
        return read_string(node);
      case field_type::integer:
      case field_type::integers:
      case field_type::number:
        return _field.type == field_type::integers ? read_list(node) : read_number(node);
      case field_type::boolean:
        if (auto value = as_boolean(node)) return json::value(*value);
        return wrong_type(node);
      case field_type::strings:
      case field_type::records:
        return read_list(node);
      case field_type::string_map:
      case field_type::text_map:
        return read_map(node);
      case field_type::reference:
        return read_reference(node);
      case field_type::anything:
        return plain_value(node);
      case field_type::mapping:
        break;  // the caller's
    }
    return std::nullopt;
  }

 private:
  struct complaint {
    std::string why, kong_words;
    bool empty() const { return why.empty(); }
  };

  std::nullopt_t wrong_type(const yaml_node& node, bool element = false) {
    _report.error(node.mark, fmt::format("{}: expected {}, found {}", _where, name_of(_field.type), describe(node)),
                  std::string(kong_type_error(element ? element_of(_field.type) : _field.type)));
    return std::nullopt;
  }

  std::nullopt_t refuse(const yaml_node& node, std::string_view why, std::string kong_words = {}) {
    _report.error(node.mark, fmt::format("{}: {}", _where, why), kong_words.empty() ? std::string(why) : kong_words);
    return std::nullopt;
  }

  std::nullopt_t refuse(const yaml_node& node, complaint wrong) {
    return refuse(node, wrong.why, std::move(wrong.kong_words));
  }

  complaint no_choice(std::string_view text) const {
    std::string choices = fmt::format("{}", fmt::join(_field.one_of, ", "));
    return {fmt::format("'{}' is none of {}", text, choices), "expected one of: " + choices};
  }

  std::nullopt_t refuse_number(const yaml_node& node) {
    if (_field.min == above_zero)
      return refuse(node, fmt::format("{} must be greater than 0", node.scalar), "value must be greater than 0");
    const std::string kong_words =
        fmt::format("value should be between {} and {}", number_text(_field.min), number_text(_field.max));
    if (std::isinf(_field.max))
      return refuse(node, fmt::format("{} must be at least {}", node.scalar, _field.min), kong_words);
    return refuse(node, fmt::format("{} is outside of {} to {}", node.scalar, _field.min, _field.max), kong_words);
  }

  // Inside of a list or a map the field's own type is not what was expected.
  bool is_list() const { return _field.type != field_type::string && _field.type != field_type::integer; }

  // Empty if the text is a value of this field.
  complaint wrong_with(std::string_view text) {
    if (text.empty() && !_field.may_be_empty) return {"length must be at least 1", ""};
    if (!_field.one_of.empty() && std::ranges::find(_field.one_of, text) == _field.one_of.end()) return no_choice(text);
    check_memory* memory = _field.costly ? _report.memory : nullptr;
    if (!_field.check || (memory && memory->find(_field.name, text))) return {};
    std::string wrong = _field.check(text);
    if (wrong.empty() && memory) memory->keep(_field.name, text, {});
    return {std::move(wrong), ""};
  }

  // A field that has to have a value, or is a secret, must not come to an empty text.
  bool must_resolve() const { return _field.must_resolve || _field.required || _field.check; }

  // What comes from outside is checked as if it stood here, and never shown. What is not set becomes an empty string
  // and a warning, as in Kong, where that is a value.
  std::optional<json::value> from_outside(const yaml_node& node) {
    auto value = resolve_reference(node.scalar, _report.vaults);
    if (value && !value->empty()) {
      if (wrong_with(*value).empty()) return json::value(*value);
      return refuse(node, fmt::format("what reference {} names is no value for this field", node.scalar));
    }
    std::string why = fmt::format("unable to resolve reference {}: {}", node.scalar,
                                  value ? "what it names is empty" : value.error().message);
    if (must_resolve()) return refuse(node, why);
    _report.warning(node.mark, fmt::format("{}: {}", _where, why));
    return json::value("");
  }

  std::optional<json::value> read_string(const yaml_node& node) {
    if (node.type != kind::scalar || as_boolean(node) || as_number(node)) return wrong_type(node, is_list());
    if (is_reference(node.scalar)) {
      if (_field.referenceable) return from_outside(node);
      _report.warning(node.mark,
                      fmt::format("{}: Kong resolves no references here; this is taken as plain text", _where));
    }
    if (complaint wrong = wrong_with(node.scalar); !wrong.empty()) return refuse(node, wrong);
    return json::value(node.scalar);
  }

  std::optional<json::value> read_number(const yaml_node& node) {
    auto value = as_number(node);
    bool whole = value && std::isfinite(*value) && std::floor(*value) == *value;
    if (!value || !std::isfinite(*value) || (_field.type != field_type::number && !whole))
      return wrong_type(node, _field.type == field_type::integers);
    if (*value < _field.min || *value > _field.max) return refuse_number(node);
    if (!_field.one_of.empty() && std::ranges::find(_field.one_of, node.scalar) == _field.one_of.end())
      return refuse(node, no_choice(node.scalar));
    return number_value(*value);
  }

  std::optional<json::value> read_element(const yaml_node& item, std::size_t index) {
    std::string name = fmt::format("{}[{}]", _field.name, index);
    _out.marks.insert_or_assign(name, item.mark);
    if (_field.type == field_type::integers) return read_number(item);
    if (_field.type != field_type::records) return read_string(item);
    std::size_t errors = _report.errors();
    record inner = read_record(item, *_field.fields, fmt::format("{}[{}]", _where, index), _report);
    for (auto& [field_name, mark] : inner.marks) _out.marks.emplace(fmt::format("{}.{}", name, field_name), mark);
    if (errors != _report.errors()) return std::nullopt;
    return json::value(std::move(inner.values));
  }

  std::optional<json::value> read_list(const yaml_node& node) {
    if (node.type != kind::sequence && !is_bare(node)) return wrong_type(node);
    json::array list;
    bool fine = true;
    std::unordered_set<std::string> seen;
    for (const yaml_node& item : node.items) {
      auto value = read_element(item, list.size());
      if (!value)
        fine = false;
      else if (!_field.set || seen.insert(json::serialize(*value)).second)
        list.push_back(std::move(*value));
    }
    if (!fine) return std::nullopt;
    if (list.size() < _field.length_min)
      return refuse(node, fmt::format("length must be at least {}", _field.length_min));
    return json::value(std::move(list));
  }

  std::optional<json::value> read_map(const yaml_node& node) {
    if (node.type != kind::mapping && !is_bare(node)) return wrong_type(node);
    json::object map;
    bool fine = true;
    for (const auto& [key, value] : node.members) {
      if (std::string wrong = _field.check_key ? _field.check_key(key.scalar) : std::string(); !wrong.empty()) {
        refuse(key, wrong);
        fine = false;
      }
      auto read = _field.type == field_type::text_map ? read_string(value) : read_list(value);
      if (read)
        map[key.scalar] = std::move(*read);
      else
        fine = false;
    }
    if (!fine) return std::nullopt;
    return json::value(std::move(map));
  }

  std::optional<json::value> read_reference(const yaml_node& node) {
    if (node.type == kind::scalar && !node.scalar.empty()) return json::value(node.scalar);
    if (node.type == kind::mapping && node.members.size() == 1 && node.members[0].second.type == kind::scalar &&
        std::ranges::find(reference_keys, node.members[0].first.scalar) != reference_keys.end())
      return json::value(node.members[0].second.scalar);
    return wrong_type(node);
  }
  static constexpr auto reference_keys = std::to_array<std::string_view>({"id", "name", "username"});

  const field& _field;
  std::string _where;
  record& _out;
  reporter& _report;
};

std::vector<std::string_view> known_names(const schema& fields, const std::vector<std::string_view>& nested) {
  std::vector<std::string_view> names;
  for (const field& f : fields)
    if (f.absent.empty()) names.push_back(f.name);
  for (const std::string_view n : nested)
    if (std::ranges::find(names, n) == names.end()) names.push_back(n);
  return names;
}

void read_field(const field& f, const yaml_node& key, const yaml_node& value, const std::string& what, record& out,
                reporter& report) {
  std::string where = fmt::format("{}, {}", what, f.name);
  if (value.is_null()) return;  // as if it were not there
  if (!f.absent.empty() && is_bare(value)) return;
  out.marks.emplace(f.name, value.mark);
  if (f.type == field_type::mapping) {
    if (!f.fields || !f.absent.empty()) {
      report.error(key.mark, fmt::format("{}: {}", where, f.absent), std::string(f.absent));
      return;
    }
    record inner = read_record(value, *f.fields, where, report);
    for (auto& [name, mark] : inner.marks) out.marks.emplace(fmt::format("{}.{}", f.name, name), mark);
    out.values[f.name] = std::move(inner.values);
  } else if (auto read = field_reader(f, where, out, report).read(value)) {
    if (!f.absent.empty() && *read != fallback_of(f)) {
      report.error(key.mark, fmt::format("{}: {}", where, f.absent), std::string(f.absent));
      return;
    }
    out.values[f.name] = std::move(*read);
  }
}

}  // namespace

default_value::default_value(std::string_view text) : value(json::parse(json::string_view(text.data(), text.size()))) {}

record default_record(const schema& fields) { return {.values = defaults_of(fields), .mark = {}, .marks = {}}; }

record read_record(const yaml_node& node, const schema& fields, const std::string& what, reporter& report,
                   const std::vector<std::string_view>& nested, const std::vector<std::string_view>& ignored) {
  const auto among = [](const std::vector<std::string_view>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  record out = default_record(fields);
  out.mark = node.mark;
  if (node.is_null()) return out;
  if (node.type != kind::mapping && !is_bare(node)) {
    report.error(node.mark, fmt::format("{}: expected a mapping, found {}", what, describe(node)), "expected a record");
    return out;
  }
  for (const auto& [key, value] : node.members) {
    if (key.scalar == "_comment" || key.scalar == "_ignore") continue;
    if (among(nested, key.scalar) || among(ignored, key.scalar)) continue;
    auto f = std::ranges::find(fields, std::string_view(key.scalar), &field::name);
    if (f == fields.end())
      report.error(key.mark,
                   fmt::format("{}: unknown field '{}'; {}", what, key.scalar,
                               there_are(key.scalar, known_names(fields, nested))),
                   "unknown field");
    else
      read_field(*f, key, value, what, out, report);
  }
  for (const field& f : fields)
    // A reference may be given by what the entity is nested in: resolve.cc knows.
    if (f.required && f.type != field_type::reference && out.values[f.name].is_null() && !out.marks.contains(f.name))
      report.error(node.mark, fmt::format("{}: field '{}' is missing", what, f.name), "required field missing", f.name);
  return out;
}

wire::yaml_mark record::mark_of(std::string_view field_name) const {
  auto found = marks.find(field_name);
  return found == marks.end() ? mark : found->second;
}
const json::value& record::at(std::string_view field_name) const {
  const json::object* inside = &values;
  while (true) {
    std::size_t dot = field_name.find('.');
    const json::value& value = inside->at(json::string_view(field_name.data(), std::min(dot, field_name.size())));
    if (dot == std::string_view::npos) return value;
    inside = &value.as_object();
    field_name.remove_prefix(dot + 1);
  }
}
std::string record::text(std::string_view field_name) const {
  const json::value& value = at(field_name);
  return value.is_string() ? std::string(value.get_string().c_str(), value.get_string().size()) : std::string();
}
// One that is too large is the largest: numbers are doubles, as in Lua.
std::int64_t record::integer(std::string_view field_name) const {
  constexpr double most = 0x1.fffffffffffffp62;
  const json::value& value = at(field_name);
  if (value.is_int64()) return value.get_int64();
  return value.is_double() ? static_cast<std::int64_t>(std::clamp(value.get_double(), -most, most)) : 0;
}
double record::number(std::string_view field_name) const {
  const json::value& value = at(field_name);
  return value.is_int64() ? static_cast<double>(value.get_int64()) : value.is_double() ? value.get_double() : 0;
}
bool record::flag(std::string_view field_name) const {
  const json::value& value = at(field_name);
  return value.is_bool() && value.get_bool();
}
bool record::is_null(std::string_view field_name) const { return at(field_name).is_null(); }
bool record::is_empty(std::string_view field_name) const {
  const json::value& value = at(field_name);
  if (const auto* list = value.if_array()) return list->empty();
  if (const auto* map = value.if_object()) return map->empty();
  if (const auto* text = value.if_string()) return text->empty();
  return value.is_null();
}

namespace {

std::vector<std::string> texts_of(const json::value& value) {
  std::vector<std::string> list;
  if (const json::array* items = value.if_array())
    for (const json::value& item : *items) list.emplace_back(item.get_string().c_str(), item.get_string().size());
  return list;
}

}  // namespace

std::vector<std::string> record::strings(std::string_view field_name) const { return texts_of(at(field_name)); }
std::vector<std::int64_t> record::integers(std::string_view field_name) const {
  std::vector<std::int64_t> list;
  if (const json::array* items = at(field_name).if_array())
    for (const json::value& item : *items) list.push_back(item.get_int64());
  return list;
}
std::map<std::string, std::vector<std::string>> record::string_map(std::string_view field_name) const {
  std::map<std::string, std::vector<std::string>> map;
  if (const json::object* members = at(field_name).if_object())
    for (const auto& [name, list] : *members) map[std::string(name)] = texts_of(list);
  return map;
}

}  // namespace mes::gateway
