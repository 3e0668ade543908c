// Kong's rules for entities: facts from spec/01-unit/01-db/01-schema and
// spec/01-unit/01-db/01-schema/11-declarative_config at 3.4.2, and what a check warns of beyond Kong.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "gateway/config/advice.h"
#include "gateway/config/checks.h"
#include "gateway/config/configuration.h"
#include "gateway/config/migrate.h"
#include "gateway/config/scalars.h"

namespace mes::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> findings(const std::string& text, bool advice = false) {
  reporter report("kong.yml");
  auto all = load_configuration("_format_version: \"3.0\"\n" + text, report);
  if (all && advice) advise(*all, report);
  std::vector<std::string> out;
  for (const diagnostic& d : report.sorted()) out.push_back(report.text_of(d));
  return out;
}

struct row {
  const char *text, *wrong;  // "" = fine
};

TEST(entities, have_kongs_rules) {
  const row rows[] = {
      // 05-services_spec.lua
      {"services: [{host: a.com, path: /abc}]", ""},
      {"services: [{host: a.com, path: abc}]", "should start with: /"},
      {"services: [{host: a.com, path: //abc}]", "must not have empty segments"},
      {"services: [{host: a.com, path: '/a b'}]", "characters outside of the reserved list"},
      {"services: [{host: a.com, path: '/abc%xyz'}]", "invalid url-encoded value: '%xy'"},
      {"services: [{host: a.com, path: '/%2Fabc%41'}]", ""},
      {"services: [{host: '127.0.0.1'}]", ""},
      {"services: [{host: '::1'}]", ""},
      {"services: [{host: 'a.com:80'}]", "must not have a port"},
      {"services: [{host: 'a..com'}]", "invalid value: a..com"},
      {"services: [{host: 'a-.com'}]", "invalid value: a-.com"},
      {"services: [{host: '256.1.1.1'}]", "invalid value: 256.1.1.1"},
      {"services: [{host: ''}]", "length must be at least 1"},
      {"services: [{host: a, name: 'a b'}]", "only accepted ascii characters"},
      {"services: [{host: a, name: '\xe6\x9c\x8d\xe5\x8a\xa1'}]", ""},
      {"services: [{host: a, protocol: ftp}]", "'ftp' is none of grpc, grpcs, http"},
      {"services: [{host: a, protocol: udp, path: /a}]", "has no path"},
      {"services: [{host: a, connect_timeout: 0}]", "outside of 1"},
      {"services: [{host: a, retries: 32768}]", "outside of 0 to 32767"},
      {"services: [{host: a, tls_verify: true}]", "tls_verify needs protocol https"},
      {"services: [{url: 'https://a.com:8443/x', protocol: ws}]", ""},  // the url's protocol counts
      {"services: [{url: 'a.com'}]", "there is no host in it"},
      {"services: [{host: a, tags: ['a,b']}]", "invalid tag 'a,b'"},
      {"services: [{id: 'x', host: a}]", "expected a valid UUID"},
      // 06-routes_spec.lua
      {"routes: [{paths: [/a]}]", ""},
      {"routes: [{}]", "must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'"},
      {"routes: [{protocols: [http], name: a}]", "must set one of 'methods', 'hosts', 'headers', 'paths' when"},
      {"routes: [{protocols: [http, tcp], paths: [/a]}]", "these sets are mutually exclusive"},
      {"routes: [{protocols: [http], snis: [a.com], paths: [/a]}]", "'snis' can only be set when"},
      {"routes: [{snis: ['10.0.0.1'], paths: [/a]}]", "must not be an IP"},
      {"routes: [{snis: ['a.com:443'], paths: [/a]}]", "must not have a port"},
      {"routes: [{paths: [a]}]", "should start with: / (fixed path) or ~/ (regex path)"},
      {"routes: [{paths: ['~a']}]", "should start with: / (fixed path) or ~/ (regex path)"},
      {"routes: [{paths: [/a//b]}]", "must not have empty segments"},
      {"routes: [{paths: ['/a%20b']}]", "consider use '/a b' instead"},
      {"routes: [{paths: ['/a b']}]", ""},
      {"routes: [{paths: ['~/a(b']}]", "invalid regex"},
      {"routes: [{paths: ['~/a(?=b)']}]", "invalid regex"},  // no look-around in the router
      {"routes: [{paths: ['~/(?<id>\\d+)$']}]", ""},
      {"routes: [{hosts: ['*.a.com', 'a.*', 'a.com:80', '*.a.com:80']}]", ""},
      {"routes: [{hosts: ['a.*.com']}]", "must be placed at leftmost or rightmost label"},
      {"routes: [{hosts: ['*.a.*']}]", "must have at most one wildcard"},
      {"routes: [{hosts: ['*a.com']}]", "must be placed at leftmost or rightmost label"},
      {"routes: [{hosts: ['a.com:65536']}]", "invalid port number"},
      {"routes: [{methods: [get]}]", "invalid value: get"},
      {"routes: [{headers: {Host: [a.com]}}]", "cannot contain 'host' header"},
      {"routes: [{headers: {X-A: ['~*(']}}]", "invalid regex"},
      {"routes: [{headers: {x-a: []}}]", "kong.yml:2:20: error: route, headers, x-a: there is no value"},
      {"routes: [{paths: [/a], headers: {x-a: [b], x-b: []}}]", "route, headers, x-b: there is no value"},
      {"routes: [{paths: [/a], https_redirect_status_code: 303}]", "'303' is none of 426, 301"},
      {"routes: [{protocols: [tcp], paths: [/a]}]", "cannot set 'paths'"},
      {"routes: [{protocols: [tcp], sources: [{ip: 10.0.0.0/8}]}]", ""},
      {"routes: [{protocols: [tcp], sources: [{ip: 10.0.0.0/99}]}]", "invalid ip or cidr range"},
      {"routes: [{expression: 'http.path == \"/a\"', priority: 3}]", ""},
      {"routes: [{expression: 'http.path =='}]", "Router Expression failed validation: column 13"},
      {"routes: [{expression: 'http.path == \"/a\"', paths: [/b]}]", "cannot stand beside 'expression'"},
      {"routes: [{paths: [/a], service: nobody}]", "there is no service 'nobody'"},
      // 09-upstreams_spec.lua, 08-targets_spec.lua
      {"upstreams: [{name: a.b}]", ""},
      {"upstreams: [{}]", "field 'name' is missing"},
      {"upstreams: [{name: '10.0.0.1'}]", "no ip addresses allowed"},
      {"upstreams: [{name: 'a:80'}]", "no port allowed"},
      {"upstreams: [{name: a, slots: 9}]", "outside of 10 to 65536"},
      {"upstreams: [{name: a, hash_on: header}]", "hash_on header needs 'hash_on_header'"},
      {"upstreams: [{name: a, hash_on: ip, hash_fallback: ip}]", "makes no sense"},
      {"upstreams: [{name: a, hash_fallback: ip}]", "makes no sense"},
      {"upstreams: [{name: a, healthchecks: {active: {concurrency: 0}}}]", "outside of 1"},
      {"upstreams: [{name: a, healthchecks: {active: {healthy: {http_statuses: [99]}}}}]", "outside of 100 to 999"},
      {"upstreams: [{name: a, healthchecks: {threshold: 101}}]", "outside of 0 to 100"},
      {"upstreams: [{name: a, targets: [{target: 'a:b:80'}]}]", "not a valid hostname or ip address"},
      {"upstreams: [{name: a, targets: [{target: a, weight: 65536}]}]", "outside of 0 to 65535"},
      {"upstreams: [{name: a, targets: [{target: 'a:1'}, {target: 'a:1'}]}]", "there is the same already"},
      {"targets: [{target: a}]", "field 'upstream' is missing"},
      // 14-consumers_spec.lua, 11-snis_spec.lua, credentials
      {"consumers: [{tags: [a]}]", "username or custom_id is missing"},
      {"consumers: [{username: a}, {username: a}]", "there is one of that name already"},
      {"consumers: [{username: a, custom_id: x}, {username: b, custom_id: x}]", "there is one of that custom_id"},
      {"snis: [{name: a.com}]", "field 'certificate' is missing"},
      {"certificates: [{cert: x, key: y}]", "invalid certificate"},
      {"acls: [{group: a}]", "field 'consumer' is missing"},
      {"consumers: [{username: u, keyauth_credentials: [{key: k}, {key: k}]}]", "there is one of that name already"},
      {"vaults: [{name: aws, prefix: my-vault}]", "vault 'aws' is not installed"},
      // plugins, and what is not Kong's
      {"plugins: [{name: cors, route: r}]", "there is no route 'r'"},
      {"plugins: [{config: {}}]", "field 'name' is missing"},
      {"plugins: [{name: cors, ordering: {before: {access: [jwt]}}}]", "Kong Enterprise's to change"},
      // Beyond Kong: what a template engine was to fill in.
      {"services: [{url: 'http://${HOST:-a}:3000/x'}, {url: $SERVICE_URL}, {url: 'http://$HOST:$PORT'}]", ""},
      {"consumer_groups: [{name: g}]", "Kong Enterprise's"},
      {"colours: []", "unknown field 'colours'"},
  };
  for (const row& r : rows) {
    auto found = findings(r.text);
    std::erase_if(found, [](const std::string& f) { return f.find(": warning: ") != std::string::npos; });
    if (*r.wrong)
      EXPECT_THAT(found, testing::Contains(HasSubstr(r.wrong))) << r.text;
    else
      EXPECT_THAT(found, IsEmpty()) << r.text;
  }
}

