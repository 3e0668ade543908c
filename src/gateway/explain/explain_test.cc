// What `mes gateway explain` tells of a request.
#include "gateway/explain/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mes::gateway {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* config = R"(_format_version: "3.0"
services:
- name: orders
  url: http://orders:8080/v1
  routes:
  - name: orders
    methods: [GET]
    paths: [/orders]
    plugins:
    - {name: rate-limiting, config: {minute: 5}}
  - name: secure
    protocols: [https]
    paths: [/orders/secure]
    methods: [GET]
- name: web
  host: pool
  routes:
  - name: all
    paths: [/]
  - name: admin
    hosts: [admin.example]
    paths: [/]
consumers:
- username: app
  plugins:
  - {name: rate-limiting, config: {minute: 500}}
upstreams:
- name: pool
  targets:
  - {target: "10.0.0.1:81", weight: 10}
plugins:
- name: cors
)";

std::string explained(const explain_question& q, const char* text = config) {
  reporter report("kong.yml");
  auto all = load_configuration(text, report);
  for (const diagnostic& d : report.sorted()) ADD_FAILURE() << report.text_of(d);
  if (!all) return "";
  auto said = explain(*all, q);
  return said ? said->text : "error: " + said.error().message;
}

TEST(explain, leaves_paths_of_grpc_whole_unless_grpc_web_strips_them) {
  const char* grpc = R"(_format_version: "3.0"
services:
- name: greeter
  url: grpc://greeter:50051
  routes:
  - {name: whole, paths: [/whole]}
  - {name: stripped, paths: [/web], plugins: [{name: grpc-web, config: {pass_stripped_path: true}}]}
)";
  EXPECT_THAT(explained({.method = "POST", .url = "http://a/whole/pkg.S/M"}, grpc),
              HasSubstr("grpc://greeter:50051/whole/pkg.S/M\n"));
  EXPECT_THAT(explained({.method = "POST", .url = "http://a/web/pkg.S/M"}, grpc),
              HasSubstr("grpc://greeter:50051/pkg.S/M\n"));
}

TEST(explain, tells_the_winner_the_second_plugins_and_the_service_with_their_lines) {
  std::string text = explained({.method = "GET", .url = "http://shop.example/orders/7?x=1"});
  EXPECT_THAT(text, ContainsRegex("route +orders +kong.yml:6\n"));
  EXPECT_THAT(text, ContainsRegex("path +/orders +kong.yml:8\n"));
  EXPECT_THAT(text, HasSubstr("goes to  http://orders:8080/v1/7?x=1\n"));
  EXPECT_THAT(text, ContainsRegex("second +all +kong.yml:18\n"));
  EXPECT_THAT(text, HasSubstr("more kinds of matchers (2 > 1)"));
  EXPECT_THAT(text, ContainsRegex("cors +global +kong.yml:32\n +rate-limiting +route orders +kong.yml:10\n"));
  EXPECT_THAT(text, ContainsRegex("nearly +admin +kong.yml:20\n +lacks http.host == .admin.example.\n"));
}

TEST(explain, knows_consumers_upstreams_and_headers) {
  std::string text = explained({.method = "POST", .url = "/x", .headers = {"Host: admin.example"}, .consumer = "app"});
  EXPECT_THAT(text, ContainsRegex("route +admin +"));
  EXPECT_THAT(text, ContainsRegex("rate-limiting +consumer app +kong.yml:26\n"));
  EXPECT_THAT(text, HasSubstr("goes to  http://pool/x\n"));
  EXPECT_THAT(text, ContainsRegex("10.0.0.1:81 +weight 10 +kong.yml:30\n"));
}

TEST(explain, tells_where_a_request_ends_early) {
  EXPECT_THAT(
      explained({.method = "GET", .url = "http://a/orders/secure"}),
      AllOf(ContainsRegex("route +secure"), HasSubstr("426 Please use HTTPS protocol"), Not(HasSubstr("goes to"))));
}

// What the gateway does with a request that is no gRPC, or not by TLS, on such a route (kong/runloop/handler.lua).
TEST(explain, tells_the_answers_of_routes_of_grpc) {
  const char* grpc = R"(_format_version: "3.0"
services:
- name: greeter
  url: grpc://greeter:50051
  routes:
  - {name: open, paths: [/open], protocols: [grpc]}
  - {name: secret, paths: [/secret], protocols: [grpcs]}
)";
  const std::vector<std::string> typed = {"Content-Type: application/grpc+proto"};
  EXPECT_THAT(explained({.method = "POST", .url = "http://a/open/S/M"}, grpc),
              AllOf(HasSubstr("415 Non-gRPC request matched gRPC route"), Not(HasSubstr("goes to"))));
  EXPECT_THAT(explained({.method = "POST", .url = "http://a/open/S/M", .headers = typed}, grpc),
              AllOf(HasSubstr("426 Please use HTTP2 protocol"), HasSubstr("goes to  grpc://greeter:50051/open/S/M\n")));
  EXPECT_THAT(explained({.method = "POST", .url = "http://a/secret/S/M"}, grpc), HasSubstr("415 Non-gRPC request"));
  EXPECT_THAT(explained({.method = "POST", .url = "http://a/secret/S/M", .headers = typed}, grpc),
              AllOf(HasSubstr("200 with grpc-status 1"), Not(HasSubstr("goes to"))));
  EXPECT_THAT(explained({.method = "POST", .url = "https://a/secret/S/M", .headers = typed}, grpc),
              HasSubstr("goes to  grpc://greeter:50051/secret/S/M\n"));
}

