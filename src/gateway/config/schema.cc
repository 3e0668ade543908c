#include "gateway/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>
#include <tuple>

namespace mes::gateway {
namespace {

namespace json = boost::json;
using wire::yaml_node;
using kind = wire::yaml_node::kind;

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

// The booleans of YAML 1.1, which Kong's reader follows.
std::optional<bool> as_boolean(const yaml_node& node) {
  if (node.type != kind::scalar || node.quoted) return std::nullopt;
  if (one_of(node.scalar, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (one_of(node.scalar, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  return std::nullopt;
}

std::optional<double> as_number(const yaml_node& node) {
  if (node.type != kind::scalar || node.quoted || node.scalar.empty()) return std::nullopt;
  std::string_view text = node.scalar;
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

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
    case field_type::string_map:
      return "a mapping of names to lists of strings";
    case field_type::mapping:
      return "a mapping";
    case field_type::reference:
      return "a name or an id";
  }
  return "";
}

std::string describe(const yaml_node& node) {
  switch (node.type) {
    case kind::null:
      return "nothing";
    case kind::sequence:
      return "a list";
    case kind::mapping:
      return "a mapping";
    case kind::scalar:
      break;
  }
  if (as_boolean(node)) return fmt::format("the boolean {}", node.scalar);
  if (as_number(node)) return fmt::format("the number {}", node.scalar);
  return fmt::format("'{}'", node.scalar);
}

json::value fallback_of(const field& f);

json::object defaults_of(const schema& fields) {
  json::object values;
  for (const field& f : fields) values[f.name] = fallback_of(f);
  return values;
}

json::value fallback_of(const field& f) {
  if (f.type == field_type::mapping && f.fallback.empty() && f.fields) return defaults_of(*f.fields);
  return f.fallback.empty() ? json::value(nullptr)
                            : json::parse(json::string_view(f.fallback.data(), f.fallback.size()));
}

// Reads one field's value; keeps what all of its messages share.
class field_reader {
 public:
  field_reader(const field& f, std::string where, reporter& report)
      : _field(f), _where(std::move(where)), _report(report) {}

  std::optional<json::value> read(const yaml_node& node) {
    switch (_field.type) {
      case field_type::string:
        return read_string(node);
      case field_type::integer:
      case field_type::number:
        return read_number(node);
      case field_type::boolean:
        if (auto value = as_boolean(node)) return json::value(*value);
        return wrong_type(node);
      case field_type::strings:
        return read_strings(node);
      case field_type::string_map:
        return read_map(node);
      case field_type::reference:
        return read_reference(node);
      case field_type::mapping:
        break;  // the caller's
    }
    return std::nullopt;
  }

 private:
  std::nullopt_t wrong_type(const yaml_node& node) {
    _report.error(node.mark, fmt::format("{}: expected {}, found {}", _where, name_of(_field.type), describe(node)));
    return std::nullopt;
  }

  bool check_text(const yaml_node& node, std::string_view text) {
    if (!_field.one_of.empty() && std::ranges::find(_field.one_of, text) == _field.one_of.end()) {
      _report.error(node.mark, fmt::format("{}: '{}' is none of {}", _where, text, fmt::join(_field.one_of, ", ")));
      return false;
    }
    if (std::string wrong = _field.check ? _field.check(text) : std::string(); !wrong.empty()) {
      _report.error(node.mark, fmt::format("{}: {}", _where, wrong));
      return false;
    }
    return true;
  }

  std::optional<json::value> read_string(const yaml_node& node) {
    if (node.type != kind::scalar || as_boolean(node) || as_number(node)) return wrong_type(node);
    if (!check_text(node, node.scalar)) return std::nullopt;
    return json::value(node.scalar);
  }

  std::optional<json::value> read_number(const yaml_node& node) {
    auto value = as_number(node);
    bool whole = value && *value == static_cast<double>(static_cast<std::int64_t>(*value));
    if (!value || (_field.type == field_type::integer && !whole)) return wrong_type(node);
    if (*value < _field.min || *value > _field.max) {
      _report.error(node.mark,
                    fmt::format("{}: {} is outside of {} to {}", _where, node.scalar, _field.min, _field.max));
      return std::nullopt;
    }
    return whole ? json::value(static_cast<std::int64_t>(*value)) : json::value(*value);
  }

  std::optional<json::value> read_strings(const yaml_node& node) {
    if (node.type != kind::sequence) return wrong_type(node);
    json::array list;
    bool fine = true;
    for (const yaml_node& item : node.items) {
      if (auto value = read_string(item))
        list.push_back(std::move(*value));
      else
        fine = false;
    }
    if (!fine) return std::nullopt;
    return json::value(std::move(list));
  }

  std::optional<json::value> read_map(const yaml_node& node) {
    if (node.type != kind::mapping) return wrong_type(node);
    json::object map;
    for (const auto& [key, value] : node.members) {
      auto list = read_strings(value);
      if (!list) return std::nullopt;
      map[key.scalar] = std::move(*list);
    }
    return json::value(std::move(map));
  }

  std::optional<json::value> read_reference(const yaml_node& node) {
    if (node.type == kind::scalar) return json::value(node.scalar);
    if (node.type == kind::mapping && node.members.size() == 1 && node.members[0].second.type == kind::scalar &&
        one_of(node.members[0].first.scalar, {"id", "name", "username"}))
      return json::value(node.members[0].second.scalar);
    return wrong_type(node);
  }

  const field& _field;
  std::string _where;
  reporter& _report;
};

std::string known_names(const schema& fields) {
  std::vector<std::string_view> names;
  for (const field& f : fields)
    if (f.absent.empty()) names.push_back(f.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void read_field(const field& f, const yaml_node& key, const yaml_node& value, const std::string& what, record& out,
                reporter& report) {
  std::string where = fmt::format("{}, {}", what, f.name);
  if (value.is_null()) return;  // as if it were not there
  out.marks.emplace(f.name, value.mark);
  if (f.type == field_type::mapping) {
    if (!f.fields || !f.absent.empty()) {
      report.error(key.mark, fmt::format("{}: {}", where, f.absent));
      return;
    }
    record inner = read_record(value, *f.fields, where, report);
    for (auto& [name, mark] : inner.marks) out.marks.emplace(fmt::format("{}.{}", f.name, name), mark);
    out.values[f.name] = std::move(inner.values);
  } else if (auto read = field_reader(f, where, report).read(value)) {
    if (!f.absent.empty() && *read != fallback_of(f)) {
      report.error(key.mark, fmt::format("{}: {}", where, f.absent));
      return;
    }
    out.values[f.name] = std::move(*read);
  }
}

}  // namespace

std::vector<diagnostic> reporter::sorted() const {
  std::vector<diagnostic> findings = _findings;
  std::ranges::sort(findings, {},
                    [](const diagnostic& d) { return std::tuple(d.mark.line, d.mark.column, d.message); });
  return findings;
}

std::string reporter::text_of(const diagnostic& finding) const {
  return fmt::format("{}:{}:{}: {}: {}", _file, finding.mark.line, finding.mark.column,
                     finding.kind == severity::error ? "error" : "warning", finding.message);
}

record default_record(const schema& fields) { return {.values = defaults_of(fields), .mark = {}, .marks = {}}; }

record read_record(const yaml_node& node, const schema& fields, const std::string& what, reporter& report,
                   const std::vector<std::string_view>& ignored) {
  record out = default_record(fields);
  out.mark = node.mark;
  if (node.is_null()) return out;
  if (node.type != kind::mapping) {
    report.error(node.mark, fmt::format("{}: expected a mapping, found {}", what, describe(node)));
    return out;
  }
  for (const auto& [key, value] : node.members) {
    if (key.scalar == "_comment" || key.scalar == "_ignore" || std::ranges::find(ignored, key.scalar) != ignored.end())
      continue;
    auto f = std::ranges::find(fields, std::string_view(key.scalar), &field::name);
    if (f == fields.end())
      report.error(key.mark,
                   fmt::format("{}: unknown field '{}'; there are {}", what, key.scalar, known_names(fields)));
    else
      read_field(*f, key, value, what, out, report);
  }
  for (const field& f : fields)
    if (f.required && out.values[f.name].is_null() && !out.marks.contains(f.name))
      report.error(node.mark, fmt::format("{}: field '{}' is missing", what, f.name));
  return out;
}

wire::yaml_mark record::mark_of(std::string_view field_name) const {
  auto found = marks.find(field_name);
  return found == marks.end() ? mark : found->second;
}
std::string record::text(std::string_view field_name) const {
  const json::value& value = values.at(field_name);
  return value.is_string() ? std::string(value.get_string().c_str(), value.get_string().size()) : std::string();
}
std::int64_t record::integer(std::string_view field_name) const {
  const json::value& value = values.at(field_name);
  return value.is_int64() ? value.get_int64() : value.is_double() ? static_cast<std::int64_t>(value.get_double()) : 0;
}
double record::number(std::string_view field_name) const {
  const json::value& value = values.at(field_name);
  return value.is_int64() ? static_cast<double>(value.get_int64()) : value.is_double() ? value.get_double() : 0;
}
bool record::flag(std::string_view field_name) const {
  const json::value& value = values.at(field_name);
  return value.is_bool() && value.get_bool();
}
bool record::is_null(std::string_view field_name) const { return values.at(field_name).is_null(); }
std::vector<std::string> record::strings(std::string_view field_name) const {
  std::vector<std::string> list;
  if (const json::array* items = values.at(field_name).if_array())
    for (const json::value& item : *items) list.emplace_back(item.get_string().c_str(), item.get_string().size());
  return list;
}

}  // namespace mes::gateway
