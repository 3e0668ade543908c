// From JSON to queries.
#include "telemetry/query/elastic/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mes::telemetry::elastic {
namespace {

using simdjson::dom::array;
using simdjson::dom::object;

class match_all_query final : public query {
 public:
  bool matches(document&) const override { return true; }
  bool matches_all_in(time_bounds) const override { return true; }
};

class match_none_query final : public query {
 public:
  bool matches(document&) const override { return false; }
  time_bounds bounds() const override { return {INT64_MAX, INT64_MIN}; }
};

class bool_query final : public query {
 public:
  bool_query(std::vector<query_ptr> must, std::vector<query_ptr> should, std::vector<query_ptr> must_not,
             std::size_t should_least)
      : _must(std::move(must)), _should(std::move(should)), _must_not(std::move(must_not)), _least(should_least) {}

  bool matches(document& d) const override {
    for (const auto& q : _must)
      if (!q->matches(d)) return false;
    for (const auto& q : _must_not)
      if (q->matches(d)) return false;
    std::size_t hits = 0;
    for (std::size_t i = 0; i < _should.size() && hits < _least; ++i) hits += _should[i]->matches(d) ? 1 : 0;
    return hits >= _least;
  }
  time_bounds bounds() const override {
    time_bounds all;
    for (const auto& q : _must) {
      time_bounds b = q->bounds();
      all.from_us = std::max(all.from_us, b.from_us);
      all.to_us = std::min(all.to_us, b.to_us);
    }
    if (_should.size() == 1 && _least == 1) {
      time_bounds b = _should[0]->bounds();
      all.from_us = std::max(all.from_us, b.from_us);
      all.to_us = std::min(all.to_us, b.to_us);
    }
    return all;
  }
  bool matches_all_in(time_bounds b) const override {
    return _must_not.empty() && _least == 0 &&
           std::all_of(_must.begin(), _must.end(), [&](const auto& q) { return q->matches_all_in(b); });
  }
  std::optional<std::uint64_t> trace_key() const override {
    for (const auto& q : _must)
      if (auto key = q->trace_key()) return key;
    if (_should.size() == 1 && _least == 1) return _should[0]->trace_key();
    return std::nullopt;
  }

