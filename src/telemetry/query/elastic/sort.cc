#include "telemetry/query/elastic/sort.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/instant.h"
#include "observe/log.h"

namespace mes::telemetry::elastic {
namespace {

using simdjson::dom::array;
using simdjson::dom::object;

es_result<sort_key> make_key(std::string_view field) {
  sort_key key;
  key.field = field_path(field).name;
  if (field == "_score") key.what = sort_key::by::score, key.descending = true;
  if (field == "_doc" || field == "_shard_doc") key.what = sort_key::by::arrival;
  if (field == timestamp_field) key.what = sort_key::by::time;
  return key;
}

es_result<void> read_order(std::string_view text, sort_key& key) {
  if (text != "asc" && text != "desc")
    return illegal_argument(fmt::format("No enum constant org.elasticsearch.search.sort.SortOrder.{}", text));
  key.descending = text == "desc";
  return {};
}

es_result<void> read_options(object options, sort_key& key) {
  for (auto [option, value] : options) {
    if (option == "order") {
      if (auto read = read_order(text_of(value), key); !read) return read;
    } else if (option == "missing") {
      key.missing_first = text_of(value) == "_first";
    } else if (option != "unmapped_type" && option != "mode" && option != "format" && option != "numeric_type") {
      return parsing_error(fmt::format("[field_sort] unknown field [{}]", option));
    }
  }
  return {};
}

es_result<void> parse_one(element e, std::vector<sort_key>& into) {
  std::string_view name;
  object o;
  if (!e.get(name)) {
    auto key = make_key(name);
    if (!key) return std::unexpected(key.error());
    into.push_back(*key);
    return {};
  }
  if (e.get(o)) return illegal_argument("malformed sort format, either start with array, object, or an actual string");
  for (auto [field, options] : o) {
    auto key = make_key(field);
    if (!key) return std::unexpected(key.error());
    std::string_view text;
    object inner;
    if (!options.get(text)) {
      if (auto read = read_order(text, *key); !read) return read;
    } else if (options.get(inner)) {
      return parsing_error("malformed sort format, within the sort array, an object, or an actual string are allowed");
    } else if (auto read = read_options(inner, *key); !read) {
      return read;
    }
    into.push_back(std::move(*key));
  }
  return {};
}

// Numbers before text, as far as one field has both.
int compare_values(const sort_value& a, const sort_value& b) {
  auto number = [](const sort_value& v) -> std::optional<double> {
    if (const auto* i = std::get_if<std::int64_t>(&v)) return static_cast<double>(*i);
    if (const auto* d = std::get_if<double>(&v)) return *d;
    return std::nullopt;
  };
  if (std::holds_alternative<std::int64_t>(a) && std::holds_alternative<std::int64_t>(b)) {
    auto x = std::get<std::int64_t>(a), y = std::get<std::int64_t>(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  auto x = number(a), y = number(b);
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  if (x || y) return x ? -1 : 1;
  return std::get<std::string>(a).compare(std::get<std::string>(b));
}

sort_value value_of(element e) {
  std::int64_t whole = 0;
  if (!e.get(whole)) return whole;
  double number = 0;
  if (e.is_number() && !e.get(number)) return number;
  bool flag = false;
  if (!e.get(flag)) return std::int64_t{flag};
  std::string_view text;
  if (e.get(text)) return {};
  if (text.size() >= 20 && text[4] == '-' && text[10] == 'T')
    if (auto date = instant::parse(text)) return date->ms();
  return std::string(text);
}

}  // namespace

es_result<std::vector<sort_key>> parse_sort(element e) {
  std::vector<sort_key> keys;
  array list;
  if (e.get(list)) {
    if (auto parsed = parse_one(e, keys); !parsed) return std::unexpected(parsed.error());
    return keys;
  }
  for (element item : list)
    if (auto parsed = parse_one(item, keys); !parsed) return std::unexpected(parsed.error());
  return keys;
}

es_result<std::vector<sort_value>> parse_search_after(element e, std::size_t keys) {
  array list;
  if (e.get(list)) return parsing_error("Unknown key for a VALUE_STRING in [search_after].");
  std::vector<sort_value> values;
  for (element item : list) values.push_back(item.is_null() ? sort_value{} : value_of(item));
  if (keys == 0) return illegal_argument("Sort must contain at least one field.");
  if (values.size() != keys)
    return illegal_argument(fmt::format("search_after has {} value(s) but sort has {}.", values.size(), keys));
  return values;
}

std::vector<sort_value> sort_values(const std::vector<sort_key>& keys, document& d) {
  std::vector<sort_value> values;
  for (const sort_key& key : keys) {
    switch (key.what) {
      case sort_key::by::time:
        values.emplace_back(d.source().time_us / 1'000);
        break;
      case sort_key::by::score:
        values.emplace_back(1.0);
        break;
      case sort_key::by::arrival:
        values.emplace_back(static_cast<std::int64_t>(d.source().sequence));
        break;
      case sort_key::by::field: {
        // Of several values the least or the greatest counts, as the order asks.
        sort_value best;
        d.any(key.field, [&](element e) {
          sort_value v = value_of(e);
          if (v.index() == 0) return false;
          int order = best.index() == 0 ? 0 : compare_values(v, best);
          if (best.index() == 0 || (key.descending ? order > 0 : order < 0)) best = std::move(v);
          return false;
        });
        values.push_back(std::move(best));
      }
    }
  }
  return values;
}

int compare(const std::vector<sort_key>& keys, const std::vector<sort_value>& a, const std::vector<sort_value>& b) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    bool no_a = a[i].index() == 0, no_b = b[i].index() == 0;
    if (no_a && no_b) continue;
    if (no_a || no_b) return no_a == keys[i].missing_first ? -1 : 1;
    int order = compare_values(a[i], b[i]);
    if (order != 0) return keys[i].descending ? -order : order;
  }
  return 0;
}

void append_json(std::string& out, const sort_value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    out += fmt::to_string(*whole);
  else if (const auto* number = std::get_if<double>(&value))
    out += *number == 1.0 ? "1.0" : fmt::to_string(*number);
  else if (const auto* text = std::get_if<std::string>(&value))
    observe::append_json_string(out, *text);
  else
    out += "null";
}

}  // namespace mes::telemetry::elastic