// kong/db/migrations/migrate_path_280_300.lua and its spec.
TEST(entities, get_their_paths_converted_from_old_formats) {
  EXPECT_EQ(migrate_path("/a/b.c"), "/a/b.c");
  EXPECT_EQ(migrate_path("/a%20b"), "/a b");
  EXPECT_EQ(migrate_path("/a/../b"), "/b");
  EXPECT_EQ(migrate_path("/users/\\d+$"), "~/users/\\d+$");
  EXPECT_EQ(migrate_path("/a(b)%2e%2F%41"), "~/a(b)\\.%2FA");
  auto old = [](const char* version) {
    reporter report("kong.yml");
    auto all = load_configuration(
        std::string("_format_version: \"") + version + "\"\nroutes: [{paths: ['/u/\\d+', /p]}]\n", report);
    return all ? all->routes.at(0).paths : std::vector<std::string>();
  };
  EXPECT_THAT(old("2.1"), ElementsAre("~/u/\\d+", "/p"));
  EXPECT_THAT(old("1.1"), ElementsAre("~/u/\\d+", "/p"));
  EXPECT_THAT(old("3.0"), ElementsAre("/u/\\d+", "/p"));
}

// lyaml, lib/lyaml/implicit.lua.
TEST(entities, take_scalars_as_kongs_reader_does) {
  auto plain = [](const char* text) {
    wire::yaml_node n;
    n.type = wire::yaml_node::kind::scalar;
    n.scalar = text;
    return n;
  };
  EXPECT_EQ(as_number(plain("012")), 10);
  EXPECT_EQ(as_number(plain("08")), 8);
  EXPECT_EQ(as_number(plain("0x1F")), 31);
  EXPECT_EQ(as_number(plain("0b101")), 5);
  EXPECT_EQ(as_number(plain("1_000")), 1000);
  EXPECT_EQ(as_number(plain("1:30")), 90);
  EXPECT_EQ(as_number(plain("-1.5e3")), -1500);
  EXPECT_FALSE(as_number(plain("10.0.0.1")));
  EXPECT_FALSE(as_number(plain("1e")));
  EXPECT_FALSE(as_number(plain("a:30")));
  EXPECT_EQ(as_boolean(plain("Yes")), true);
  EXPECT_EQ(as_boolean(plain("OFF")), false);
  EXPECT_FALSE(as_boolean(plain("y")));
}