 private:
  std::vector<query_ptr> _must, _should, _must_not;
  std::size_t _least;
};

using parser = es_result<query_ptr> (*)(element body, parse_context context);

bool one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// {"field": value} or {"field": {"KEY": value, options…}}: calls back with each option. `boost` and `_name` change
// nothing here (scores are constant).
struct field_body {
  std::string_view field;
  element value;  // the shorthand's, or that of `main_key`
  std::vector<std::pair<std::string_view, element>> options;
};
es_result<field_body> read_field_body(std::string_view name, std::string_view main_key, element body,
                                      std::initializer_list<std::string_view> options) {
  object outer;
  if (body.get(outer))
    return parsing_error(fmt::format("[{}] query malformed, no start_object after query name", name));
  field_body read;
  std::size_t fields = 0;
  bool found = false;
  for (auto [key, value] : outer) {
    if (one_of(key, {"boost", "_name"})) continue;
    if (++fields > 1)
      return parsing_error(
          fmt::format("[{}] query doesn't support multiple fields, found [{}] and [{}]", name, read.field, key));
    read.field = key;
    object inner;
    if (value.get(inner)) {
      if (value.is_array()) return parsing_error(fmt::format("[{}] query does not support array of values", name));
      read.value = value;
      found = true;
      continue;
    }
    for (auto [option, v] : inner) {
      if (option == main_key) {
        read.value = v;
        found = true;
      } else if (one_of(option, options)) {
        read.options.emplace_back(option, v);
      } else if (!one_of(option, {"boost", "_name"})) {
        return unknown_field(name, option);
      }
    }
  }
  if (fields == 0) return parsing_error(fmt::format("[{}] query malformed, a field is missing", name));
  if (!found && !main_key.empty())
    return parsing_error(fmt::format("[{}] query: no value for [{}] of field [{}]", name, main_key, read.field));
  return read;
}

bool flag_option(const field_body& b, std::string_view name) {
  for (const auto& [key, value] : b.options) {
    bool flag = false;
    if (key == name) return !value.get(flag) ? flag : text_of(value) == "true";
  }
  return false;
}
std::string text_option(const field_body& b, std::string_view name) {
  for (const auto& [key, value] : b.options)
    if (key == name) return text_of(value);
  return "";
}

es_result<query_ptr> parse_term(element body, parse_context) {
  auto b = read_field_body("term", "value", body, {"case_insensitive"});
  if (!b) return std::unexpected(b.error());
  return make_term(b->field, {text_of(b->value)}, flag_option(*b, "case_insensitive"));
}

es_result<query_ptr> parse_terms(element body, parse_context) {
  object outer;
  if (body.get(outer)) return parsing_error("[terms] query malformed, no start_object after query name");
  query_ptr made;
  for (auto [key, value] : outer) {
    if (one_of(key, {"boost", "_name"})) continue;
    array list;
    if (value.get(list)) return parsing_error("[terms] query requires an array of values");
    if (made) return parsing_error("[terms] query does not support more than one field");
    std::vector<std::string> values;
    for (element v : list) values.push_back(text_of(v));
    made = make_term(key, std::move(values));
  }
  if (!made) return parsing_error("[terms] query requires a field name");
  return made;
}

es_result<query_ptr> parse_match(element body, parse_context) {
  auto b = read_field_body("match", "query", body, {"operator", "lenient", "zero_terms_query"});
  if (!b) return std::unexpected(b.error());
  std::string words = text_option(*b, "operator");
  return make_match(b->field, text_of(b->value), words == "and" || words == "AND");
}

es_result<query_ptr> parse_match_phrase(element body, parse_context) {
  auto b = read_field_body("match_phrase", "query", body, {"slop", "zero_terms_query"});
  if (!b) return std::unexpected(b.error());
  std::string slop = text_option(*b, "slop");
  if (!slop.empty() && slop != "0")
    return illegal_argument("[match_phrase] a [slop] other than 0 is not supported here");
  return make_phrase(b->field, text_of(b->value));
}

es_result<query_ptr> parse_match_phrase_prefix(element body, parse_context) {
  auto b = read_field_body("match_phrase_prefix", "query", body, {"max_expansions"});
  if (!b) return std::unexpected(b.error());
  return make_phrase(b->field, text_of(b->value), true);
}

std::string escaped_wildcards(std::string_view text) {
  // A literal prefix that contains '*' or '?' would be read as a pattern: those match themselves under '?' too.
  std::string out(text);
  std::replace(out.begin(), out.end(), '*', '?');
  return out + "*";
}

es_result<query_ptr> parse_prefix(element body, parse_context) {
  auto b = read_field_body("prefix", "value", body, {"case_insensitive", "rewrite"});
  if (!b) return std::unexpected(b.error());
  return make_wildcard(b->field, escaped_wildcards(text_of(b->value)), flag_option(*b, "case_insensitive"));
}

es_result<query_ptr> parse_wildcard(element body, parse_context) {
  auto b = read_field_body("wildcard", "value", body, {"case_insensitive", "rewrite", "wildcard"});
  if (!b) {
    b = read_field_body("wildcard", "wildcard", body, {"case_insensitive", "rewrite"});
    if (!b) return std::unexpected(b.error());
  }
  return make_wildcard(b->field, text_of(b->value), flag_option(*b, "case_insensitive"));
}

es_result<query_ptr> parse_exists(element body, parse_context) {
  object inner;
  if (body.get(inner)) return parsing_error("[exists] query malformed, no start_object after query name");
  std::string field;
  for (auto [key, value] : inner) {
    if (key == "field")
      field = text_of(value);
    else if (!one_of(key, {"boost", "_name"}))
      return unknown_field("exists", key);
  }
  if (field.empty()) return parsing_error("[exists] must be provided with a [field]");
  return make_exists(field);
}

es_result<query_ptr> parse_ids(element body, parse_context) {
  object inner;
  array list;
  if (body.get(inner)) return parsing_error("[ids] query malformed, no start_object after query name");
  std::vector<std::string> ids;
  for (auto [key, value] : inner) {
    if (one_of(key, {"boost", "_name"})) continue;
    if (key != "values") return unknown_field("ids", key);
    if (value.get(list)) {
      ids.push_back(text_of(value));
      continue;
    }
    for (element v : list) ids.push_back(text_of(v));
  }
  return make_ids(std::move(ids));
}

es_result<query_ptr> parse_range(element body, parse_context context) {
  auto b = read_field_body(
      "range", "", body,
      {"gt", "gte", "lt", "lte", "from", "to", "include_lower", "include_upper", "format", "time_zone", "relation"});
  if (!b) return std::unexpected(b.error());
  if (std::string zone = text_option(*b, "time_zone"); !zone.empty() && !one_of(zone, {"UTC", "Z", "+00:00"}))
    return illegal_argument("[range] a [time_zone] other than UTC is not supported here");
  bool seconds = text_option(*b, "format") == "epoch_second";
  range_ends ends;
  for (const auto& [key, value] : b->options) {
    if (value.is_null() || !one_of(key, {"gt", "gte", "lt", "lte", "from", "to"})) continue;
    bool below = one_of(key, {"gt", "gte", "from"});
    std::string text = text_of(value);
    if (seconds) text += "000";
    (below ? ends.lower : ends.upper) = std::move(text);
    (below ? ends.lower_open : ends.upper_open) = key == "gt" || key == "lt";
  }
  for (const auto& [key, value] : b->options) {
    bool flag = true;
    if (key == "include_lower" && !value.get(flag)) ends.lower_open = !flag;
    if (key == "include_upper" && !value.get(flag)) ends.upper_open = !flag;
  }
  return make_range(b->field, std::move(ends), context.now);
}

es_result<std::vector<query_ptr>> parse_clauses(element e, parse_context context) {
  std::vector<query_ptr> made;
  array list;
  if (e.get(list)) {
    auto one = parse_query(e, context);
    if (!one) return std::unexpected(one.error());
    made.push_back(std::move(*one));
    return made;
  }
  for (element item : list) {
    auto one = parse_query(item, context);
    if (!one) return std::unexpected(one.error());
    made.push_back(std::move(*one));
  }
  return made;
}

es_result<query_ptr> parse_bool(element body, parse_context context) {
  object inner;
  if (body.get(inner)) return parsing_error("[bool] query malformed, no start_object after query name");
  std::vector<query_ptr> must, should, must_not;
  std::optional<std::int64_t> least;
  for (auto [key, value] : inner) {
    if (one_of(key, {"boost", "_name", "adjust_pure_negative"})) continue;
    if (key == "minimum_should_match") {
      std::int64_t number = 0;
      std::string text = text_of(value);
      auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (code != std::errc{} || end != text.data() + text.size())
        return illegal_argument("[bool] [minimum_should_match] must be a number here: [" + text + "]");
      least = number;
      continue;
    }
    std::vector<query_ptr>* into = one_of(key, {"must", "filter"})        ? &must
                                   : key == "should"                      ? &should
                                   : one_of(key, {"must_not", "mustNot"}) ? &must_not
                                                                          : nullptr;
    if (!into) return unknown_field("bool", key);
    auto clauses = parse_clauses(value, context);
    if (!clauses) return std::unexpected(clauses.error());
    std::move(clauses->begin(), clauses->end(), std::back_inserter(*into));
  }
  std::int64_t wanted = least.value_or(must.empty() && !should.empty() ? 1 : 0);
  if (wanted < 0) wanted = std::max<std::int64_t>(0, static_cast<std::int64_t>(should.size()) + wanted);
  return make_bool(std::move(must), std::move(should), std::move(must_not), static_cast<std::size_t>(wanted));
}

es_result<query_ptr> parse_constant_score(element body, parse_context context) {
  object inner;
  query_ptr made;
  if (body.get(inner)) return parsing_error("[constant_score] query malformed");
  for (auto [key, value] : inner) {
    if (one_of(key, {"boost", "_name"})) continue;
    if (key != "filter") return unknown_field("constant_score", key);
    auto one = parse_query(value, context);
    if (!one) return one;
    made = std::move(*one);
  }
  if (!made) return parsing_error("[constant_score] requires a 'filter' element");
  return made;
}

es_result<query_ptr> parse_multi_match(element body, parse_context) {
  object inner;
  if (body.get(inner)) return parsing_error("[multi_match] query malformed");
  std::string text, type;
  bool all_words = false;
  std::vector<std::string> fields;
  for (auto [key, value] : inner) {
    array list;
    if (key == "query") {
      text = text_of(value);
    } else if (key == "fields") {
      if (value.get(list))
        fields.push_back(text_of(value));
      else
        for (element f : list) fields.push_back(text_of(f));
    } else if (key == "type") {
      type = text_of(value);
    } else if (key == "operator") {
      all_words = text_of(value) == "and" || text_of(value) == "AND";
    } else if (!one_of(key, {"boost", "_name", "lenient", "tie_breaker"})) {
      return unknown_field("multi_match", key);
    }
  }
  if (fields.empty()) fields.emplace_back("*");
  std::vector<query_ptr> any;
  for (const std::string& given : fields) {
    std::string field = given.substr(0, given.find('^'));
    bool phrase = type == "phrase" || type == "phrase_prefix";
    any.push_back(phrase ? make_phrase(field, text, type == "phrase_prefix") : make_match(field, text, all_words));
  }
  return make_bool({}, std::move(any), {}, 1);
}

es_result<query_ptr> parse_string_query(element body, parse_context context) {
  object inner;
  if (body.get(inner)) return parsing_error("[query_string] query malformed");
  std::string text, field = "*";
  std::vector<std::string> fields;
  bool all = false;
  for (auto [key, value] : inner) {
    array list;
    if (key == "query") {
      text = text_of(value);
    } else if (key == "default_field") {
      field = text_of(value);
    } else if (key == "fields" && !value.get(list)) {
      for (element f : list) fields.push_back(text_of(f));
    } else if (key == "default_operator") {
      all = text_of(value) == "and" || text_of(value) == "AND";
    } else if (!one_of(key, {"boost", "_name", "analyze_wildcard", "lenient", "allow_leading_wildcard", "time_zone",
                             "flags"})) {
      return unknown_field("query_string", key);
    }
  }
  if (fields.empty()) return parse_query_string(text, field, all, context);
  std::vector<query_ptr> any;
  for (const std::string& f : fields) {
    auto one = parse_query_string(text, f.substr(0, f.find('^')), all, context);
    if (!one) return one;
    any.push_back(std::move(*one));
  }
  return make_bool({}, std::move(any), {}, 1);
}

constexpr std::array<std::pair<std::string_view, parser>, 19> parsers = {{
    {"match_all", [](element, parse_context) -> es_result<query_ptr> { return match_all(); }},
    {"match_none", [](element, parse_context) -> es_result<query_ptr> { return std::make_unique<match_none_query>(); }},
    {"term", parse_term},
    {"terms", parse_terms},
    {"match", parse_match},
    {"match_phrase", parse_match_phrase},
    {"match_phrase_prefix", parse_match_phrase_prefix},
    {"multi_match", parse_multi_match},
    {"prefix", parse_prefix},
    {"wildcard", parse_wildcard},
    {"exists", parse_exists},
    {"ids", parse_ids},
    {"range", parse_range},
    {"bool", parse_bool},
    {"constant_score", parse_constant_score},
    {"query_string", parse_string_query},
    {"simple_query_string", parse_string_query},
    {"dis_max",
     [](element body, parse_context context) -> es_result<query_ptr> {
       element queries;
       if (body["queries"].get(queries)) return parsing_error("[dis_max] requires 'queries' field");
       auto any = parse_clauses(queries, context);
       if (!any) return std::unexpected(any.error());
       return make_bool({}, std::move(*any), {}, 1);
     }},
    {"match_bool_prefix",
     [](element body, parse_context) -> es_result<query_ptr> {
       auto b = read_field_body("match_bool_prefix", "query", body, {"operator"});
       if (!b) return std::unexpected(b.error());
       return make_phrase(b->field, text_of(b->value), true);
     }},
}};

}  // namespace

query_ptr match_all() { return std::make_unique<match_all_query>(); }

query_ptr make_bool(std::vector<query_ptr> must, std::vector<query_ptr> should, std::vector<query_ptr> must_not,
                    std::size_t should_least) {
  return std::make_unique<bool_query>(std::move(must), std::move(should), std::move(must_not), should_least);
}

es_result<query_ptr> parse_query(element e, parse_context context) {
  object o;
  if (e.get(o)) return parsing_error("[_na] query malformed, must start with start_object");
  if (++context.depth > query_depth_max)
    return illegal_argument(
        fmt::format("The nested depth of the query exceeds the maximum nested depth for queries "
                    "set to [{}]",
                    query_depth_max));
  query_ptr made;
  for (auto [name, body] : o) {
    if (made)
      return parsing_error(fmt::format("[{}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", name));
    auto known = std::find_if(parsers.begin(), parsers.end(), [&](const auto& p) { return p.first == name; });
    if (known == parsers.end()) return unknown_query(name);
    auto parsed = known->second(body, context);
    if (!parsed) return parsed;
    made = std::move(*parsed);
  }
  if (!made) return illegal_argument("query malformed, empty clause found");
  return made;
}

}  // namespace mes::telemetry::elastic
