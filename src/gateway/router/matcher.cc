#include "gateway/router/matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/uuid.h"
#include "gateway/router/field_values.h"
#include "gateway/router/patterns.h"

namespace mes::gateway {
namespace {

expression test_of(match_field field, match_operator how, std::string text) {
  return {.what = expression::kind::test, .test = {.field = field, .how = how, .text = std::move(text)}, .parts = {}};
}

expression pattern_test(match_field field, std::string source) {
  expression e = test_of(field, match_operator::pattern, std::move(source));
  e.test.re2 = std::make_shared<const RE2>(e.test.text, pattern_options());
  return e;
}

expression any_of(std::vector<expression> parts) {
  return {.what = expression::kind::any, .test = {}, .parts = std::move(parts)};
}

// Over plain HTTP the names of TLS do not matter (Kong #6425).
expression sni_test(const std::vector<std::string>& snis) {
  std::vector<expression> parts;
  parts.push_back(test_of(match_field::protocol, match_operator::not_equals, "https"));
  for (const std::string& s : snis)  // the last dot of a complete name is not compared
    parts.push_back(test_of(match_field::sni, match_operator::equals,
                            s.ends_with('.') && s.size() > 1 ? s.substr(0, s.size() - 1) : s));
  return any_of(std::move(parts));
}

expression host_test(const std::string& text) {
  auto [host, port] = split_host_port(text);
  expression e;
  if (host.starts_with('*'))
    e = test_of(match_field::host, match_operator::postfix, std::string(host.substr(1)));
  else if (host.ends_with('*'))
    e = test_of(match_field::host, match_operator::prefix, std::string(host.substr(0, host.size() - 1)));
  else
    e = test_of(match_field::host, match_operator::equals, std::string(host));
  if (port < 0) return e;
  expression with_port = test_of(match_field::port, match_operator::equals, "");
  with_port.test.number = port;
  return {.what = expression::kind::all, .test = {}, .parts = {std::move(e), std::move(with_port)}};
}

expression path_test(const std::string& path) {
  return path.starts_with('~') ? pattern_test(match_field::path, regex_of_path(path))
                               : test_of(match_field::path, match_operator::prefix, path);
}

expression header_test(const std::string& name, const std::vector<std::string>& values) {
  std::vector<expression> parts;
  for (const std::string& value : values) {
    expression e = value.starts_with("~*") ? pattern_test(match_field::header, header_pattern_of(value))
                                           : test_of(match_field::header, match_operator::equals, lower_case(value));
    e.test.name = name;
    std::ranges::replace(e.test.name, '_', '-');
    e.test.any = true;
    parts.push_back(std::move(e));
  }
  return any_of(std::move(parts));
}

template <class Make>
void add_any(std::vector<expression>& parts, const std::vector<std::string>& texts, Make make) {
  if (texts.empty()) return;
  std::vector<expression> tests;
  for (const std::string& text : texts) tests.push_back(make(text));
  parts.push_back(any_of(std::move(tests)));
}

expression expression_of(const route& r, const std::vector<std::string>& paths) {
  expression e{.what = expression::kind::all, .test = {}, .parts = {}};
  if (!r.snis.empty()) e.parts.push_back(sni_test(r.snis));
  add_any(e.parts, r.methods,
          [](const std::string& m) { return test_of(match_field::method, match_operator::equals, m); });
  add_any(e.parts, r.hosts, host_test);
  add_any(e.parts, paths, path_test);
  for (const auto& [name, values] : r.headers)
    if (!values.empty()) e.parts.push_back(header_test(name, values));
  return e;
}

// An expression route takes part if its protocol is right; one of https alone is to redirect plain HTTP
// (kong/router/expressions.lua).
expression with_protocols(const route& r) {
  expression given = *parse_expression(r.expression);  // checked when it was read
  bool http = r.http || r.grpc, https = r.https || r.grpcs;
  if (!http) return given;
  std::vector<expression> protocols = {test_of(match_field::protocol, match_operator::equals, "http")};
  if (https) protocols.push_back(test_of(match_field::protocol, match_operator::equals, "https"));
  return {.what = expression::kind::all, .test = {}, .parts = {std::move(given), any_of(std::move(protocols))}};
}

void add_split(const route& r, std::size_t index, std::uint64_t regex_rank, std::vector<route_matcher>& out) {
  static const uuid split_space = *uuid::parse("7f145bf9-0dce-4f91-98eb-debbce4b9f6b");
  std::map<std::size_t, std::vector<std::string>> by_length;  // 0: regular expressions
  for (const std::string& path : r.paths) by_length[path.starts_with('~') ? 0 : path.size()].push_back(path);
  if (by_length.empty()) by_length[0];
  for (auto& [bytes, paths] : by_length) {
    bool regex = !paths.empty() && bytes == 0;
    std::string part = regex ? "true" : std::to_string(bytes);
    out.push_back({.of = &r,
                   .route_index = index,
                   .priority = route_priority(r, regex, bytes, regex_rank),
                   .id = r.paths.size() > 1 ? uuid::make_v5(split_space, r.id + '#' + part).to_string() : r.id,
                   .paths = paths,
                   .test = expression_of(r, paths)});
  }
}

}  // namespace

std::uint64_t route_priority(const route& r, bool regex, std::size_t prefix_bytes, std::uint64_t regex_rank) {
  if (!r.expression.empty()) return r.priority;
  std::uint64_t kinds = 0;
  for (bool has : {!r.methods.empty(), !r.hosts.empty(), !r.headers.empty(), !r.snis.empty(), !r.paths.empty()})
    kinds += has ? 1 : 0;
  bool wildcard = std::ranges::any_of(r.hosts, [](const std::string& h) { return h.find('*') != std::string::npos; });
  std::uint64_t header_count = std::min<std::size_t>(r.headers.size(), 255);
  return kinds << 61 | (!r.hosts.empty() && !wildcard ? 1ULL << 60 : 0) | header_count << 52 |
         (regex ? 1ULL << 51 : 0) | (regex ? regex_rank << 19 : 0) | (prefix_bytes & 0x7ffff);
}

std::vector<route_matcher> make_matchers(const configuration& all) {
  std::vector<route_matcher> out;
  std::set<double> given;
  for (const route& r : all.routes) given.insert(r.regex_priority);
  const std::vector<double> regex_priorities(given.begin(), given.end());
  for (std::size_t i = 0; i < all.routes.size(); ++i) {
    const route& r = all.routes[i];
    if (r.stream || (r.to && !r.to->enabled)) continue;
    if (r.expression.empty())
      add_split(r, i,
                static_cast<std::uint64_t>(std::ranges::lower_bound(regex_priorities, r.regex_priority) -
                                           regex_priorities.begin()),
                out);
    else
      out.push_back(
          {.of = &r, .route_index = i, .priority = r.priority, .id = r.id, .paths = {}, .test = with_protocols(r)});
  }
  std::ranges::sort(out, [](const route_matcher& a, const route_matcher& b) {
    return std::tie(a.priority, a.id) > std::tie(b.priority, b.id);
  });
  return out;
}

std::string describe_priority(const route_matcher& m) {
  if (!m.of->expression.empty()) return fmt::format("priority {}", m.priority);
  std::vector<std::string> parts;
  std::uint64_t kinds = m.priority >> 61;
  parts.push_back(fmt::format("{} kind{} of matchers", kinds, kinds == 1 ? "" : "s"));
  if (m.priority >> 60 & 1) parts.emplace_back("hosts without wildcard");
  if (std::uint64_t headers = m.priority >> 52 & 255)
    parts.push_back(fmt::format("{} header{}", headers, headers == 1 ? "" : "s"));
  if (m.priority >> 51 & 1)
    parts.push_back(fmt::format("regular expression of regex_priority {}", m.of->regex_priority));
  else if (std::uint64_t bytes = m.priority & 0x7ffff)
    parts.push_back(fmt::format("prefix of {} characters", bytes));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace mes::gateway