TEST(entities, take_values_from_the_environment) {
  ASSERT_EQ(setenv("MES_TEST_KEY", "from outside", 1), 0);
  ASSERT_EQ(setenv("MES_TEST_JSON", R"({"key": "inside"})", 1), 0);
  reporter report("kong.yml");
  auto all = load_configuration(
      "_format_version: \"3.0\"\nvaults: [{name: env, prefix: my-vault, config: {prefix: MES_TEST_}}]\n"
      "consumers:\n- username: u\n  keyauth_credentials:\n  - key: '{vault://env/mes-test-key}'\n"
      "  - key: '{vault://my-vault/json/key}'\n"
      "plugins:\n- {name: rate-limiting, config: {minute: 1, redis_username: '{vault://env/MES_NOT_SET}'}}\n",
      report);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->keyauth_credentials.at(0).key, "from outside");
  EXPECT_EQ(all->keyauth_credentials.at(1).key, "inside");
  EXPECT_EQ(all->plugins.at(0).config.text("redis_username"), "");
  EXPECT_THAT(report.text_of(report.sorted().at(0)), HasSubstr("kong.yml:9:61: warning"));
  EXPECT_THAT(report.text_of(report.sorted().at(0)), HasSubstr("the environment variable MES_NOT_SET is not set"));
}

