// What a search asks for, from its body and its URL.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "telemetry/query/elastic/search.h"

namespace mes::telemetry::elastic {
namespace {

using simdjson::dom::object;

constexpr std::size_t window_max = 10'000;  // Elasticsearch's index.max_result_window

bool one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string_view token_name(element e) {
  if (e.is_object()) return "START_OBJECT";
  if (e.is_array()) return "START_ARRAY";
  if (e.is_string()) return "VALUE_STRING";
  if (e.is_bool()) return "VALUE_BOOLEAN";
  return e.is_null() ? "VALUE_NULL" : "VALUE_NUMBER";
}

es_result<std::size_t> count_of(std::string_view name, std::string_view text) {
  std::int64_t number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size())
    return illegal_argument(fmt::format("Failed to parse int parameter [{}] with value [{}]", name, text));
  if (number < 0) return illegal_argument(fmt::format("[{}] parameter cannot be negative, found [{}]", name, text));
  return static_cast<std::size_t>(number);
}

es_result<void> read_track_total(std::string_view text, search_request& into) {
  if (text == "true" || text == "false") {
    into.track_total = text == "true" ? -1 : 0;
    return {};
  }
  auto number = count_of("track_total_hits", text);
  if (!number) return std::unexpected(number.error());
  into.track_total = static_cast<std::int64_t>(*number);
  return {};
}

template <class T>
es_result<void> keep(es_result<T> parsed, T& into) {
  if (!parsed) return std::unexpected(parsed.error());
  into = std::move(*parsed);
  return {};
}

// Takes effect nowhere here, or changes only what is shown besides the hits: accepted, as clients send them always.
constexpr std::initializer_list<std::string_view> passed_over = {
    "timeout",       "version",         "seq_no_primary_term",
    "script_fields", "docvalue_fields", "stored_fields",
    "highlight",     "track_scores",    "explain",
    "fields",        "profile",         "indices_boost",
    "stats"};

es_result<void> read_member(std::string_view key, element value, search_request& into, parse_context context) {
  if (key == "query") return keep(parse_query(value, context), into.matching);
  if (key == "from") return keep(count_of(key, text_of(value)), into.from);
  if (key == "size") return keep(count_of(key, text_of(value)), into.size);
  if (key == "sort") return keep(parse_sort(value), into.sort);
  if (key == "_source") return keep(source_filter::parse(value), into.source);
  if (key == "track_total_hits") return read_track_total(text_of(value), into);
  if (key == "aggs" || key == "aggregations") return keep(parse_aggregations(value, context), into.aggregations);
  if (key == "search_after" || one_of(key, passed_over)) return {};
  return parsing_error(fmt::format("Unknown key for a {} in [{}].", token_name(value), key));
}

es_result<void> read_sort_parameter(std::string_view text, search_request& into) {
  std::string json = "[";
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    std::string_view one = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    std::size_t colon = one.rfind(':');
    std::string_view order = colon == std::string_view::npos ? std::string_view{} : one.substr(colon + 1);
    if (json.size() > 1) json += ',';
    json += order.empty() ? fmt::format("\"{}\"", one) : fmt::format(R"({{"{}":"{}"}})", one.substr(0, colon), order);
  }
  simdjson::dom::parser parser;
  element parsed;
  if (parser.parse(json + "]").get(parsed)) return illegal_argument("[sort] cannot be read");
  return keep(parse_sort(parsed), into.sort);
}

struct url_query {
  std::string text, field = "*";
  bool all = false;
  bool given = false;
};

