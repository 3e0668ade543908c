// Elasticsearch's query DSL, compiled: each node says whether a document matches, and what it knows beforehand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/instant.h"
#include "telemetry/query/elastic/document.h"
#include "telemetry/query/elastic/es_error.h"

namespace mes::telemetry::elastic {

// Inclusive, of @timestamp.
struct time_bounds {
  std::int64_t from_us = INT64_MIN, to_us = INT64_MAX;
};

// Immutable.
class query {
 public:
  virtual ~query() = default;
  virtual bool matches(document& d) const = 0;
  // No document outside of them matches.
  virtual time_bounds bounds() const { return {}; }
  // Every document whose time lies within matches, unread.
  virtual bool matches_all_in(time_bounds) const { return false; }
  // Only documents with this trace key can match; nullopt: any.
  virtual std::optional<std::uint64_t> trace_key() const { return std::nullopt; }
};
using query_ptr = std::unique_ptr<const query>;

struct parse_context {
  instant now;
  int depth = 0;  // nesting is bounded
};
inline constexpr int query_depth_max = 30;  // Elasticsearch's indices.query.bool.max_nested_depth

es_result<query_ptr> parse_query(element e, parse_context context);
query_ptr match_all();

// The query language of query_string and of ?q= (query_string.cc).
es_result<query_ptr> parse_query_string(std::string_view text, std::string_view default_field, bool default_and,
                                        parse_context context);

// Leaves, for parsers (query_leaf.cc).
struct range_ends {
  std::optional<std::string> lower, upper;
  bool lower_open = false, upper_open = false;
};
query_ptr make_term(std::string_view field, std::vector<std::string> values, bool any_case = false);
query_ptr make_match(std::string_view field, std::string_view text, bool all_words);
query_ptr make_phrase(std::string_view field, std::string_view text, bool last_is_prefix = false);
query_ptr make_exists(std::string_view field);
query_ptr make_wildcard(std::string_view field, std::string_view pattern, bool any_case = false);
query_ptr make_ids(std::vector<std::string> ids);
es_result<query_ptr> make_range(std::string_view field, range_ends ends, instant now);

// At least `should_least` of `should`, all of `must`, none of `must_not`.
query_ptr make_bool(std::vector<query_ptr> must, std::vector<query_ptr> should, std::vector<query_ptr> must_not,
                    std::size_t should_least);

}  // namespace mes::telemetry::elastic