// Kong 3.4 takes these as they stand (kong/plugins/*/daos.lua); what nobody has set must not let everybody in.
TEST(entities, refuse_credentials_that_come_to_nothing) {
  ASSERT_EQ(setenv("MES_TEST_EMPTY", "", 1), 0);
  for (const char* credential :
       {"keyauth_credentials: [{key: '{}'}]", "hmacauth_credentials: [{username: u, secret: '{}'}]",
        "basicauth_credentials: [{username: u, password: '{}'}]", "jwt_secrets: [{key: k, secret: '{}'}]",
        "jwt_secrets: [{key: '{}', secret: s}]", "jwt_secrets: [{key: k, algorithm: RS256, rsa_public_key: '{}'}]"})
    for (const char* variable : {"MES_NOT_SET", "MES_TEST_EMPTY"}) {
      std::string text = credential;
      text.replace(text.find("{}"), 2, std::string("{vault://env/") + variable + "}");
      auto found = findings(("consumers: [{username: c, " + text + "}]").c_str());
      EXPECT_THAT(found, testing::Contains(
                             testing::AllOf(HasSubstr("kong.yml:2:"), HasSubstr(": error: "), HasSubstr(variable))))
          << text;
    }
}

// Kong takes whatever it finds; here a URL that is none ended the process.
TEST(entities, check_what_comes_from_outside) {
  ASSERT_EQ(setenv("MES_TEST_EMPTY", "", 1), 0);
  ASSERT_EQ(setenv("MES_TEST_NO_URL", "s3cret.example:4318", 1), 0);
  ASSERT_EQ(setenv("MES_TEST_URL", "http://s3cret.example:4318", 1), 0);
  for (const char* plugin :
       {"{name: http-log, config: {http_endpoint: '{}'}}", "{name: opentelemetry, config: {endpoint: '{}'}}"}) {
    auto with = [&](const std::string& variable) {
      std::string text = plugin;
      text.replace(text.find("{}"), 2, "{vault://env/" + variable + "}");
      return findings(("plugins: [" + text + "]").c_str());
    };
    for (const char* variable : {"MES_NOT_SET", "MES_TEST_EMPTY", "MES_TEST_NO_URL"})
      EXPECT_THAT(with(variable),
                  ElementsAre(testing::AllOf(HasSubstr("kong.yml:2:"), HasSubstr(": error: "), HasSubstr("endpoint: "),
                                             HasSubstr(std::string("{vault://env/") + variable + "}"),
                                             testing::Not(HasSubstr("s3cret")))))
          << plugin;
    EXPECT_THAT(with("MES_TEST_URL"), IsEmpty()) << plugin;
  }
  EXPECT_THAT(findings("plugins: [{name: loggly, config: {key: '{vault://env/MES_NOT_SET}'}}]"),
              ElementsAre(HasSubstr("the environment variable MES_NOT_SET is not set")));
  EXPECT_THAT(findings("plugins: [{name: datadog, config: {host: '{vault://env/MES_TEST_URL}'}}]"),
              ElementsAre(HasSubstr("host: what reference {vault://env/MES_TEST_URL} names is no value for this")));
}

