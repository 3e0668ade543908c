#include "telemetry/query/elastic/aggregation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "observe/log.h"
#include "telemetry/query/elastic/date_math.h"

namespace mes::telemetry::elastic {
namespace {

using simdjson::dom::object;

constexpr int nesting_max = 8;

void append_number(std::string& out, double number) {
  if (!std::isfinite(number))
    out += "null";
  else if (number == std::trunc(number) && std::fabs(number) < 1e15)
    out += fmt::format("{:.1f}", number);
  else
    out += fmt::to_string(number);
}

// Calls back with each number of the field; dates are milliseconds.
void each_number(document& d, const std::string& field, const std::function<void(double)>& take) {
  if (field == timestamp_field) {
    take(static_cast<double>(d.source().time_us / 1'000));
    return;
  }
  d.any(field, [&](element e) {
    double number = 0;
    std::string_view text;
    if (e.is_number() && !e.get(number)) {
      take(number);
    } else if (!e.get(text)) {
      if (auto date = instant::parse(text)) take(static_cast<double>(date->ms()));
    }
    return false;
  });
}

class metric final : public aggregation {
 public:
  metric(std::string kind, std::string field) : _kind(std::move(kind)), _field(std::move(field)) {}
  std::unique_ptr<collector> make(bucket_budget&) const override;

 private:
  std::string _kind, _field;
};

class metric_collector final : public collector {
 public:
  metric_collector(const std::string& kind, const std::string& field) : _kind(kind), _field(field) {}
  void add(document& d) override {
    if (_kind == "value_count" || _kind == "cardinality") {
      auto count = [&](element e) {
        if (!e.is_null()) ++_count;
        if (_kind == "cardinality" && _distinct.size() < distinct_max) _distinct.insert(text_of(e));
        return false;
      };
      if (_field == timestamp_field) {
        ++_count;
        if (_distinct.size() < distinct_max) _distinct.insert(fmt::to_string(d.source().time_us / 1'000));
      } else {
        d.any(_field, count);
      }
      return;
    }
    each_number(d, _field, [&](double number) {
      ++_count;
      _sum += number;
      _min = std::min(_min, number);
      _max = std::max(_max, number);
    });
  }
  void append_json(std::string& out) const override {
    if (_kind == "value_count") {
      out += fmt::format(R"({{"value":{}}})", _count);
    } else if (_kind == "cardinality") {
      out += fmt::format(R"({{"value":{}}})", _distinct.size());
    } else if (_kind == "stats") {
      out += fmt::format(R"({{"count":{},"min":)", _count);
      append_number(out, _min);
      out += ",\"max\":";
      append_number(out, _max);
      out += ",\"avg\":";
      append_number(out, average());
      out += ",\"sum\":";
      append_number(out, _sum);
      out += '}';
    } else {
      out += "{\"value\":";
      append_number(out, _kind == "min" ? _min : _kind == "max" ? _max : _kind == "sum" ? _sum : average());
      if ((_kind == "min" || _kind == "max") && _field == timestamp_field && _count > 0)
        out += fmt::format(R"(,"value_as_string":"{}")",
                           instant::from_ms(static_cast<std::int64_t>(_kind == "min" ? _min : _max)).to_string());
      out += '}';
    }
  }

 private:
  static constexpr std::size_t distinct_max = 100'000;
  double average() const {
    return _count == 0 ? std::numeric_limits<double>::infinity() : _sum / static_cast<double>(_count);
  }
  const std::string& _kind;
  const std::string& _field;
  std::uint64_t _count = 0;
  double _sum = 0, _min = std::numeric_limits<double>::infinity(), _max = -std::numeric_limits<double>::infinity();
  std::set<std::string> _distinct;
};

std::unique_ptr<collector> metric::make(bucket_budget&) const {
  return std::make_unique<metric_collector>(_kind, _field);
}

struct bucket {
  bucket(const aggregation_list& below, bucket_budget& budget) : sub(below, budget) {}
  std::uint64_t count = 0;
  collector_set sub;

  void append_json(std::string& out) const {
    out += fmt::format("\"doc_count\":{}", count);
    if (sub.empty()) return;
    out += ',';
    sub.append_members(out);
  }
};

struct terms_request {
  std::string field;
  std::size_t size = 10;
  std::uint64_t least = 1;
  bool by_key = false, ascending = false;
  aggregation_list sub;
};

class terms_collector final : public collector {
 public:
  terms_collector(const terms_request& request, bucket_budget& budget) : _request(request), _budget(budget) {}
  void add(document& d) override {
    std::set<std::string> seen;  // a document counts once for each value
    if (_request.field == "_index") {
      count(d.index(), false, d);
      return;
    }
    d.any(_request.field, [&](element e) {
      if (e.is_null() || e.is_object()) return false;
      std::string key = text_of(e);
      if (seen.insert(key).second) count(key, e.is_number(), d);
      return false;
    });
  }
  void append_json(std::string& out) const override {
    std::vector<const std::pair<const std::string, entry>*> order;
    std::uint64_t others = 0;
    for (const auto& b : _buckets)
      if (b.second.what->count >= _request.least) order.push_back(&b);
    std::sort(order.begin(), order.end(), [&](const auto* a, const auto* b) {
      if (_request.by_key) return _request.ascending ? a->first < b->first : a->first > b->first;
      std::uint64_t x = a->second.what->count, y = b->second.what->count;
      if (x != y) return _request.ascending ? x < y : x > y;
      return a->first < b->first;
    });
    for (std::size_t i = _request.size; i < order.size(); ++i) others += order[i]->second.what->count;
    if (order.size() > _request.size) order.resize(_request.size);
    out += fmt::format(R"({{"doc_count_error_upper_bound":0,"sum_other_doc_count":{},"buckets":[)", others);
    for (const auto* b : order) {
      if (out.back() != '[') out += ',';
      out += "{\"key\":";
      if (b->second.number)
        out += b->first;
      else if (b->first == "true" || b->first == "false")
        out += fmt::format(R"({},"key_as_string":"{}")", b->first == "true" ? 1 : 0, b->first);
      else
        observe::append_json_string(out, b->first);
      out += ',';
      b->second.what->append_json(out);
      out += '}';
    }
    out += "]}";
  }

 private:
  struct entry {
    std::unique_ptr<bucket> what;
    bool number = false;
  };
  void count(const std::string& key, bool number, document& d) {
    auto at = _buckets.find(key);
    if (at == _buckets.end()) {
      if (!_budget.take()) return;
      at = _buckets.emplace(key, entry{std::make_unique<bucket>(_request.sub, _budget), number}).first;
    }
    ++at->second.what->count;
    at->second.what->sub.add(d);
  }
  const terms_request& _request;
  bucket_budget& _budget;
  std::map<std::string, entry> _buckets;
};

struct histogram_request {
  std::string field;
  std::int64_t interval_us = 0;  // 0: by calendar
  char calendar = 'd';
  std::uint64_t least = 0;
  std::optional<std::int64_t> bound_min_us, bound_max_us;
  aggregation_list sub;

  std::int64_t floor(std::int64_t time_us) const {
    if (interval_us == 0) return calendar_floor_us(time_us, calendar);
    std::int64_t rest = time_us % interval_us;
    return time_us - rest - (rest < 0 ? interval_us : 0);
  }
  std::int64_t next(std::int64_t start_us) const {
    return interval_us == 0 ? calendar_add_us(start_us, calendar, 1) : start_us + interval_us;
  }
};

class histogram_collector final : public collector {
 public:
  histogram_collector(const histogram_request& request, bucket_budget& budget) : _request(request), _budget(budget) {}
  void add(document& d) override {
    if (_request.field == timestamp_field) {
      count(d.source().time_us, d);
      return;
    }
    d.any(_request.field, [&](element e) {
      std::string_view text;
      std::int64_t ms = 0;
      if (!e.get(ms)) {
        count(ms * 1'000, d);
      } else if (!e.get(text)) {
        if (auto date = instant::parse(text)) count(date->microseconds, d);
      }
      return false;
    });
  }
  void append_json(std::string& out) const override {
    out += "{\"buckets\":[";
    if (_request.least > 0) {
      for (const auto& [start, b] : _buckets)
        if (b->count >= _request.least) append_bucket(out, start, b.get());
    } else if (!_buckets.empty() || (_request.bound_min_us && _request.bound_max_us)) {
      // Empty ones between the first and the last are shown too.
      std::int64_t first = _buckets.empty() ? INT64_MAX : _buckets.begin()->first;
      std::int64_t last = _buckets.empty() ? INT64_MIN : _buckets.rbegin()->first;
      if (_request.bound_min_us) first = std::min(first, _request.floor(*_request.bound_min_us));
      if (_request.bound_max_us) last = std::max(last, _request.floor(*_request.bound_max_us));
      for (std::int64_t start = first; start <= last && _budget.take(); start = _request.next(start)) {
        auto at = _buckets.find(start);
        append_bucket(out, start, at == _buckets.end() ? nullptr : at->second.get());
      }
    }
    out += "]}";
  }

 private:
  void append_bucket(std::string& out, std::int64_t start_us, const bucket* b) const {
    if (out.back() != '[') out += ',';
    out += fmt::format(R"({{"key_as_string":"{}","key":{},)", instant{start_us}.to_string(), start_us / 1'000);
    bucket_budget none{0, false};
    b ? b->append_json(out) : bucket(_request.sub, none).append_json(out);
    out += '}';
  }
  void count(std::int64_t time_us, document& d) {
    std::int64_t start = _request.floor(time_us);
    auto at = _buckets.find(start);
    if (at == _buckets.end()) {
      if (!_budget.take()) return;
      at = _buckets.emplace(start, std::make_unique<bucket>(_request.sub, _budget)).first;
    }
    ++at->second->count;
    at->second->sub.add(d);
  }
  const histogram_request& _request;
  bucket_budget& _budget;
  std::map<std::int64_t, std::unique_ptr<bucket>> _buckets;
};

struct filters_request {
  std::vector<std::pair<std::string, query_ptr>> named;
  bool single = false;  // "filter": one bucket without a name
  aggregation_list sub;
};

class filters_collector final : public collector {
 public:
  filters_collector(const filters_request& request, bucket_budget& budget) : _request(request) {
    for (std::size_t i = 0; i < request.named.size(); ++i)
      _buckets.push_back(std::make_unique<bucket>(request.sub, budget));
  }
  void add(document& d) override {
    for (std::size_t i = 0; i < _buckets.size(); ++i) {
      if (!_request.named[i].second->matches(d)) continue;
      ++_buckets[i]->count;
      _buckets[i]->sub.add(d);
    }
  }
  void append_json(std::string& out) const override {
    if (_request.single) {
      out += '{';
      _buckets[0]->append_json(out);
      out += '}';
      return;
    }
    out += "{\"buckets\":{";
    for (std::size_t i = 0; i < _buckets.size(); ++i) {
      if (i > 0) out += ',';
      observe::append_json_string(out, _request.named[i].first);
      out += ":{";
      _buckets[i]->append_json(out);
      out += '}';
    }
    out += "}}";
  }

 private:
  const filters_request& _request;
  std::vector<std::unique_ptr<bucket>> _buckets;
};

template <class Request, class Collector>
class bucket_aggregation final : public aggregation {
 public:
  explicit bucket_aggregation(Request request) : _request(std::move(request)) {}
  std::unique_ptr<collector> make(bucket_budget& budget) const override {
    return std::make_unique<Collector>(_request, budget);
  }

 private:
  Request _request;
};

using made = es_result<std::unique_ptr<const aggregation>>;

std::unexpected<es_error> unknown_option(std::string_view kind, std::string_view option) {
  return parsing_error(fmt::format("[{}] unknown field [{}]", kind, option));
}

made parse_terms(object body, aggregation_list sub) {
  terms_request request;
  request.sub = std::move(sub);
  for (auto [key, value] : body) {
    std::int64_t number = 0;
    if (key == "field") {
      request.field = field_path(text_of(value)).name;
    } else if (key == "size" && !value.get(number) && number > 0) {
      request.size = static_cast<std::size_t>(number);
    } else if (key == "min_doc_count" && !value.get(number) && number >= 0) {
      request.least = static_cast<std::uint64_t>(std::max<std::int64_t>(number, 1));
    } else if (key == "order") {
      object order;
      if (value.get(order)) return parsing_error("[terms] [order] must be an object here");
      for (auto [by, direction] : order) {
        if (by != "_count" && by != "_key" && by != "_term")
          return illegal_argument(fmt::format("[terms] an order by [{}] is not supported here", by));
        request.by_key = by != "_count";
        request.ascending = text_of(direction) == "asc";
      }
    } else if (key != "missing" && key != "shard_size" && key != "show_term_doc_count_error") {
      return unknown_option("terms", key);
    }
  }
  if (request.field.empty())
    return illegal_argument("Required one of fields [field, script], but none were specified.");
  return std::make_unique<bucket_aggregation<terms_request, terms_collector>>(std::move(request));
}

es_result<void> parse_fixed(std::string_view text, histogram_request& into) {
  std::int64_t count = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::int64_t factor = unit == "ms"  ? 1'000
                        : unit == "s" ? 1'000'000
                        : unit == "m" ? 60'000'000
                        : unit == "h" ? 3'600'000'000
                        : unit == "d" ? 86'400'000'000
                                      : 0;
  if (code != std::errc{} || count <= 0 || factor == 0 || count > 1'000'000'000)
    return illegal_argument(
        fmt::format("failed to parse setting [date_histogram.fixedInterval] with value [{}] as a "
                    "time value: unit is missing or unrecognized",
                    text));
  into.interval_us = count * factor;
  return {};
}

es_result<void> parse_calendar(std::string_view text, histogram_request& into) {
  static constexpr std::pair<std::string_view, char> names[] = {
      {"minute", 'm'}, {"1m", 'm'}, {"hour", 'h'},   {"1h", 'h'}, {"day", 'd'},     {"1d", 'd'},
      {"week", 'w'},   {"1w", 'w'}, {"month", 'M'},  {"1M", 'M'}, {"quarter", 'q'}, {"1q", 'q'},
      {"year", 'y'},   {"1y", 'y'}, {"second", 's'}, {"1s", 's'}};
  for (const auto& [name, unit] : names)
    if (text == name) {
      into.calendar = unit;
      return {};
    }
  return illegal_argument(fmt::format("The supplied interval [{}] could not be parsed as a calendar interval.", text));
}

made parse_date_histogram(object body, aggregation_list sub, parse_context context) {
  histogram_request request;
  request.sub = std::move(sub);
  bool given = false;
  for (auto [key, value] : body) {
    std::string text = text_of(value);
    es_result<void> read;
    if (key == "field") {
      request.field = field_path(text).name;
    } else if (key == "fixed_interval" || key == "interval") {
      read = parse_fixed(text, request);
      given = true;
    } else if (key == "calendar_interval") {
      read = parse_calendar(text, request);
      given = true;
    } else if (key == "min_doc_count") {
      request.least = std::strtoull(text.c_str(), nullptr, 10);
    } else if (key == "extended_bounds" || key == "hard_bounds") {
      element end;
      if (!value["min"].get(end)) request.bound_min_us = parse_date_us(text_of(end), context.now, false);
      if (!value["max"].get(end)) request.bound_max_us = parse_date_us(text_of(end), context.now, false);
    } else if (key == "time_zone") {
      if (text != "UTC" && text != "Z" && text != "+00:00" && text != "utc")
        read = illegal_argument("[date_histogram] a [time_zone] other than UTC is not supported here");
    } else if (key != "format" && key != "keyed" && key != "missing" && key != "order") {
      return unknown_option("date_histogram", key);
    }
    if (!read) return std::unexpected(read.error());
  }
  if (request.field.empty() || !given)
    return illegal_argument("[date_histogram] needs a [field] and a [fixed_interval] or [calendar_interval]");
  return std::make_unique<bucket_aggregation<histogram_request, histogram_collector>>(std::move(request));
}

made parse_filters(std::string_view kind, element body, aggregation_list sub, parse_context context) {
  filters_request request;
  request.sub = std::move(sub);
  request.single = kind == "filter";
  if (request.single) {
    auto one = parse_query(body, context);
    if (!one) return std::unexpected(one.error());
    request.named.emplace_back("", std::move(*one));
  } else {
    object filters;
    if (body["filters"].get(filters)) return parsing_error("[filters] needs an object [filters]");
    for (auto [name, e] : filters) {
      auto one = parse_query(e, context);
      if (!one) return std::unexpected(one.error());
      request.named.emplace_back(name, std::move(*one));
    }
  }
  return std::make_unique<bucket_aggregation<filters_request, filters_collector>>(std::move(request));
}

made parse_one(std::string_view name, element e, parse_context context) {
  object outer;
  if (e.get(outer)) return parsing_error(fmt::format("Expected [START_OBJECT] under [{}]", name));
  if (++context.depth > nesting_max) return illegal_argument("aggregations are nested too deep");
  aggregation_list sub;
  std::string_view kind;
  element body;
  for (auto [key, value] : outer) {
    if (key == "aggs" || key == "aggregations") {
      auto parsed = parse_aggregations(value, context);
      if (!parsed) return std::unexpected(parsed.error());
      sub = std::move(*parsed);
    } else if (key != "meta") {
      if (!kind.empty())
        return parsing_error(
            fmt::format("Found two aggregation type definitions in [{}]: [{}] and [{}]", name, kind, key));
      kind = key;
      body = value;
    }
  }
  object options;
  if (kind.empty() || body.get(options))
    return parsing_error(fmt::format("Missing definition for aggregation [{}]", name));
  if (kind == "terms") return parse_terms(options, std::move(sub));
  if (kind == "date_histogram") return parse_date_histogram(options, std::move(sub), context);
  if (kind == "filter" || kind == "filters") return parse_filters(kind, body, std::move(sub), context);
  static const std::set<std::string_view> metrics = {"min", "max", "avg", "sum", "value_count", "stats", "cardinality"};
  if (!metrics.contains(kind)) return parsing_error(fmt::format("Unknown aggregation type [{}]", kind));
  element field;
  if (options["field"].get(field))
    return illegal_argument("Required one of fields [field, script], but none were specified.");
  return std::make_unique<metric>(std::string(kind), field_path(text_of(field)).name);
}

}  // namespace

es_result<aggregation_list> parse_aggregations(element e, parse_context context) {
  object o;
  if (e.get(o)) return parsing_error("Unknown key for a VALUE in [aggs].");
  aggregation_list list;
  for (auto [name, body] : o) {
    auto one = parse_one(name, body, context);
    if (!one) return std::unexpected(one.error());
    list.push_back({std::string(name), std::move(*one)});
  }
  return list;
}

collector_set::collector_set(const aggregation_list& list, bucket_budget& budget) {
  for (const named_aggregation& a : list) _collectors.emplace_back(a.name, a.what->make(budget));
}

void collector_set::append_members(std::string& out) const {
  for (std::size_t i = 0; i < _collectors.size(); ++i) {
    if (i > 0) out += ',';
    observe::append_json_string(out, _collectors[i].first);
    out += ':';
    _collectors[i].second->append_json(out);
  }
}

}  // namespace mes::telemetry::elastic
