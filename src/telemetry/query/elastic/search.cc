#include "telemetry/query/elastic/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "observe/log.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/query/scan.h"

namespace mes::telemetry::elastic {
namespace {

constexpr std::size_t hits_bytes_max = 32u << 20;

struct hit {
  std::vector<sort_value> keys;
  std::uint64_t sequence = 0;
  std::string index, id, body;
};

std::unexpected<es_error> unreadable(const error& e) {
  return std::unexpected(es_error{500, "search_phase_execution_exception", e.message, ""});
}

// Units of the snapshot that the query may find something in.
es_result<std::vector<scan_unit>> units_for(const snapshot& seen, const query& matching) {
  time_bounds bounds = matching.bounds();
  std::vector<scan_unit> units = units_of(seen, {bounds.from_us, bounds.to_us, nullptr});
  auto key = matching.trace_key();
  if (!key) return units;
  std::set<std::pair<const part*, std::uint32_t>> named;
  for (const auto& p : seen.parts) {
    auto blocks = p->blocks_of_trace(*key);
    if (!blocks) return unreadable(blocks.error());
    for (std::uint32_t b : *blocks) named.emplace(p.get(), b);
  }
  std::erase_if(units, [&](const scan_unit& u) { return u.from && !named.contains({u.from, u.block}); });
  return units;
}

// Keeps the first `wanted` hits of all that are offered.
class top_hits {
 public:
  top_hits(const search_request& request, std::size_t wanted) : _request(request), _wanted(wanted) {}

  void offer(document& d) {
    if (_wanted == 0) return;
    std::vector<sort_value> keys = sort_values(_request.sort, d);
    if (_request.after && compare(_request.sort, keys, *_request.after) <= 0) return;
    hit h{std::move(keys), d.source().sequence, {}, {}, {}};
    if (_heap.size() == _wanted && !before(h, _heap.front())) return;
    h.index = d.index();
    h.id = d.id();
    h.body = d.source().body;
    _bytes += h.body.size();
    _heap.push_back(std::move(h));
    std::push_heap(_heap.begin(), _heap.end(), order());
    while (_heap.size() > _wanted) {
      std::pop_heap(_heap.begin(), _heap.end(), order());
      _bytes -= _heap.back().body.size();
      _heap.pop_back();
    }
  }
  bool too_large() const { return _bytes > hits_bytes_max; }
  bool full() const { return _heap.size() >= _wanted; }

  // Nothing in the unit could come before what is there.
  bool done_with(const scan_unit& unit) const {
    if (!full()) return false;
    if (_wanted == 0) return true;
    const hit& last = _heap.front();
    if (_request.sort.empty()) return unit.sequence_min > last.sequence;
    const sort_key& first = _request.sort.front();
    if (first.what == sort_key::by::arrival) {
      auto sequence = static_cast<std::uint64_t>(std::get<std::int64_t>(last.keys[0]));
      return first.descending ? unit.sequence_max < sequence : unit.sequence_min > sequence;
    }
    if (first.what != sort_key::by::time) return false;
    std::int64_t ms = std::get<std::int64_t>(last.keys[0]);
    return first.descending ? unit.time_max_us / 1'000 < ms : unit.time_min_us / 1'000 > ms;
  }

  std::vector<hit> take() {
    std::sort_heap(_heap.begin(), _heap.end(), order());
    return std::move(_heap);
  }