// To Lua an empty list and an empty mapping are one; what is in neither asks for nothing.
TEST(entities, take_what_is_empty_as_unset) {
  EXPECT_THAT(findings("plugins: [{name: http-log, config: {http_endpoint: 'http://a', custom_fields_by_lua: {}}}]"),
              IsEmpty());
  EXPECT_THAT(findings("plugins: [{name: http-log, config: {http_endpoint: 'http://a', custom_fields_by_lua: []}}]"),
              IsEmpty());
  EXPECT_THAT(findings("upstreams: [{name: u, healthchecks: []}]"), IsEmpty());
  EXPECT_THAT(findings("upstreams: [{name: u, healthchecks: [1]}]"), ElementsAre(HasSubstr("expected a mapping")));
}

// Kong's type `set` (kong/db/schema/typedefs.lua, kong/plugins/jwt/schema.lua).
TEST(entities, drop_repeats_where_kong_has_sets) {
  reporter report("kong.yml");
  auto all = load_configuration(
      "_format_version: \"3.0\"\nroutes: [{paths: [/a, /a], hosts: [a, a], methods: [GET, PUT, GET], protocols: [http, "
      "https, http], tags: [u, t, u]}]\nplugins: [{name: jwt, config: {claims_to_verify: [exp, nbf, exp]}}]\n",
      report);
  ASSERT_TRUE(all);
  const record& route = all->routes.at(0).source;
  EXPECT_THAT(route.strings("methods"), ElementsAre("GET", "PUT"));
  EXPECT_THAT(route.strings("protocols"), ElementsAre("http", "https"));
  EXPECT_THAT(route.strings("tags"), ElementsAre("u", "t"));
  EXPECT_THAT(route.strings("paths"), ElementsAre("/a", "/a"));
  EXPECT_THAT(route.strings("hosts"), ElementsAre("a", "a"));
  EXPECT_THAT(all->plugins.at(0).config.strings("claims_to_verify"), ElementsAre("exp", "nbf"));
}

// What never runs lets everybody in.
TEST(entities, refuse_plugins_for_protocols_that_are_not_theirs) {
  EXPECT_THAT(
      findings("plugins: [{name: key-auth, protocols: [http, tcp]}]"),
      ElementsAre(HasSubstr("2:46: error: plugin 'key-auth', protocols: 'tcp' is none of grpc, grpcs, http, https")));
  EXPECT_THAT(findings("plugins: [{name: ip-restriction, protocols: [http, tcp], config: {deny: [10.0.0.1]}}]"),
              IsEmpty());
}

// As Lua's tables, in which a list without elements is no other thing than a mapping.
TEST(entities, may_be_none_in_either_form) {
  for (const char* none :
       {"services: {}", "routes: {}", "consumers: {}", "plugins: {}", "upstreams: {}", "vaults: {}", "certificates: {}",
        "upstreams: [{name: u, targets: {}}]", "services: [{name: s, host: h, routes: {}, plugins: {}}]",
        "consumers: [{username: a, keyauth_credentials: {}}]"})
    EXPECT_THAT(findings(none), IsEmpty()) << none;
  EXPECT_THAT(findings("services: {a: {}}"), ElementsAre(HasSubstr("services: expected a list")));
}

