#include "platform/import/facts.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/code_point.h"
#include "base/trimmed.h"
#include "base/utf8.h"

namespace mes::platform {
namespace {

constexpr std::size_t text_length_max = 200;  // what the services take
constexpr std::string_view operation_kinds[] = {"production", "setup", "inspection", "packing", "other"};
constexpr std::string_view report_types[] = {"production", "setup", "breakdown"};

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

// Well-formed UTF-8 (RFC 3629) without control characters.
bool is_clean(std::string_view text) {
  auto controls = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return is_utf8(text) && std::ranges::none_of(text, controls);
}

std::unexpected<error> reject(std::string reason) { return fail(error_code::invalid_argument, std::move(reason)); }

template <std::size_t N>
result<void> check_one_of(std::string_view field, std::string_view value, const std::string_view (&known)[N]) {
  if (std::ranges::find(known, value) != std::end(known)) return {};
  return reject(fmt::format("{} is \"{}\"; it must be one of {}", field, value, fmt::join(known, ", ")));
}

}  // namespace

uuid import_name_space(const import_mapping& mapping) {
  static const uuid all_imports = *uuid::parse("5f0f2d1c-3b7e-5c68-9a51-6d6573696d70");
  return uuid::make_v5(all_imports, mapping.name + "\n" + mapping.source);
}

result<fact_reader> fact_reader::make(const import_mapping& mapping, const std::vector<std::string>& header) {
  fact_reader r(mapping);
  r._width = header.size();
  r._name_space = import_name_space(mapping);
  for (std::size_t i = 0; i < header.size(); ++i)
    if (!r._columns.emplace(mapping.latin1 ? utf8_of_latin1(header[i]) : header[i], i).second)
      return reject(fmt::format("the column \"{}\" is there twice", header[i]));
  std::vector<std::string> missing;
  for (const std::string& name : columns_of(mapping))
    if (!r._columns.contains(name)) missing.push_back(fmt::format("\"{}\"", name));
  if (missing.empty()) return r;
  return reject(
      fmt::format("the file has no column {}; it has \"{}\"", fmt::join(missing, ", "), fmt::join(header, "\", \"")));
}

const std::string& fact_reader::column(const csv_row& row, const std::string& name) const {
  return row.fields[_columns.find(name)->second];
}

bool fact_reader::holds(const csv_row& row, const std::vector<row_condition>& all) const {
  return std::ranges::all_of(all, [&](const row_condition& c) {
    return (std::ranges::find(c.values, column(row, c.column)) != c.values.end()) != c.negated;
  });
}

bool fact_reader::is_skipped(const csv_row& row) const {
  return row.problem.empty() && row.fields.size() == _width && !_mapping->skip.empty() && holds(row, _mapping->skip);
}

result<std::string> fact_reader::text(const csv_row& row, std::string_view field) const {
  const value_rule* rule = _mapping->find(field);
  if (!rule) return std::string();
  for (const value_rule::when& w : rule->cases)
    if (holds(row, w.all)) return w.value;
  std::string value = rule->constant ? *rule->constant : column(row, rule->column);
  if (_mapping->trim && !rule->constant) value = trimmed(value);
  if (_mapping->latin1 && !rule->constant) value = utf8_of_latin1(value);
  if (value.empty() && rule->default_value) value = *rule->default_value;
  if (!rule->map.empty()) {
    const auto found = rule->map.find(value);
    if (found == rule->map.end()) return reject(fmt::format("{}: the mapping does not know \"{}\"", field, value));
    value = found->second;
  }
  if (value.size() > text_length_max) return reject(fmt::format("{} is longer than {} bytes", field, text_length_max));
  if (!is_clean(value)) return reject(fmt::format("{} is not clean UTF-8 text", field));
  return value;
}

result<quantity> fact_reader::amount(const csv_row& row, std::string_view field) const {
  auto value = text(row, field);
  if (!value) return fail(value.error());
  if (value->empty()) return quantity{};
  if (_mapping->decimal_point != '.') std::ranges::replace(*value, _mapping->decimal_point, '.');
  const auto parsed = quantity::parse(*value);
  if (!parsed || *parsed < quantity{})
    return reject(fmt::format("{} is \"{}\"; a number from 0 was expected", field, *value));
  return *parsed;
}

result<instant> fact_reader::time_of(const csv_row& row, std::string_view field) const {
  const auto value = text(row, field);
  if (!value) return fail(value.error());
  const auto parsed = parse_local_time(*value, _mapping->time_format, _mapping->zone);
  if (!parsed)
    return reject(fmt::format("{} is \"{}\"; a time as {} was expected", field, *value, _mapping->time_format));
  return *parsed;
}

result<void> fact_reader::check_against_first(const import_order& order) {
  const auto [known, added] = _orders.try_emplace(order.number, order);
  const import_order& first = known->second;
  if (added || (first.part == order.part && first.ordered == order.ordered)) return {};
  return reject(fmt::format("order {} is of {} {} here and of {} {} in an earlier row", order.number,
                            order.ordered.to_string(), order.part, first.ordered.to_string(), first.part));
}

uuid fact_reader::identify(const csv_row& row) {
  std::string content;
  const auto add = [&](const std::string& field) {
    content += std::to_string(field.size());
    content += ':';
    content += field;
  };
  if (_mapping->identity.empty())
    for (const std::string& field : row.fields) add(field);
  for (const std::string& name : _mapping->identity) add(column(row, name));
  const std::uint32_t ordinal = _seen[uuid::make_v5(_name_space, content)]++;
  return uuid::make_v5(_name_space, content + "#" + std::to_string(ordinal));
}

result<row_facts> fact_reader::read(const csv_row& row) {
  if (!row.problem.empty()) return reject(row.problem);
  if (row.fields.size() != _width)
    return reject(fmt::format("{} fields; the header has {}", row.fields.size(), _width));
  row_facts f;
  import_report& r = f.report;
  r.id = identify(row);  // before any refusal: a bad row must not change the ids of later ones
  struct wanted {
    std::string_view field;
    std::string* into;
    bool required;
  };
  const wanted texts[] = {
      {"part.number", &r.part, true},
      {"part.description", &f.part_description, false},
      {"resource.code", &r.resource, true},
      {"resource.name", &f.resource_name, false},
      {"worker.employee_id", &r.worker, true},
      {"worker.name", &f.worker_name, false},
      {"order.number", &r.order, true},
      {"order.part", &f.order.part, false},
      {"order.uom", &f.order.uom, false},
      {"report.operation", &r.operation, true},
      {"report.operation_kind", &r.kind, false},
      {"report.report_type", &r.type, false},
      {"report.note", &r.note, false},
  };
  for (const wanted& w : texts) {
    auto value = text(row, w.field);
    if (!value) return fail(value.error());
    if (value->empty() && w.required) return reject(fmt::format("{} is empty", w.field));
    *w.into = std::move(*value);
  }
  f.order.number = r.order;
  if (f.order.part.empty()) f.order.part = r.part;
  if (f.order.uom.empty()) f.order.uom = "pcs";
  if (r.kind.empty()) r.kind = "production";
  if (r.type.empty()) r.type = "production";
  if (auto ok = check_one_of("report.operation_kind", r.kind, operation_kinds); !ok) return fail(ok.error());
  if (auto ok = check_one_of("report.report_type", r.type, report_types); !ok) return fail(ok.error());

  struct measured {
    std::string_view field;
    quantity* into;
  };
  for (const measured& m : {measured{"order.quantity", &f.order.ordered}, measured{"report.completed", &r.completed},
                            measured{"report.rejected", &r.rejected}, measured{"report.mrb", &r.mrb}}) {
    const auto value = amount(row, m.field);
    if (!value) return fail(value.error());
    *m.into = *value;
  }
  if (f.order.ordered <= quantity{}) return reject("order.quantity is 0");

  const auto rework = text(row, "report.rework");
  if (!rework) return fail(rework.error());
  if (!rework->empty() && *rework != "true" && *rework != "false")
    return reject(fmt::format("report.rework is \"{}\"; map it to true or false", *rework));
  r.rework = *rework == "true";

  const auto started = time_of(row, "report.started_at"), ended = time_of(row, "report.ended_at");
  if (!started) return fail(started.error());
  if (!ended) return fail(ended.error());
  if (*ended < *started) return reject("report.ended_at is before report.started_at");
  r.started = *started;
  r.ended = *ended;
  if (auto ok = check_against_first(f.order); !ok) return fail(ok.error());
  return f;
}

}  // namespace mes::platform