 private:
  bool before(const hit& a, const hit& b) const {
    int c = compare(_request.sort, a.keys, b.keys);
    return c != 0 ? c < 0 : a.sequence < b.sequence;
  }
  std::function<bool(const hit&, const hit&)> order() const {
    return [this](const hit& a, const hit& b) { return before(a, b); };
  }
  const search_request& _request;
  std::size_t _wanted;
  std::size_t _bytes = 0;
  std::vector<hit> _heap;
};

// The order of reading in which top_hits is done soonest.
void put_in_order(std::vector<scan_unit>& units, const std::vector<sort_key>& sort) {
  bool by_time = !sort.empty() && sort.front().what == sort_key::by::time;
  if (by_time && sort.front().descending) return;  // as units_of has them
  if (by_time) {
    std::sort(units.begin(), units.end(), [](const auto& a, const auto& b) { return a.time_min_us < b.time_min_us; });
  } else if (sort.empty() || sort.front().what == sort_key::by::arrival) {
    bool descending = !sort.empty() && sort.front().descending;
    std::sort(units.begin(), units.end(), [&](const auto& a, const auto& b) {
      return descending ? a.sequence_max > b.sequence_max : a.sequence_min < b.sequence_min;
    });
  }
}

std::string hit_json(const hit& h, const search_request& request, simdjson::dom::parser& parser) {
  std::string out = "{\"_index\":";
  observe::append_json_string(out, h.index);
  out += ",\"_id\":";
  observe::append_json_string(out, h.id);
  bool scored = request.sort.empty() || std::any_of(request.sort.begin(), request.sort.end(),
                                                    [](const auto& k) { return k.what == sort_key::by::score; });
  out += scored ? ",\"_score\":1.0" : ",\"_score\":null";
  if (!request.source.shows_none()) {
    out += ",\"_source\":";
    simdjson::dom::element document;
    if (request.source.shows_all() || parser.parse(h.body).get(document))
      out += h.body;
    else
      out += request.source.apply(document);
  }
  if (!request.sort.empty()) {
    out += ",\"sort\":[";
    for (std::size_t i = 0; i < h.keys.size(); ++i) {
      if (i > 0) out += ',';
      append_json(out, h.keys[i]);
    }
    out += ']';
  }
  return out + "}";
}

std::string answer_json(const search_request& request, std::vector<hit> hits, std::uint64_t total, bool total_is_all,
                        const collector_set& aggregations, std::size_t indices, std::int64_t took_ms) {
  std::string out = fmt::format(
      R"({{"took":{},"timed_out":false,"_shards":{{"total":{},"successful":{},"skipped":0,"failed":0}},"hits":{{)",
      took_ms, indices, indices);
  if (request.track_total != 0)
    out += fmt::format(R"("total":{{"value":{},"relation":"{}"}},)", total, total_is_all ? "eq" : "gte");
  bool scored = request.sort.empty() && request.size > 0 && !hits.empty();
  out += scored ? "\"max_score\":1.0,\"hits\":[" : "\"max_score\":null,\"hits\":[";
  simdjson::dom::parser parser;
  for (std::size_t i = std::min(request.from, hits.size()); i < hits.size(); ++i) {
    if (out.back() != '[') out += ',';
    out += hit_json(hits[i], request, parser);
  }
  out += "]}";
  if (!aggregations.empty()) {
    out += ",\"aggregations\":{";
    aggregations.append_members(out);
    out += '}';
  }
  return out + "}";
}

}  // namespace

es_result<snapshot> select_indices(const store& from, std::string_view expression, bool ignore_missing) {
  index_pattern pattern(expression);
  std::vector<std::string> known = from.indices();
  if (!ignore_missing)
    for (const std::string& name : pattern.exact_names())
      if (name.starts_with(span_index_prefix) || !std::binary_search(known.begin(), known.end(), name))
        return std::unexpected(no_such_index(name));
  return from.select(
      [&](std::string_view index) { return !index.starts_with(span_index_prefix) && pattern.matches(index); });
}

es_result<std::string> run_search(const snapshot& seen, const search_request& request) {
  auto begin = std::chrono::steady_clock::now();
  auto units = units_for(seen, *request.matching);
  if (!units) return std::unexpected(units.error());
  put_in_order(*units, request.sort);
  bucket_budget budget;
  collector_set aggregations(request.aggregations, budget);
  simdjson::dom::parser parser;
  document d(parser);
  top_hits top(request, request.from + request.size);
  std::uint64_t total = 0;
  auto counted = [&] {
    return request.track_total == 0 ||
           (request.track_total > 0 && total >= static_cast<std::uint64_t>(request.track_total));
  };
  bool total_is_all = true;
  for (const scan_unit& unit : *units) {
    bool only_count = aggregations.empty() && top.done_with(unit);
    if (only_count && counted()) {
      total_is_all = false;
      continue;
    }
    if (only_count && request.matching->matches_all_in({unit.time_min_us, unit.time_max_us})) {
      total += unit.rows;
      continue;
    }
    auto read = read_unit(unit, [&](const std::vector<row>& rows) {
      for (const row& r : rows) {
        d.set(r, unit.index());
        if (!request.matching->matches(d)) continue;
        ++total;
        top.offer(d);
        aggregations.add(d);
      }
    });
    if (!read) return unreadable(read.error());
    if (top.too_large())
      return illegal_argument(
          fmt::format("The hits are larger than [{}] bytes: ask for fewer at once", hits_bytes_max));
    if (budget.spent)
      return std::unexpected(es_error{400, "too_many_buckets_exception",
                                      "Trying to create too many buckets. Must be less than or equal to: [10000].",
                                      ""});
  }
  if (request.track_total > 0 && total > static_cast<std::uint64_t>(request.track_total)) {
    total = static_cast<std::uint64_t>(request.track_total);
    total_is_all = false;
  }
  std::set<std::string_view> indices;
  for (const auto& p : seen.parts) indices.insert(p->index());
  for (const auto& c : seen.chunks) indices.insert(c->index);
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return answer_json(request, top.take(), total, total_is_all, aggregations, indices.size(), took.count());
}

es_result<std::uint64_t> run_count(const snapshot& seen, const query& matching) {
  auto units = units_for(seen, matching);
  if (!units) return std::unexpected(units.error());
  simdjson::dom::parser parser;
  document d(parser);
  std::uint64_t total = 0;
  for (const scan_unit& unit : *units) {
    if (matching.matches_all_in({unit.time_min_us, unit.time_max_us})) {
      total += unit.rows;
      continue;
    }
    auto read = read_unit(unit, [&](const std::vector<row>& rows) {
      for (const row& r : rows) {
        d.set(r, unit.index());
        if (matching.matches(d)) ++total;
      }
    });
    if (!read) return unreadable(read.error());
  }
  return total;
}

}  // namespace mes::telemetry::elastic
