// Kong's format: what loads, and where what does not load is complained of.
#include "gateway/config/configuration.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mes::gateway {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct loaded {
  std::unique_ptr<const configuration> all;
  std::vector<std::string> findings;
};

loaded load(std::string text) {
  reporter report("kong.yml");
  loaded out{.all = load_configuration(std::move(text), report), .findings = {}};
  for (const diagnostic& d : report.sorted()) out.findings.push_back(report.text_of(d));
  return out;
}

TEST(loader, flattens_what_is_nested_and_fills_defaults_in) {
  auto l = load(R"(_format_version: "3.0"
services:
- name: users
  url: https://users.example/v1
  routes:
  - name: users
    paths: [/users]
    plugins:
    - name: cors
consumers:
- username: app
  jwt_secrets:
  - {key: k, secret: s}
  plugins:
  - {name: rate-limiting, config: {minute: 5}}
plugins:
- {name: rate-limiting, service: users, config: {hour: 7}}
)");
  ASSERT_TRUE(l.all) << testing::PrintToString(l.findings);
  const service& s = l.all->services.at(0);
  EXPECT_TRUE(s.tls);
  EXPECT_EQ(s.host, "users.example");
  EXPECT_EQ(s.port, 443);
  EXPECT_EQ(s.path, "/v1");
  EXPECT_EQ(s.retries, 5);
  EXPECT_EQ(s.read_timeout_ms, 60'000U);
  const route& r = l.all->routes.at(0);
  EXPECT_EQ(r.to, &s);
  EXPECT_TRUE(r.strip_path);
  EXPECT_FALSE(r.preserve_host);
  ASSERT_EQ(l.all->plugins.size(), 3U);
  EXPECT_EQ(l.all->plugins[0].on_route, &r);
  EXPECT_EQ(l.all->plugins[1].on_consumer, &l.all->consumers[0]);
  EXPECT_EQ(l.all->plugins[2].on_service, &s);
  EXPECT_EQ(l.all->plugins[2].config.integer("hour"), 7);
  EXPECT_EQ(l.all->plugins[2].config.text("policy"), "local");
  EXPECT_EQ(l.all->jwt_secrets.at(0).owner, &l.all->consumers[0]);
}

// Kong takes UUIDs in any case, and shows them in lower case.
TEST(loader, takes_ids_in_any_case_where_they_are_referred_to) {
  auto l = load(R"(_format_version: "3.0"
services:
- {name: s, id: 5F9D2C1E-AAAA-4000-8000-00000000000A, url: "http://s.test"}
routes:
- {name: a, paths: [/a], service: 5F9D2C1E-AAAA-4000-8000-00000000000A}
- {name: b, paths: [/b], service: {id: 5f9d2c1e-AAAA-4000-8000-00000000000a}}
)");
  ASSERT_TRUE(l.all) << testing::PrintToString(l.findings);
  EXPECT_EQ(l.all->services.at(0).id, "5f9d2c1e-aaaa-4000-8000-00000000000a");
  for (const route& r : l.all->routes) EXPECT_EQ(r.to, &l.all->services.at(0)) << r.name;
}

TEST(loader, takes_json_and_upstreams_with_targets) {
  auto l = load(R"({"_format_version": "2.1", "services": [{"name": "s", "host": "pool", "routes": [{"paths": ["/"]}]}],
 "upstreams": [{"name": "pool", "targets": [{"target": "10.0.0.1:81", "weight": 10}, {"target": "other"}]}]})");
  ASSERT_TRUE(l.all) << testing::PrintToString(l.findings);
  const upstream& u = l.all->upstreams.at(0);
  EXPECT_EQ(u.targets.at(0).host, "10.0.0.1");
  EXPECT_EQ(u.targets.at(0).port, 81);
  EXPECT_EQ(u.targets.at(0).weight, 10);
  EXPECT_EQ(u.targets.at(1).port, 8000);
}

