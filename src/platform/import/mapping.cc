#include "platform/import/mapping.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "wire/yaml/yaml.h"

namespace mes::platform {
namespace {

using wire::yaml_node;
using kind = yaml_node::kind;

struct field_row {
  std::string_view name;
  bool required;
};

constexpr field_row known_fields[] = {
    {"part.number", true},         {"part.description", false},  {"resource.code", true},
    {"resource.name", false},      {"worker.employee_id", true}, {"worker.name", false},
    {"order.number", true},        {"order.part", false},        {"order.quantity", true},
    {"order.uom", false},          {"report.operation", true},   {"report.operation_kind", false},
    {"report.report_type", false}, {"report.started_at", true},  {"report.ended_at", true},
    {"report.completed", false},   {"report.rejected", false},   {"report.mrb", false},
    {"report.rework", false},      {"report.note", false},
};

class reader {
 public:
  explicit reader(std::string_view file) : _file(file) {}

  import_mapping read(const yaml_node& root) {
    import_mapping m;
    if (root.type != kind::mapping) {
      problem(root, "name, time and the fields of part, resource, worker, order and report were expected");
      return m;
    }
    for (const auto& [key, value] : root.members) read_section(key, value, m);
    if (!root.find("name")) problem(root, "name is missing: a short word that is part of every id");
    if (m.source.empty()) m.source = m.name;
    for (const field_row& f : known_fields)
      if (f.required && !m.find(f.name)) problem(root, fmt::format("{} is missing", f.name));
    return m;
  }

  std::vector<std::string> take_problems() { return std::move(_problems); }

 private:
  void problem(const yaml_node& at, std::string_view what) {
    _problems.push_back(fmt::format("{}:{}:{}: {}", _file, at.mark.line, at.mark.column, what));
  }

  std::string text(const yaml_node& node) {
    if (node.type == kind::scalar || (node.is_null() && node.members.empty())) return node.scalar;
    problem(node, "a single value was expected");
    return "";
  }

  void unknown(const yaml_node& key, std::string_view where, std::string_view known) {
    problem(key, fmt::format("{} has no \"{}\"; there are {}", where, key.scalar, known));
  }

  void read_section(const yaml_node& key, const yaml_node& value, import_mapping& m) {
    const std::string& name = key.scalar;
    if (name == "name")
      m.name = text(value);
    else if (name == "source")
      m.source = text(value);
    else if (name == "csv")
      read_csv(value, m);
    else if (name == "time")
      read_time(value, m);
    else if (name == "skip")
      m.skip = conditions(value);
    else if (name == "identity")
      m.identity = texts(value);
    else if (name == "part" || name == "resource" || name == "worker" || name == "order" || name == "report")
      read_fields(name, value, m);
    else
      unknown(key, "a mapping", "name, source, csv, time, skip, identity, part, resource, worker, order, report");
  }

  std::vector<std::string> texts(const yaml_node& node) {
    if (node.type == kind::scalar) return {node.scalar};
    if (node.type != kind::sequence) problem(node, "a list was expected");
    std::vector<std::string> all;
    for (const yaml_node& item : node.items) all.push_back(text(item));
    return all;
  }

  char character(const yaml_node& node) {
    const std::string value = text(node);
    if (value.size() != 1) problem(node, "one character was expected");
    return value.empty() ? ',' : value[0];
  }

  bool boolean(const yaml_node& node) {
    const std::string value = text(node);
    if (value != "true" && value != "false") problem(node, "true or false was expected");
    return value == "true";
  }

  void read_csv(const yaml_node& node, import_mapping& m) {
    for (const auto& [key, value] : node.members) {
      if (key.scalar == "separator")
        m.separator = character(value);
      else if (key.scalar == "quote")
        m.quote = character(value);
      else if (key.scalar == "decimal_point")
        m.decimal_point = character(value);
      else if (key.scalar == "trim")
        m.trim = boolean(value);
      else if (key.scalar == "encoding") {
        m.latin1 = text(value) == "iso-8859-1";
        if (!m.latin1 && text(value) != "utf-8") problem(value, "utf-8 or iso-8859-1 was expected");
      } else
        unknown(key, "csv", "separator, quote, decimal_point, trim, encoding");
    }
  }

