#include "telemetry/query/jaeger/trace_search.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "telemetry/ingest/span_rows.h"
#include "telemetry/query/jaeger/span_json.h"
#include "telemetry/query/scan.h"
#include "wire/otlp/otlp_reader.h"

namespace mes::telemetry::jaeger {
namespace {

namespace otlp = wire::otlp;

constexpr std::size_t spans_joined_max = 500'000;  // for dependencies: the newest ones

using latest_by_trace = std::unordered_map<std::string, std::int64_t>;

bool holds(const otlp::attributes& list, const std::string& key, const std::string& text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const auto& entry) { return entry.first == key && text_of(entry.second) == text; });
}

// A tag may stand on the span, on its process or on one of its logs.
bool tags_fit(const stored_span& s, const otlp::span_head& head, const std::map<std::string, std::string>& wanted) {
  auto details = otlp::read_details(s.span);
  auto scope = otlp::read_scope(s.scope);
  auto process = otlp::read_resource(s.resource);
  if (!details || !scope || !process) return false;
  otlp::attributes tags = tags_of(head, *details, *scope);
  for (const auto& [key, text] : wanted) {
    bool found = holds(tags, key, text) || holds(*process, key, text) ||
                 std::any_of(details->events.begin(), details->events.end(), [&](const otlp::span_event& e) {
                   return holds(e.attributes, key, text) || (key == "event" && e.name == text);
                 });
    if (!found) return false;
  }
  return true;
}

void match_row(const row& r, const trace_query& query, latest_by_trace& found) {
  if (r.time_us < query.start_us || r.time_us > query.end_us) return;
  if (!query.service.empty() && r.stream != query.service) return;
  stored_span s;
  if (!read_stored_span(r.body, s)) return;
  auto head = otlp::read_head(s.span);
  if (!head || (!query.operation.empty() && head->name != query.operation)) return;
  std::uint64_t duration = head->end_ns > head->start_ns ? head->end_ns - head->start_ns : 0;
  if (duration < query.duration_min_ns || duration > query.duration_max_ns) return;
  if (!query.tags.empty() && !tags_fit(s, *head, query.tags)) return;
  std::int64_t& latest = found.try_emplace(std::string(head->trace_id), r.time_us).first->second;
  latest = std::max(latest, r.time_us);
}

// The `limit` latest, and the time of the last of them.
std::vector<std::pair<std::int64_t, std::string>> latest_of(const latest_by_trace& found, std::size_t limit) {
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (const auto& [id, time_us] : found) order.emplace_back(-time_us, id);
  std::sort(order.begin(), order.end());
  if (order.size() > limit) order.resize(limit);
  return order;
}

std::uint64_t first_eight(std::string_view bytes) {
  std::uint64_t key = 0;
  for (char c : bytes.substr(0, 8)) key = key << 8 | static_cast<unsigned char>(c);
  return key;
}

}  // namespace

result<std::vector<std::string>> find_traces(const snapshot& seen, const trace_query& query) {
  latest_by_trace found;
  scan_range range{query.start_us, query.end_us, query.service.empty() ? nullptr : &query.service};
  for (const scan_unit& unit : units_of(seen, range)) {
    if (found.size() >= query.limit && unit.from) {
      auto order = latest_of(found, query.limit);
      if (!order.empty() && unit.time_max_us < -order.back().first) break;  // nothing later can come
      if (found.size() > 4 * query.limit + 10'000) {
        found.clear();
        for (auto& [negative_us, id] : order) found.emplace(std::move(id), -negative_us);
      }
    }
    auto read = read_unit(unit, [&](const std::vector<row>& rows) {
      for (const row& r : rows) match_row(r, query, found);
    });
    if (!read) return fail(std::move(read.error()));
  }
  std::vector<std::string> ids;
  for (auto& [time_us, id] : latest_of(found, query.limit)) ids.push_back(std::move(id));
  return ids;
}