TEST(loader, tells_all_errors_at_once_with_their_places) {
  auto l = load(R"(_format_version: "3.0"
services:
- name: bad name
  host: a:80
  port: 70000
  colour: red
  routes:
  - name: r
    paths: [users, '~/(']
    strip_path: perhaps
    methods: [get]
- name: no-host
plugins:
- name: oauth2
- name: my-plugin
- name: rate-limiting
  config: {minute: 100, hour: 5, policy: cluster}
- name: jwt
  service: nobody
)");
  EXPECT_FALSE(l.all);
  EXPECT_THAT(
      l.findings,
      ElementsAre(
          HasSubstr("kong.yml:3:9: error: service 'bad name', name: invalid value 'bad name'"),
          HasSubstr("kong.yml:4:9: error: service 'bad name', host: must not have a port"),
          HasSubstr("kong.yml:5:9: error: service 'bad name', port: 70000 is outside of 0 to 65535"),
          HasSubstr("kong.yml:6:3: error: service 'bad name': unknown field 'colour'"),
          HasSubstr("kong.yml:9:13: error: route 'r', paths: should start with: / (fixed path) or ~/ (regex path)"),
          HasSubstr("kong.yml:9:20: error: route 'r', paths: invalid regex: '/('"),
          HasSubstr("kong.yml:10:17: error: route 'r', strip_path: expected a boolean, found 'perhaps'"),
          HasSubstr("kong.yml:11:15: error: route 'r', methods: invalid value: get"),
          HasSubstr("kong.yml:12:3: error: service 'no-host': host or url is missing"),
          HasSubstr("kong.yml:14:9: error: plugin 'oauth2' is one of Kong's that this gateway does not have"),
          HasSubstr("kong.yml:15:9: error: plugin 'my-plugin' is none that Kong ships"),
          HasSubstr("kong.yml:17:42: error: plugin 'rate-limiting', config, policy: 'cluster' is none of local, redis"),
          HasSubstr("kong.yml:19:12: error: plugin 'jwt': there is no service 'nobody'")));
}

TEST(loader, checks_rules_across_fields) {
  struct {
    std::string_view plugin, wrong;
  } cases[] = {
      {"{name: rate-limiting, config: {}}", "at least one of second, minute"},
      {"{name: rate-limiting, config: {minute: 9, hour: 5}}",
       "The limit for hour(5.0) cannot be lower than the limit for minute(9.0)"},
      {"{name: rate-limiting, config: {minute: 9, limit_by: header}}", "limit_by header needs 'header_name'"},
      {"{name: rate-limiting, config: {minute: -5}}", "minute: -5 must be greater than 0"},
      {"{name: jwt, config: {maximum_expiration: 5}}", "maximum_expiration needs 'exp'"},
      {"{name: jwt, config: {claims_to_verify: [iat]}}", "'iat' is none of exp, nbf"},
      {"{name: cors, config: {origins: ['(']}}", "not a valid regex"},
      {"{name: correlation-id, config: {generator: random}}", "'random' is none of uuid, uuid#counter, tracker"},
  };
  for (const auto& c : cases) {
    auto l = load("_format_version: \"3.0\"\nplugins:\n- " + std::string(c.plugin) + "\n");
    EXPECT_FALSE(l.all) << c.plugin;
    EXPECT_THAT(l.findings, ElementsAre(HasSubstr(c.wrong))) << c.plugin;
  }
}

TEST(loader, tells_all_names_that_there_are_and_the_one_that_was_meant) {
  const auto all = [](const char* text) { return load(std::string("_format_version: \"3.0\"\n") + text).findings; };
  EXPECT_THAT(all("services: [{name: a, url: 'http://x', routs: []}]\n"),
              ElementsAre(AllOf(HasSubstr("service 'a': unknown field 'routs'; did you mean 'routes'? there are id, "),
                                HasSubstr(", routes, plugins"))));
  EXPECT_THAT(
      all("service: []\n"),
      ElementsAre(AllOf(HasSubstr("unknown field 'service'; did you mean 'services'? there are _format_version"),
                        HasSubstr(", routes, consumers, "), Not(HasSubstr("consumer_groups")))));
  EXPECT_THAT(all("consumers: [{username: u, x: 1}]\n"),
              ElementsAre(AllOf(HasSubstr("unknown field 'x'; there are id, "), HasSubstr("acls"),
                                HasSubstr("keyauth_credentials"))));
  EXPECT_THAT(all("plugins: [{name: rate-limitting}]\n"),
              ElementsAre(HasSubstr("cannot be loaded; did you mean 'rate-limiting'? there are zipkin, ")));
}