  void read_time(const yaml_node& node, import_mapping& m) {
    for (const auto& [key, value] : node.members) {
      if (key.scalar == "format") {
        m.time_format = text(value);
        if (const std::string wrong = check_time_format(m.time_format); !wrong.empty())
          problem(value, fmt::format("the format cannot be used: {}", wrong));
      } else if (key.scalar == "zone") {
        auto zone = time_zone::find(text(value));
        if (zone)
          m.zone = std::move(*zone);
        else
          problem(value, zone.error().message);
      } else {
        unknown(key, "time", "format, zone");
      }
    }
  }

  // {Column: value, Other: [one, two]}: all must hold. A column's name that begins with '!' negates.
  std::vector<row_condition> conditions(const yaml_node& node) {
    if (node.type != kind::mapping) problem(node, "columns and the values that they must have were expected");
    std::vector<row_condition> all;
    for (const auto& [key, value] : node.members) {
      row_condition c{.column = key.scalar, .values = texts(value)};
      if (c.column.starts_with('!')) {
        c.negated = true;
        c.column.erase(0, 1);
      }
      all.push_back(std::move(c));
    }
    return all;
  }

  void read_fields(const std::string& section, const yaml_node& node, import_mapping& m) {
    if (node.type != kind::mapping) problem(node, fmt::format("the fields of {} were expected", section));
    for (const auto& [key, value] : node.members) {
      const std::string name = section + "." + key.scalar;
      if (std::ranges::find(known_fields, name, &field_row::name) != std::end(known_fields)) {
        m.fields[name] = rule(value);
        continue;
      }
      std::vector<std::string_view> known;
      for (const field_row& f : known_fields)
        if (f.name.starts_with(section + ".")) known.push_back(f.name.substr(section.size() + 1));
      unknown(key, section, fmt::format("{}", fmt::join(known, ", ")));
    }
  }

  value_rule rule(const yaml_node& node) {
    value_rule r;
    if (node.type == kind::scalar) {
      r.column = node.scalar;
      return r;
    }
    if (node.type != kind::mapping) problem(node, "a column's name, or column, constant, map, default, cases");
    for (const auto& [key, value] : node.members) {
      if (key.scalar == "column")
        r.column = text(value);
      else if (key.scalar == "constant")
        r.constant = text(value);
      else if (key.scalar == "default")
        r.default_value = text(value);
      else if (key.scalar == "map") {
        for (const auto& [from, to] : value.members) r.map[from.scalar] = text(to);
        if (value.members.empty()) problem(value, "a map from the column's values was expected");
      } else if (key.scalar == "cases")
        read_cases(value, r);
      else
        unknown(key, "a field", "column, constant, map, default, cases");
    }
    if (r.column.empty() == !r.constant) problem(node, "either column or constant is needed");
    return r;
  }

  void read_cases(const yaml_node& node, value_rule& r) {
    if (node.type != kind::sequence) problem(node, "a list of {when: {Column: value}, value: text} was expected");
    for (const yaml_node& item : node.items) {
      const yaml_node* when = item.find("when");
      const yaml_node* value = item.find("value");
      if (!when || !value || item.members.size() != 2)
        problem(item, "a case has when and value");
      else
        r.cases.push_back({conditions(*when), text(*value)});
    }
  }

  std::string_view _file;
  std::vector<std::string> _problems;
};

}  // namespace

result<import_mapping> parse_mapping(std::string_view yaml, std::string_view file_name) {
  auto root = wire::parse_yaml(yaml, file_name);
  if (!root) return fail(root.error());
  reader r(file_name);
  import_mapping mapping = r.read(*root);
  const std::vector<std::string> problems = r.take_problems();
  if (!problems.empty()) return fail(error_code::invalid_argument, fmt::format("{}", fmt::join(problems, "\n")));
  return mapping;
}

result<import_mapping> read_mapping(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(error_code::not_found, fmt::format("{}: cannot be read", path));
  const std::string text = (std::ostringstream() << in.rdbuf()).str();
  return parse_mapping(text, path);
}

std::vector<std::string> columns_of(const import_mapping& mapping) {
  std::set<std::string> all(mapping.identity.begin(), mapping.identity.end());
  for (const row_condition& c : mapping.skip) all.insert(c.column);
  for (const auto& [name, rule] : mapping.fields) {
    if (!rule.column.empty()) all.insert(rule.column);
    for (const value_rule::when& w : rule.cases)
      for (const row_condition& c : w.all) all.insert(c.column);
  }
  return {all.begin(), all.end()};
}

}  // namespace mes::platform