// Rust's classes have operations, which RE2 takes for characters.
TEST(entities, refuse_operations_in_classes) {
  for (const char* operation : {"[a-z&&[^b]]", "[a[b]]", "[a-z--b]", "[a~~b]", "[^&&]"})
    EXPECT_THAT(findings(fmt::format("routes: [{{paths: ['~/x{}$']}}]", operation).c_str()),
                ElementsAre(HasSubstr("in a class is an operation of Kong's")))
        << operation;
  EXPECT_THAT(findings("routes: [{paths: [/], headers: {h: ['~*[a&&b]']}}]"),
              ElementsAre(HasSubstr("'&&' in a class")));
  EXPECT_THAT(findings("routes: [{expression: 'http.path ~ \"[a&&b]\"'}]"), ElementsAre(HasSubstr("'&&' in a class")));
  // "-" at the start, and what ends a range, are characters (regex-syntax 0.7, ast/parser.rs).
  for (const char* other : {"[--a]", "[^--a]", "[+--]", "[*--9]", "[a-z--]", "[[]", "[[:a]]", "[a-z&&]", "[!-&&&]",
                            "[a~~]", "[-[]", "[[:alpha:]-[]", "[\\d-[]", "[]-a]"})
    EXPECT_THAT(findings(fmt::format("routes: [{{paths: ['~/x{}$']}}]", other).c_str()),
                ElementsAre(HasSubstr("in a class is an operation of Kong's")))
        << other;
  for (const char* fine :
       {"[[:alpha:]_]", "[]a]", "[^]a]", "[\\[\\-a]", "[a-]", "&&", "--", "[ -[\\]-~]", "[!-[]", "[#-[]", "[!-&&]",
        "[--]", "[^--]", "[---]", "[-a-z]", "[a-z-9]", "[]-]", "[!-~~]", "[\\!-[]"})
    EXPECT_THAT(findings(fmt::format("routes: [{{paths: ['~/x{}$']}}]", fine).c_str()), IsEmpty()) << fine;
}

TEST(entities, are_warned_of_where_something_else_was_meant) {
  auto warned = [](const char* text) { return findings(text, true); };
  EXPECT_THAT(warned("services: [{name: s, host: a}]"), ElementsAre(HasSubstr("service 's': no route leads to it")));
  EXPECT_THAT(warned("services: [{name: s, host: $HOST, routes: [{paths: [/]}]}]"),
              ElementsAre(HasSubstr("looks like a placeholder")));
  EXPECT_THAT(warned("services:\n- name: s\n  host: a\n  routes:\n  - {name: a, id: "
                     "00000000-0000-4000-8000-000000000001, paths: [/x]}\n"
                     "  - {name: b, id: 00000000-0000-4000-8000-000000000002, paths: [/x]}\n"),
              ElementsAre(HasSubstr("kong.yml:6:5: warning: route 'a': no request reaches it, route 'b' in line 7")));
  EXPECT_THAT(warned("routes: [{name: r, paths: [/a]}]"), ElementsAre(HasSubstr("has no service")));
  EXPECT_THAT(warned("upstreams: [{name: u}]"),
              ElementsAre(HasSubstr("no target with a weight"), HasSubstr("no service has it as its host")));
  EXPECT_THAT(warned("consumers: [{username: u, plugins: [{name: rate-limiting, config: {minute: 1}}]}]"),
              ElementsAre(HasSubstr("no authentication plugin finds out who sends a request")));
  EXPECT_THAT(
      warned("plugins: [{name: key-auth, config: {anonymous: nobody}}]"),
      ElementsAre(HasSubstr("2:48: warning: plugin 'key-auth': there is no consumer 'nobody'; a request without "
                            "credentials is answered with 500")));
  EXPECT_THAT(warned("consumers: [{username: u}]\nplugins: [{name: jwt, config: {anonymous: u}}]"), IsEmpty());
  EXPECT_THAT(warned("services: [{name: s, host: a, routes: [{paths: ['/u/\\d+']}]}]"),
              ElementsAre(HasSubstr("looks like a regular expression")));
  EXPECT_THAT(warned("plugins: [{name: prometheus, protocols: [tcp, tls]}]"), ElementsAre(HasSubstr("it never runs")));
  EXPECT_THAT(warned("plugins: [{name: prometheus, protocols: [tcp, grpcs]}]"), IsEmpty());
  EXPECT_THAT(warned("_comment: x\n_comment: y\n"), ElementsAre(HasSubstr("the key '_comment' is here twice")));
}

}  // namespace
}  // namespace mes::gateway
