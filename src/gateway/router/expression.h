// The language of Kong's router (atc-router 1.2.0): what a request must be like for a route to take it.
//
//   http.method == "GET" && (http.path ^= "/a" || any(lower(http.headers.x_kind)) ~ "^a|b$")
//
// Every route becomes one expression, those of the flavour `traditional_compatible` too (kong/router/compat.lua), so
// that there is one definition of what matches. Note that || binds closer than &&, as in Kong 3.4.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gateway/router/query.h"

namespace mes::gateway {

enum class match_field : std::uint8_t { protocol, sni, method, host, path, port, header, argument };

enum class match_operator : std::uint8_t {
  equals,
  not_equals,
  pattern,
  prefix,
  postfix,
  greater,
  greater_or_equal,
  less,
  less_or_equal,
  contains,
};

struct predicate {
  match_field field = match_field::path;
  std::string name;    // of a header, in lower case with '-', or of an argument of the query
  bool lower = false;  // values are compared in lower case
  bool any = false;    // of a header with several values, one that matches is enough
  match_operator how = match_operator::equals;
  std::string text;                // compared with; the pattern's source
  std::int64_t number = 0;         // of net.port
  std::shared_ptr<const RE2> re2;  // of a pattern
};

struct expression {
  enum class kind : std::uint8_t { test, all, any };
  kind what = kind::all;
  predicate test;
  std::vector<expression> parts;  // in the order in which they are tried
};

// The error says what and in which column.
result<expression> parse_expression(std::string_view text);

std::string to_text(const expression& e);  // in the language, for people

// A query with what is worked out of it once.
struct route_subject {
  explicit route_subject(const route_query& q) : query(q), address(split_host_port(q.host)) {}
  const route_query& query;
  host_and_port address;
};

// What groups of regular expressions have caught, by number and by name; "0" is all that one has matched.
using caught_texts = std::map<std::string, std::string>;

// Whether the request is so; notes in `m` what of the path has matched, and in `caught` what the groups have.
bool matches(const expression& e, const route_subject& subject, route_match& m, caught_texts* caught = nullptr);

// Kong's uri_captures of a request that the match is of: of all regular expressions that held on the way, whatever they
// are of, and where they have groups of one name or number of the last that has it. Empty if there is no group 1 that
// has caught something.
caught_texts captures_of(const route_match& match, const route_query& query);

}  // namespace mes::gateway
