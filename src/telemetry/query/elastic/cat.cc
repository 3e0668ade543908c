#include "telemetry/query/elastic/cat.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/instant.h"
#include "telemetry/parts/index_name.h"

namespace mes::telemetry::elastic {
namespace {

using table_row = std::vector<std::pair<std::string, std::string>>;

std::string human_bytes(std::uint64_t bytes) {
  constexpr const char* units[] = {"b", "kb", "mb", "gb"};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit < 3) amount /= 1024, ++unit;
  return unit == 0 ? fmt::format("{}b", bytes) : fmt::format("{:.1f}{}", amount, units[unit]);
}

std::vector<table_row> chosen(std::vector<table_row> rows, std::string_view columns) {
  if (columns.empty()) return rows;
  for (table_row& r : rows) {
    table_row kept;
    std::string_view rest = columns;
    while (!rest.empty()) {
      std::size_t comma = rest.find(',');
      std::string_view name = rest.substr(0, comma);
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      for (const auto& cell : r)
        if (cell.first == name) kept.push_back(cell);
    }
    r = std::move(kept);
  }
  return rows;
}

std::string render(std::vector<table_row> rows, const cat_request& request, const table_row& names) {
  rows = chosen(std::move(rows), request.columns);
  std::string out;
  if (request.json) {
    out = "[";
    for (const table_row& r : rows) {
      if (out.size() > 1) out += ',';
      out += '{';
      for (const auto& [name, value] : r)
        out += fmt::format(R"({}"{}":"{}")", out.back() == '{' ? "" : ",", name, value);
      out += '}';
    }
    return out + "]";
  }
  if (request.header) rows.insert(rows.begin(), chosen({names}, request.columns).front());
  std::vector<std::size_t> widths;
  for (const table_row& r : rows)
    for (std::size_t i = 0; i < r.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], r[i].second.size());
    }
  for (const table_row& r : rows) {
    for (std::size_t i = 0; i < r.size(); ++i)
      out += i + 1 < r.size() ? fmt::format("{:<{}} ", r[i].second, widths[i]) : r[i].second;
    out += '\n';
  }
  return out;
}

table_row index_row(std::string_view health, std::string_view status, std::string name, std::string uuid,
                    std::string pri, std::string rep, std::string docs, std::string deleted, std::string size,
                    std::string pri_size) {
  return {{"health", std::string(health)}, {"status", std::string(status)},
          {"index", std::move(name)},      {"uuid", std::move(uuid)},
          {"pri", std::move(pri)},         {"rep", std::move(rep)},
          {"docs.count", std::move(docs)}, {"docs.deleted", std::move(deleted)},
          {"store.size", std::move(size)}, {"pri.store.size", std::move(pri_size)}};
}

}  // namespace

std::vector<index_summary> visible_indices(const store& documents, std::string_view expression) {
  index_pattern pattern(expression);
  snapshot seen = documents.select(
      [&](std::string_view name) { return !name.starts_with(span_index_prefix) && pattern.matches(name); });
  std::map<std::string, index_summary> found;
  for (const auto& p : seen.parts) {
    found[p->index()].documents += p->rows();
    found[p->index()].bytes += p->size_bytes();
  }
  for (const auto& c : seen.chunks) {
    found[c->index].documents += c->rows.size();
    found[c->index].bytes += c->size_bytes();
  }
  std::vector<index_summary> list;
  for (auto& [name, summary] : found) {
    summary.name = name;
    list.push_back(summary);
  }
  return list;
}

std::string cat_indices(const store& documents, std::string_view expression, const cat_request& request) {
  std::vector<table_row> rows;
  for (const index_summary& i : visible_indices(documents, expression))
    rows.push_back(index_row("green", "open", i.name, fmt::format("{:022x}", id_key_of(i.name)), "1", "0",
                             fmt::to_string(i.documents), "0", human_bytes(i.bytes), human_bytes(i.bytes)));
  return render(std::move(rows), request,
                index_row("health", "status", "index", "uuid", "pri", "rep", "docs.count", "docs.deleted", "store.size",
                          "pri.store.size"));
}

std::string cat_health(const store& documents, const cat_request& request) {
  auto make = [](std::string a, std::string b, std::string c, std::string d) {
    return table_row{
        {"timestamp", std::move(a)}, {"cluster", std::move(b)}, {"status", std::move(c)}, {"shards", std::move(d)}};
  };
  instant now = instant::now();
  return render({make(now.to_string(), "mes", documents.healthy() ? "green" : "red",
                      fmt::to_string(visible_indices(documents, "*").size()))},
                request, make("timestamp", "cluster", "status", "shards"));
}

}  // namespace mes::telemetry::elastic