TEST(loader, tells_one_fault_of_a_url_without_a_host) {
  for (const char* url : {"x.example.com", "\"{vault://env/x}\""})
    EXPECT_THAT(load(std::string("_format_version: \"3.0\"\nservices: [{name: a, url: ") + url + "}]\n").findings,
                AllOf(Contains(HasSubstr("there is no host in it")), Not(Contains(HasSubstr("should start with")))))
        << url;
}

TEST(loader, wants_a_format_version) {
  EXPECT_THAT(load("services: []\n").findings, ElementsAre(HasSubstr("field '_format_version' is missing")));
  EXPECT_THAT(load("_format_version: 3.0\n").findings,
              ElementsAre(HasSubstr("kong.yml:1:18: warning: _format_version: Kong wants quotes here, \"3.0\"")));
  EXPECT_THAT(load("_format_version: \"9.9\"\n").findings, ElementsAre(HasSubstr("'9.9' is none of 1.1, 2.1, 3.0")));
}

TEST(loader, refuses_names_and_scopes_twice) {
  auto l = load(R"(_format_version: "3.0"
services:
- {name: s, host: a}
- {name: s, host: b}
plugins:
- name: cors
- name: cors
)");
  EXPECT_THAT(
      l.findings,
      ElementsAre(
          HasSubstr("kong.yml:4:10: error: service 's': there is one of that name already"),
          HasSubstr("kong.yml:7:3: error: plugin 'cors': there is one of that name in the same scope already")));
}

// One mistake in a list that aliases share is one error, and many of them are not told one by one.
TEST(loader, tells_errors_once_and_not_without_bound) {
  EXPECT_THAT(load("_format_version: \"3.0\"\nservices:\n- {name: a, host: h, routes: &r [{bad: 1}]}\n"
                   "- {name: b, host: h, routes: *r}\n- {name: c, bad: 2, routes: *r}\n")
                  .findings,
              ElementsAre(HasSubstr("kong.yml:3:35: error: route: unknown field 'bad'"),
                          HasSubstr("kong.yml:5:13: error: service 'c': unknown field 'bad'")));
  std::string many = "_format_version: \"3.0\"\nservices:\n", shared = "- {name: a, host: h, routes: &r [";
  for (int i = 0; i < 1500; ++i) many += fmt::format("- {{name: s{}, host: h, bad: 1}}\n", i);
  auto l = load(many);
  ASSERT_EQ(l.findings.size(), 1001U);
  EXPECT_EQ(l.findings.back(), "kong.yml: error: and 500 more");
  for (int i = 0; i < 1000; ++i) shared += "{bad: 1},";
  shared = "_format_version: \"3.0\"\nservices:\n" + shared + "]}\n";
  for (int i = 0; i < 30; ++i) shared += fmt::format("- {{name: s{}, host: h, routes: *r}}\n", i);
  l = load(shared);
  ASSERT_EQ(l.findings.size(), 1001U);
  EXPECT_EQ(l.findings.back(), "kong.yml: error: too many errors; the rest was not looked at");
}

// Ids as a Kong without a database makes them: uuid5(uuid5(fd02801f-0957-4a15-a55a-c8d9606f30b5, "services"), "s"),
// computed with Python's uuid module.
TEST(loader, makes_kongs_ids) {
  auto l = load(
      "_format_version: \"3.0\"\nservices:\n- {name: s, host: a, routes: [{name: r, paths: [/]}]}\nconsumers: "
      "[{username: u}]\n");
  ASSERT_TRUE(l.all);
  EXPECT_EQ(l.all->services[0].id, "b268827a-8f7f-551f-8769-e6bceb2f3ec6");
  EXPECT_EQ(l.all->routes[0].id, "da7ba03a-f1be-52d4-8a7e-c8f32640689a");
  EXPECT_EQ(l.all->consumers[0].id, "006a59a7-8eb1-5cc5-9890-db96d542fcca");
}

}  // namespace
}  // namespace mes::gateway