es_result<void> read_parameter(const std::string& name, const std::string& value, search_request& into, url_query& q) {
  if (name == "q") q.text = value, q.given = true;
  if (name == "df") q.field = value;
  if (name == "default_operator") q.all = value == "AND" || value == "and";
  if (name == "from") return keep(count_of(name, value), into.from);
  if (name == "size") return keep(count_of(name, value), into.size);
  if (name == "sort") return read_sort_parameter(value, into);
  if (name == "track_total_hits") return read_track_total(value, into);
  if (name == "_source" || name == "_source_includes") {
    simdjson::dom::parser parser;
    element flag;
    if (value == "true" || value == "false") {
      if (!parser.parse(value).get(flag)) return keep(source_filter::parse(flag), into.source);
    } else {
      into.source = source_filter::of_paths(value);
    }
  }
  static constexpr std::initializer_list<std::string_view> known = {"q",
                                                                    "df",
                                                                    "default_operator",
                                                                    "_source",
                                                                    "_source_includes",
                                                                    "pretty",
                                                                    "human",
                                                                    "error_trace",
                                                                    "filter_path",
                                                                    "format",
                                                                    "ignore_unavailable",
                                                                    "allow_no_indices",
                                                                    "expand_wildcards",
                                                                    "ignore_throttled",
                                                                    "preference",
                                                                    "routing",
                                                                    "search_type",
                                                                    "request_cache",
                                                                    "typed_keys",
                                                                    "rest_total_hits_as_int",
                                                                    "timeout",
                                                                    "analyze_wildcard",
                                                                    "analyzer",
                                                                    "lenient",
                                                                    "batched_reduce_size",
                                                                    "max_concurrent_shard_requests",
                                                                    "pre_filter_shard_size",
                                                                    "ccs_minimize_roundtrips",
                                                                    "version",
                                                                    "explain",
                                                                    "track_scores"};
  if (!one_of(name, known))
    return illegal_argument(fmt::format("request [/_search] contains unrecognized parameter: [{}]", name));
  return {};
}

es_result<object> parse_body(simdjson::dom::parser& parser, std::string_view body) {
  element root;
  object o;
  if (auto code = parser.parse(body.data(), body.size()).get(root))
    return std::unexpected(es_error{400, "x_content_parse_exception",
                                    fmt::format("The body is not JSON: {}", simdjson::error_message(code)), ""});
  if (root.get(o)) return parsing_error(fmt::format("Expected [START_OBJECT] but found [{}]", token_name(root)));
  return o;
}

es_result<void> take_url_query(const url_query& q, search_request& into, parse_context context) {
  if (!q.given) return {};
  return keep(parse_query_string(q.text, q.field, q.all, context), into.matching);
}

}  // namespace

es_result<search_request> parse_search(std::string_view body, const runtime::query_parameters& parameters) {
  search_request made;
  parse_context context{instant::now(), 0};
  simdjson::dom::parser parser;
  if (body.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    auto root = parse_body(parser, body);
    if (!root) return std::unexpected(root.error());
    element after;
    for (auto [key, value] : *root) {
      if (auto read = read_member(key, value, made, context); !read) return std::unexpected(read.error());
    }
    if (!(*root)["search_after"].get(after)) {
      auto values = parse_search_after(after, made.sort.size());
      if (!values) return std::unexpected(values.error());
      if (made.from > 0) return illegal_argument("`from` parameter must be set to 0 when `search_after` is used");
      made.after = std::move(*values);
    }
  }
  url_query q;
  for (const auto& [name, value] : parameters)
    if (auto read = read_parameter(name, value, made, q); !read) return std::unexpected(read.error());
  if (auto taken = take_url_query(q, made, context); !taken) return std::unexpected(taken.error());
  if (made.from + made.size > window_max)
    return illegal_argument(fmt::format(
        "Result window is too large, from + size must be less than or equal to: [{}] but was [{}]. See the scroll api "
        "for a more efficient way to request large data sets. This limit can be set by changing the "
        "[index.max_result_window] index level setting.",
        window_max, made.from + made.size));
  return made;
}

es_result<query_ptr> parse_count(std::string_view body, const runtime::query_parameters& parameters) {
  search_request made;
  parse_context context{instant::now(), 0};
  simdjson::dom::parser parser;
  if (body.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    auto root = parse_body(parser, body);
    if (!root) return std::unexpected(root.error());
    for (auto [key, value] : *root) {
      if (key != "query") return parsing_error(fmt::format("request does not support [{}]", key));
      if (auto read = read_member(key, value, made, context); !read) return std::unexpected(read.error());
    }
  }
  url_query q;
  for (const auto& [name, value] : parameters)
    if (auto read = read_parameter(name, value, made, q); !read) return std::unexpected(read.error());
  if (auto taken = take_url_query(q, made, context); !taken) return std::unexpected(taken.error());
  return std::move(made.matching);
}

}  // namespace mes::telemetry::elastic
