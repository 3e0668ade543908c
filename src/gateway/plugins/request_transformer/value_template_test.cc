// Templates as Penlight 1.13.1's pl.template renders them with Kong's options, in the environment of
// K:kong/plugins/request-transformer/access.lua; cases marked with a line are of
// K:spec/03-plugins/36-request-transformer/02-access_spec.lua.
#include "gateway/plugins/request_transformer/value_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/plugins/test_exchange.h"
#include "gateway/plugins/test_request.h"

namespace mes::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class templates : public ::testing::Test, protected test_request {
 protected:
  templates()
      : test_request("GET /a?q=1&flag&q=2 HTTP/1.1\r\nHost: h\r\nUser-Agent: me\r\nX-Foo: 1\r\nX-Foo: 2\r\n\r\n") {
    c.path = "/a";
    c.query = "q=1&flag&q=2";
  }

  std::string render(std::string_view value) {
    const value_template made(value);
    lua_sandbox fresh;
    lua_turn turn(fresh, c);
    auto out = made.render(&turn);
    return out ? *out : "error: " + out.error().message;
  }
};

TEST_F(templates, are_texts_with_lua_in_them) {
  const std::pair<const char*, const char*> cases[] = {
      {"plain", "plain"},
      {"$()x", "error: [string \"TMP\"]:4: unexpected symbol near ')'"},
      {"$5 and $", "$5 and $"},
      {"$(not closed", "$(not closed"},
      {"$(not $(1)", "$(not 1"},
      {"a$(1)b$(2)c", "a1b2c"},
      {"$(nil)|$(false)|$(true)|$('')|$(0)", "||true||0"},
      {"$(1.5)|$(1e15)|$(10 * '7')|$(1/0)", "1.5|1e+15|70|inf"},
      {"$(uuid)", ""},  // no name of Kong's
      {"$(headers.host)", "h"},
      {"$(headers['User-Agent'])|$(headers.user_agent)|$(headers['user-agent'])", "me|me|me"},
      {"$(headers.none or 'none')|$(headers.none)", "none|"},
      {"$(query_params.q[2])|$(query_params.flag)|$(query_params.none)", "2|true|"},
      {"$(#headers['x-foo'])", "2"},
      {"$(uri_captures.x)|$(uri_captures[0])", "|"},
      {"$(shared.x)", ""},
      {"$(((('a')))..(\"b\"))", "ab"},
      {"$((headers.host):upper())", "H"},
      {"$(('a,b'):gsub(',', ';'))", "a;b"},
      {"$(headers.host == 'h' and 'yes' or 'no')", "yes"},
      {"$((function() return 'f' end)())", "f"},
      {"$('$(uri_captures.user1)')", "$(uri_captures.user1)"},  // :2048
      {"$(type(headers[\"X-Foo\"]) == \"table\" and headers[\"X-Foo\"][1] .. \"-first\" or headers[\"X-Foo\"])",
       "1-first"},  // :2147
      {"a\n\"b\"\\\t$(1)\n", "a\n\"b\"\\\t1\n"},
      {"\xff local n = 2\n$(n)\n\xff for i = 1, n do\n<$(i)>\n\xff end", "2\n<1>\n<2>\n"},
      {"# no Lua\n$(1)", "# no Lua\n1"},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(render(value), expected) << value;
  EXPECT_THAT(render("$(headers)"), StartsWith("table: "));
}

TEST_F(templates, fail_with_luas_message) {
  const std::pair<const char*, const char*> cases[] = {
      // :2129
      {"$(foo(headers[\"User-Agent\"]) == \"table\" and headers[\"User-Agent\"][1] or headers[\"User-Agent\"])",
       "[string \"TMP\"]:4: attempt to call global 'foo' (a nil value)"},
      {"a\nb $(x.y)", "[string \"TMP\"]:5: attempt to index global 'x' (a nil value)"},
      {"$(string.sub('abc', 1, 3))", "attempt to index global 'string' (a nil value)"},         // :2590
      {"$(require('inspect')('somestring'))", "require 'inspect' not allowed within sandbox"},  // :2611
      {"$(10 * uri_captures.user1)", "attempt to perform arithmetic on field 'user1' (a nil value)"},
      {"$(headers.none.x)", "attempt to index field 'none' (a nil value)"},
      {"$(headers.host .. query_params.none)", "attempt to concatenate field 'none' (a nil value)"},
      {"$(headers.host .. headers['x-foo'])", "attempt to concatenate field"},
      {"$(shared.written = true)", "')' expected near '='"},  // :2173
      {"$((function() while true do end end)())", "the script takes more than 500000 steps"},
      {"$(('x'):rep(1e9))", "not enough memory"},
      {"$((function() __R_table = nil end)())x", "attempt to index local '__R_table' (a nil value)"},
  };
  for (const auto& [value, expected] : cases) EXPECT_THAT(render(value), HasSubstr(expected)) << value;
  for (const char* name : {"tostring", "pairs", "pcall", "error", "_G", "os", "kong", "ngx", "getmetatable", "load"})
    EXPECT_EQ(render("$(type(" + std::string(name) + "))"), "nil") << name;
}

TEST_F(templates, are_checked_as_kongs_schema_does) {
  EXPECT_EQ(check_template("$(uri_captures.user1) $(anything(1))"), "");
  // 01-schema_spec.lua, "error for malformed regex pattern in value"
  EXPECT_EQ(
      check_template("$(uri_captures user2)"),
      "value '$(uri_captures user2)' is not in supported format, error:[string \"TMP\"]:4: ')' expected near 'user2'");
}

std::string transformer(const std::string& config) {
  return with_plugins("- {name: request-transformer, config: " + config + "}\n");
}

TEST(request_transformer, answers_500_where_a_template_fails) {
  const std::string error = R"(500 {"message":"An unexpected error occurred"})";
  for (const char* config : {
           "{replace: {uri: '$(os.getenv(\"HOME\"))'}}",
           "{replace: {uri: '$(headers.none)'}}",  // no path begins with nothing
           "{add: {headers: ['x:$(shared.written = true)']}}",
           "{add: {querystring: ['q1:$(ERROR())']}}",
           "{remove: {headers: ['x:$(ERROR())']}}",
           "{replace: {querystring: ['not-there:$(ERROR())']}}",
       }) {
    test_exchange t(transformer(config));
    EXPECT_EQ(t.get(), error) << config;
    EXPECT_EQ(t.get(), error) << config;
  }
  // Templates of a body are rendered for the bodies that they change.
  test_exchange body(transformer("{add: {body: ['a:$(ERROR())']}}"));
  EXPECT_EQ(body.get(), "");
  EXPECT_EQ(body.get("/", "Content-Type: text/plain\r\n"), "");
  EXPECT_EQ(body.get("/", "Content-Type: application/json\r\n"), error);
}

TEST(request_transformer, reads_headers_and_query_when_a_template_first_asks) {
  test_exchange t(
      transformer("{rename: {headers: ['a:b']}, add: {headers: ['before:$(headers.a)|$(headers.b)'], "
                  "querystring: ['after:$(headers.a)|$(headers.b)', 'c:1', 'd:$(query_params.c)']}}"));
  auto seen = t.send("GET / HTTP/1.1\r\nHost: h\r\na: 1\r\n\r\n");
  EXPECT_EQ(seen.sent("before"), "1|");
  EXPECT_EQ(seen.query, "after=1%7C&c=1&d=");
  test_exchange late(
      transformer("{rename: {headers: ['a:b']}, add: {querystring: ['after:$(headers.a)|$(headers.b)']}}"));
  EXPECT_EQ(late.send("GET / HTTP/1.1\r\nHost: h\r\na: 1\r\n\r\n").query, "after=%7C1");
}

// K: access.lua, iter() gives no value then, and headers[name] = nil changes nothing.
TEST(request_transformer, does_nothing_with_headers_that_have_no_value) {
  test_exchange t(
      transformer("{add: {headers: ['new:', 'empty:$(nil)']}, replace: {headers: ['a:']}, append: {headers: ['b:']}}"));
  auto seen = t.send("GET / HTTP/1.1\r\nHost: h\r\na: 1\r\nb: 2\r\n\r\n");
  EXPECT_FALSE(seen.request_headers.contains("new"));
  EXPECT_TRUE(seen.request_headers.contains("empty"));
  EXPECT_EQ(seen.sent("a"), "1");
  EXPECT_EQ(seen.sent("b"), "2");
}

TEST(request_transformer, keeps_a_templates_globals_as_kong_does) {
  test_exchange t(transformer("{add: {headers: ['n:$((function() n = (n or 0) + 1 return n end)())']}}"));
  for (const char* expected : {"1", "2", "3"})
    EXPECT_EQ(t.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").sent("n"), expected);
}

TEST(request_transformer, warns_of_templates_that_kong_loads_and_never_renders) {
  reporter report("kong.yml");
  auto all = load_configuration(
      "_format_version: \"3.0\"\nplugins:\n- name: request-transformer\n  config:\n    add:\n"
      "      headers:\n      - a:b\n      - x:$(shared.written = true)\n",
      report);
  EXPECT_TRUE(all);
  ASSERT_EQ(report.sorted().size(), 1U);
  EXPECT_THAT(
      report.text_of(report.sorted()[0]),
      StartsWith("kong.yml:8:9: warning: plugin 'request-transformer', add.headers[1]: value '$(shared.written = "
                 "true)' is not in supported format, error:[string \"TMP\"]:4: ')' expected near '='"));
}

}  // namespace
}  // namespace mes::gateway