// As kong/router/utils.lua: a route without paths takes the first slash away, and the service's path stands for it.
TEST(explain, gives_a_route_without_paths_the_path_that_the_gateway_sends) {
  const char* bare = R"(_format_version: "3.0"
services:
- {name: s, url: "http://s:8080/base", routes: [{name: r, hosts: [a]}]}
)";
  EXPECT_THAT(explained({.method = "GET", .url = "http://a/"}, bare), HasSubstr("goes to  http://s:8080/base\n"));
  EXPECT_THAT(explained({.method = "GET", .url = "http://a/x"}, bare), HasSubstr("goes to  http://s:8080/base/x\n"));
}

TEST(explain, finds_routes_by_fields_that_the_gateway_knows_itself) {
  const char* typed = R"(_format_version: "3.0"
services:
- {name: s, url: "http://s", routes: [{name: r, headers: {content-type: [text/csv], user-agent: [curl]}}]}
)";
  EXPECT_THAT(
      explained({.method = "GET", .url = "http://a/", .headers = {"Content-Type: text/csv", "User-Agent: curl"}},
                typed),
      ContainsRegex("route +r "));
}

TEST(explain, keeps_a_question_mark_that_stands_alone) {
  std::string text = explained({.method = "GET", .url = "http://shop.example/orders/7?"});
  EXPECT_THAT(text, HasSubstr("GET http://shop.example/orders/7?\n"));
  EXPECT_THAT(text, HasSubstr("goes to  http://orders:8080/v1/7?\n"));
}

TEST(explain, refuses_the_paths_that_the_gateway_refuses_and_writes_no_control_characters) {
  EXPECT_THAT(explained({.method = "GET", .url = "/orders%zz"}), HasSubstr("refused with 400"));
  EXPECT_THAT(explained({.method = "GET", .url = "/orders%00"}), HasSubstr("refused with 400"));
  EXPECT_THAT(explained({.method = "GET", .url = "/orders%1b"}),
              AllOf(HasSubstr("/orders%1B"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(explained({.method = "GET", .url = "/", .headers = {"X-A: a\x1b[2J\nroute"}}),
              AllOf(HasSubstr("X-A: a%1B[2J%0Aroute\n"), Not(HasSubstr("\x1b"))));
}

TEST(explain, begins_each_part_on_a_line_of_its_own) {
  EXPECT_THAT(explained({.method = "GET", .url = "http://shop.example/orders/7"}),
              AllOf(HasSubstr("\n\nplugins  "), HasSubstr("\n\nservice  "), HasSubstr("\n\nsecond   "),
                    HasSubstr("\n\nnearly   "), Not(HasSubstr("%0A"))));
  EXPECT_THAT(explained({.method = "GET", .url = "http://a/orders/secure"}),
              AllOf(HasSubstr("\n\nanswer   "), Not(HasSubstr("%0A"))));
  const char* none = "_format_version: '3.0'\nservices: [{name: a, url: http://a, routes: [{name: r, hosts: [b]}]}]\n";
  EXPECT_THAT(explained({.method = "GET", .url = "http://a/"}, none),
              AllOf(HasSubstr("404 no Route matched with those values\n\n"), Not(HasSubstr("%0A"))));
}

TEST(explain, says_what_is_wrong_with_a_question) {
  EXPECT_THAT(explained({.method = "get", .url = "/"}), HasSubstr("error: invalid value: get"));
  EXPECT_THAT(explained({.method = "GET", .url = "ftp://a/"}), HasSubstr("there are http and https"));
  EXPECT_THAT(explained({.method = "GET", .url = "orders"}), HasSubstr("'orders' is no URL"));
  EXPECT_THAT(explained({.method = "GET", .url = "/", .headers = {"no colon"}}), HasSubstr("is no header"));
  EXPECT_THAT(explained({.method = "GET", .url = "/", .consumer = "nobody"}),
              HasSubstr("there is no consumer 'nobody'"));
}

}  // namespace
}  // namespace mes::gateway
