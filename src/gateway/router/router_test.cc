// Kong 3.4's router "traditional_compatible": facts from kong/router/compat.lua and spec/01-unit/08-router_spec.lua.
#include "gateway/router/router.h"

#include <gtest/gtest.h>

#include <string>

namespace mes::gateway {
namespace {

std::unique_ptr<const configuration> load(const std::string& routes) {
  reporter report("kong.yml");
  auto all = load_configuration(
      "_format_version: \"3.0\"\nservices:\n- name: s\n  url: http://127.0.0.1:9\n  routes:\n" + routes, report);
  for (const diagnostic& d : report.sorted()) ADD_FAILURE() << report.text_of(d);
  return all;
}

struct question {
  std::string_view method, host, path;
  bool https = false;
};

std::string winner(const router& r, const question& q, const header_table* headers = nullptr) {
  route_match m = r.find({.method = q.method, .path = q.path, .host = q.host, .https = q.https, .headers = headers});
  return m.to ? m.to->name : "";
}

TEST(router, takes_the_longest_prefix) {
  auto all = load(
      "  - {name: root, paths: [/]}\n  - {name: auth, paths: [/api/v1/auth]}\n"
      "  - {name: public, paths: [/api/v1/auth/login, /api/v1/auth/refresh, /api/v1/auth/.well-known/jwks.json]}\n");
  router r(*all);
  EXPECT_EQ(winner(r, {"GET", "a", "/"}), "root");
  EXPECT_EQ(winner(r, {"GET", "a", "/api/v1/aut"}), "root");
  EXPECT_EQ(winner(r, {"GET", "a", "/api/v1/auth"}), "auth");
  EXPECT_EQ(winner(r, {"GET", "a", "/api/v1/auth/users"}), "auth");
  EXPECT_EQ(winner(r, {"POST", "a", "/api/v1/auth/login"}), "public");
  EXPECT_EQ(winner(r, {"GET", "a", "/api/v1/auth/.well-known/jwks.json"}), "public");
}

// K:kong/router/atc.lua asks OpenResty's table of headers for x_tenant: as it was sent first, else with hyphens.
TEST(router, finds_headers_with_underscores_and_with_hyphens) {
  auto all = load("  - {name: a, headers: {x_tenant: [acme]}}\n  - {name: b, headers: {x-tenant: [other]}}\n");
  router r(*all);
  const auto sent = [&](std::vector<std::pair<std::string_view, std::string_view>> fields) {
    header_table headers;
    for (const auto& [name, value] : fields) headers.add({.name = name, .value = value});
    return winner(r, {"GET", "x", "/"}, &headers);
  };
  EXPECT_EQ(sent({{"x_tenant", "acme"}}), "a");
  EXPECT_EQ(sent({{"X-Tenant", "acme"}}), "a");
  EXPECT_EQ(sent({{"X_Tenant", "other"}}), "b");
  EXPECT_EQ(sent({{"x-tenant", "other"}, {"x_tenant", "acme"}}), "a");
  EXPECT_EQ(sent({{"x-tenants", "acme"}}), "");
}

TEST(router, prefers_more_kinds_of_matchers_over_longer_paths) {
  auto all = load(
      "  - {name: long, paths: [/a/very/long/prefix]}\n  - {name: host, hosts: [example.com], paths: [/a]}\n"
      "  - {name: method, methods: [GET], paths: [/a/very]}\n  - {name: both, methods: [GET], hosts: [example.com], "
      "paths: [/]}\n");
  router r(*all);
  EXPECT_EQ(winner(r, {"POST", "x", "/a/very/long/prefix"}), "long");
  EXPECT_EQ(winner(r, {"POST", "example.com", "/a/very/long/prefix"}), "host");
  EXPECT_EQ(winner(r, {"GET", "x", "/a/very/long/prefix"}), "method");
  EXPECT_EQ(winner(r, {"GET", "example.com", "/a/very/long/prefix"}), "both");
}

TEST(router, prefers_regular_expressions_over_prefixes_and_orders_them_by_their_priority) {
  auto all = load(
      "  - {name: prefix, paths: [/users/profile]}\n  - {name: low, paths: ['~/users/[a-z]+'], regex_priority: 1}\n"
      "  - {name: high, paths: ['~/users/(?<id>\\d+|profile)$'], regex_priority: 5}\n");
  router r(*all);
  EXPECT_EQ(winner(r, {"GET", "a", "/users/profile"}), "high");
  EXPECT_EQ(winner(r, {"GET", "a", "/users/42"}), "high");
  EXPECT_EQ(winner(r, {"GET", "a", "/users/profile/x"}), "low");
  EXPECT_EQ(winner(r, {"GET", "a", "/users/42/x"}), "");
  EXPECT_EQ(winner(r, {"GET", "a", "/x/users/42"}), "");  // anchored at the start
}

// Kong's field is a plain integer (kong/db/schema/entities/routes.lua).
TEST(router, orders_by_any_whole_regex_priority) {
  auto all = load(
      "  - {name: least, paths: ['~/.*'], regex_priority: -1.0e300}\n"
      "  - {name: less, paths: ['~/[a-y].*'], regex_priority: -1}\n  - {name: none, paths: ['~/[a-x].*']}\n"
      "  - {name: some, paths: ['~/[a-w].*'], regex_priority: 4294967295}\n"
      "  - {name: more, paths: ['~/[a-v].*'], regex_priority: 4294967296}\n"
      "  - {name: most, paths: ['~/[a-u].*'], regex_priority: 1.0e300}\n");
  router r(*all);
  for (auto [path, name] :
       {std::pair("/z", "least"), {"/y", "less"}, {"/x", "none"}, {"/w", "some"}, {"/v", "more"}, {"/u", "most"}})
    EXPECT_EQ(winner(r, {"GET", "a", path}), name) << path;
}

TEST(router, matches_hosts_with_wildcards_and_ports) {
  auto all = load(
      "  - {name: plain, hosts: [example.com]}\n  - {name: left, hosts: ['*.example.com']}\n"
      "  - {name: right, hosts: ['example.*']}\n  - {name: port, hosts: ['ported.com:8443']}\n");
  router r(*all);
  EXPECT_EQ(winner(r, {"GET", "example.com", "/"}), "plain");
  EXPECT_EQ(winner(r, {"GET", "example.com:8000", "/"}), "plain");
  EXPECT_EQ(winner(r, {"GET", "api.example.com", "/"}), "left");
  EXPECT_EQ(winner(r, {"GET", "example.org", "/"}), "right");
  EXPECT_EQ(winner(r, {"GET", "ported.com:8443", "/"}), "port");
  EXPECT_EQ(winner(r, {"GET", "ported.com:1", "/"}), "");
  EXPECT_EQ(winner(r, {"GET", "other.net", "/"}), "");
}

TEST(router, matches_headers_without_case) {
  auto all = load(
      "  - {name: v2, paths: [/], headers: {X-Version: [v2, 'V3']}}\n  - {name: re, paths: [/], headers: {X-Version: "
      "['~*^v1[0-9]$']}}\n"
      "  - {name: any, paths: [/]}\n");
  router r(*all);
  auto with = [&](std::string_view value) {
    header_table headers;
    headers.clear();
    headers.add({.name = "x-version", .value = value});
    return winner(r, {"GET", "a", "/"}, &headers);
  };
  EXPECT_EQ(with("V2"), "v2");
  EXPECT_EQ(with("v3"), "v2");
  EXPECT_EQ(with("v17"), "re");
  EXPECT_EQ(with("v1"), "any");
  EXPECT_EQ(winner(r, {"GET", "a", "/"}), "any");
}

TEST(router, gives_ties_to_the_larger_id) {
  auto all = load(
      "  - {name: one, id: 00000000-0000-4000-8000-000000000001, paths: [/same]}\n"
      "  - {name: two, id: 00000000-0000-4000-8000-000000000002, paths: [/same]}\n");
  EXPECT_EQ(winner(router(*all), {"GET", "a", "/same"}), "two");
}

// Bits of get_priority in compat.lua.
TEST(router, computes_kongs_priorities) {
  auto all = load(
      "  - {name: a, paths: [/abc]}\n  - {name: b, hosts: [h.com], methods: [GET], paths: [/abc]}\n"
      "  - {name: c, hosts: ['*.h.com'], headers: {X-A: [b], X-B: [c]}, paths: ['~/r'], regex_priority: 3}\n");
  EXPECT_EQ(route_priority(all->routes[0], false, 4, 0), (1ULL << 61) | 4);
  EXPECT_EQ(route_priority(all->routes[1], false, 4, 0), (3ULL << 61) | (1ULL << 60) | 4);
  EXPECT_EQ(route_priority(all->routes[2], true, 0, 3), (3ULL << 61) | (2ULL << 52) | (1ULL << 51) | (3ULL << 19));
}

struct caught_case {
  std::string_view route;
  question asked;
  caught_texts expected;
};

// atc-router 1.2.0, src/interpreter.rs: every regular expression that holds puts its groups into the one table,
// whatever its field and even where its branch fails later; K:kong/router/atc.lua gives the table away if there is a
// group 1.
TEST(router, gives_what_all_regular_expressions_on_the_way_have_caught) {
  const caught_case cases[] = {
      {R"r({expression: 'http.path ~ "^/u/(?<id>[0-9]+)"'})r",
       {"GET", "a", "/u/42/x"},
       {{"0", "/u/42"}, {"1", "42"}, {"id", "42"}}},
      {R"r({expression: 'http.host ~ "^(?<tenant>[a-z]+)-(x|y)" && http.path ~ "^/u/(?<id>[0-9]+)"'})r",
       {"GET", "acme-y.org", "/u/7"},
       {{"0", "/u/7"}, {"1", "7"}, {"2", "y"}, {"id", "7"}, {"tenant", "acme"}}},
      {R"r({expression: 'http.path ~ "^/(a)" && http.path ~ "^/ab"'})r",
       {"GET", "a", "/abc"},
       {{"0", "/ab"}, {"1", "a"}}},
      {R"r({expression: 'http.path ~ "^/(?<one>a)" || http.path ~ "^/(?<two>a)"'})r",
       {"GET", "a", "/a"},
       {{"0", "/a"}, {"1", "a"}, {"one", "a"}}},
      {R"r({expression: '(http.path ~ "^/(?<one>a)" && http.method == "POST") || http.path ~ "^/.(?<two>b)"'})r",
       {"GET", "a", "/ab"},
       {{"0", "/ab"}, {"1", "b"}, {"one", "a"}, {"two", "b"}}},
      {R"r({expression: 'http.path ~ "^/(a)?(b)"'})r", {"GET", "a", "/b"}, {}},
      {R"r({expression: 'http.path ~ "^/b"'})r", {"GET", "a", "/b"}, {}},
      {R"r({paths: ['~/u/(?<id>\d+)$', '~/v/(?<id>\d+)$']})r",
       {"GET", "a", "/v/3"},
       {{"0", "/v/3"}, {"1", "3"}, {"id", "3"}}},
      {"{paths: [/u], headers: {x-kind: ['~*^(?<kind>[a-z]+)']}}",
       {"GET", "a", "/u"},
       {{"0", "q"}, {"1", "q"}, {"kind", "q"}}},
  };
  header_table headers;
  headers.add({.name = "x-kind", .value = "Q"});
  for (const caught_case& c : cases) {
    auto all = load("  - " + std::string(c.route) + "\n");
    router r(*all);
    const route_query q = {.method = c.asked.method, .path = c.asked.path, .host = c.asked.host, .headers = &headers};
    const route_match m = r.find(q);
    ASSERT_TRUE(m.to) << c.route;
    EXPECT_EQ(captures_of(m, q), c.expected) << c.route;
  }
}

TEST(router, finds_one_of_many) {
  std::string routes;
  for (int i = 0; i < 2000; ++i)
    routes += "  - {name: r" + std::to_string(i) + ", paths: [/p/" + std::to_string(i) + "/]}\n";
  auto all = load(routes);
  router r(*all);
  EXPECT_EQ(winner(r, {"GET", "a", "/p/1234/x"}), "r1234");
  EXPECT_EQ(winner(r, {"GET", "a", "/p/2000/x"}), "");
}

}  // namespace
}  // namespace mes::gateway
