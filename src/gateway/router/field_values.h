// What a request has in a field of the router's language.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "base/lower_case.h"
#include "gateway/router/expression.h"

namespace mes::gateway {

// Calls `use(name, value)` for each argument of a query; both are percent-decoded, "+" is a blank, and what has no
// value has an empty one (ngx.req.get_uri_args).
void each_argument(std::string_view query, const std::function<void(std::string_view, std::string_view)>& use);

// Calls `use(value)` for each value of the field; not for net.port. Headers' values are in lower case, as Kong's are.
// Whether `sent` is the name, whose hyphens stand for `hyphen`.
inline bool is_header(std::string_view sent, std::string_view name, char hyphen) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  return std::ranges::equal(sent, name, [&](char s, char n) { return lower(s) == (n == '-' ? hyphen : lower(n)); });
}

template <class Use>
void each_value(const predicate& p, const route_subject& s, Use use) {
  const route_query& q = s.query;
  auto if_there = [&](std::string_view value) {
    if (!value.empty()) use(value);
  };
  switch (p.field) {
    case match_field::protocol:
      return use(q.https ? std::string_view("https") : std::string_view("http"));
    case match_field::sni:
      return if_there(q.sni);
    case match_field::method:
      return use(q.method);
    case match_field::host:
      return if_there(s.address.host);
    case match_field::path:
      return use(q.path);
    case match_field::port:
      return;
    case match_field::header:
      if (!q.headers) return;
      // As OpenResty's table of headers is asked: with underscores, and if there is none, with hyphens.
      for (bool found = false; const char hyphen : {'_', '-'}) {
        for (const header_view& h : *q.headers)
          if (is_header(h.name, p.name, hyphen)) {
            found = true;
            use(std::string_view(lower_case(h.value)));
          }
        if (found) return;
      }
      return;
    case match_field::argument:
      each_argument(q.query, [&](std::string_view name, std::string_view value) {
        if (name == p.name) use(value);
      });
      return;
  }
}

}  // namespace mes::gateway