result<read_traces_result> read_traces(const snapshot& seen, const std::vector<std::string>& trace_ids,
                                       std::size_t bytes_max) {
  read_traces_result read;
  read.bodies.resize(trace_ids.size());
  std::unordered_multimap<std::uint64_t, std::size_t> wanted;
  for (std::size_t i = 0; i < trace_ids.size(); ++i) wanted.emplace(trace_key_of_bytes(trace_ids[i]), i);
  std::size_t bytes = 0;
  auto take = [&](const row& r) {
    auto [first, last] = wanted.equal_range(r.trace_key);
    if (first == last) return;
    stored_span s;
    if (!read_stored_span(r.body, s)) return;
    auto head = otlp::read_head(s.span);
    for (; head && first != last; ++first) {
      if (head->trace_id != trace_ids[first->second]) continue;
      bytes += r.body.size();
      if (bytes > bytes_max)
        read.cut = true;
      else
        read.bodies[first->second].emplace_back(r.body);
    }
  };
  for (const auto& c : seen.chunks)
    for (const row& r : c->rows) take(r);
  for (const auto& p : seen.parts) {
    std::set<std::uint32_t> blocks;
    for (const auto& [key, position] : wanted) {
      auto of_trace = p->blocks_of_trace(key);
      if (!of_trace) return fail(std::move(of_trace.error()));
      blocks.insert(of_trace->begin(), of_trace->end());
    }
    for (std::uint32_t block : blocks) {
      auto rows = p->read_block(block);
      if (!rows) return fail(std::move(rows.error()));
      for (const row& r : rows->rows) take(r);
    }
  }
  return read;
}

std::vector<std::string> list_services(const snapshot& seen) {
  std::set<std::string, std::less<>> services;
  for (const auto& p : seen.parts) services.insert(p->streams().begin(), p->streams().end());
  for (const auto& c : seen.chunks)
    for (const row& r : c->rows)
      if (!services.contains(r.stream)) services.emplace(r.stream);
  return {services.begin(), services.end()};
}

std::vector<operation> list_operations(const snapshot& seen, const std::string& service) {
  std::set<operation> operations;
  auto add = [&](std::string_view label) {
    operation_label o;
    if (read_operation_label(label, o) && o.service == service)
      operations.insert({std::string(o.name), std::string(kind_name(o.kind))});
  };
  for (const auto& p : seen.parts)
    for (const std::string& label : p->labels()) add(label);
  label_set fresh;
  for (const auto& c : seen.chunks)
    for (const row& r : c->rows)
      if (r.stream == service) add_span_label(r, fresh);
  for (const std::string& label : fresh) add(label);
  return {operations.begin(), operations.end()};
}

result<std::vector<dependency>> list_dependencies(const snapshot& seen, std::int64_t from_us, std::int64_t to_us) {
  struct joined {
    std::uint64_t trace, span;
    std::uint32_t service;
    std::uint64_t parent = 0;
    auto operator<=>(const joined&) const = default;
  };
  std::vector<joined> spans;
  std::map<std::string, std::uint32_t, std::less<>> numbers;
  std::vector<std::string> names;
  auto take = [&](const row& r) {
    if (r.time_us < from_us || r.time_us > to_us || spans.size() >= spans_joined_max) return;
    stored_span s;
    if (!read_stored_span(r.body, s)) return;
    auto head = otlp::read_head(s.span);
    if (!head) return;
    auto number = numbers.find(r.stream);
    if (number == numbers.end()) {
      number = numbers.emplace(r.stream, static_cast<std::uint32_t>(names.size())).first;
      names.emplace_back(r.stream);
    }
    spans.push_back({r.trace_key, first_eight(head->span_id), number->second, first_eight(head->parent_id)});
  };
  for (const scan_unit& unit : units_of(seen, {from_us, to_us, nullptr})) {
    if (spans.size() >= spans_joined_max) break;
    auto read = read_unit(unit, [&](const std::vector<row>& rows) {
      for (const row& r : rows) take(r);
    });
    if (!read) return fail(std::move(read.error()));
  }
  std::sort(spans.begin(), spans.end());
  spans.erase(std::unique(spans.begin(), spans.end()), spans.end());  // exports that were tried again
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> calls;
  for (const joined& child : spans) {
    if (child.parent == 0) continue;
    auto parent = std::lower_bound(spans.begin(), spans.end(), joined{child.trace, child.parent, 0, 0});
    if (parent == spans.end() || parent->trace != child.trace || parent->span != child.parent) continue;
    if (parent->service != child.service) ++calls[{parent->service, child.service}];
  }
  std::vector<dependency> found;
  for (const auto& [pair, count] : calls) found.push_back({names[pair.first], names[pair.second], count});
  return found;
}

}  // namespace mes::telemetry::jaeger
