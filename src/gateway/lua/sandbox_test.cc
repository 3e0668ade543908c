// What scripts may, what they may not, and that they end. The names are those of kong/tools/kong-lua-sandbox.lua at
// 3.4.2, behaviour that of kong/tools/sandbox.lua and kong/pdk/log.lua; of patterns LuaJIT itself is asked.
#include "gateway/lua/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <lua.hpp>
#include <memory>
#include <string>
#include <vector>

#include "gateway/plugins/log_edits.h"
#include "gateway/plugins/test_request.h"

namespace mes::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Runs scripts as a log plugin does.
class log_fields : public ::testing::Test, protected test_request {
 protected:
  log_fields()
      : test_request("GET /a?x=1&y&x=2 HTTP/1.1\r\nHost: gw.example:8000\r\nX-One: first\r\nX-One: second\r\n\r\n") {
    c.path = "/a";
    c.query = "x=1&y&x=2";
    c.client_address = "10.0.0.9";
    totals.status = 201;
    c.sent_head = "HTTP/1.1 201 Created\r\nX-Answer: one\r\nX-Answer: two\r\n\r\n";
  }

  // What the script returns as JSON; "nothing" for nil, "error: …" if it fails.
  std::string run(const std::string& source, const std::string& name = "field") {
    scripts.push_back(std::make_unique<lua_script>(lua_script::kind::log_field, source));
    c.log_changes.reset();
    lua_turn turn(sandbox, c);
    if (auto set = turn.set_field(name, *scripts.back()); !set) return "error: " + set.error().message;
    const log_edit& edit = c.log_changes->list.back();
    return edit.value ? boost::json::serialize(*edit.value) : "nothing";
  }

  std::vector<std::unique_ptr<lua_script>> scripts;
  lua_sandbox sandbox;
};

TEST_F(log_fields, are_what_a_script_returns) {
  const std::pair<const char*, const char*> cases[] = {
      {"return 123", "1.23E2"},
      {"return 'bar'", "\"bar\""},
      {"return nil", "nothing"},
      {"", "nothing"},
      {"return false", "false"},
      {"return 1 == 1", "true"},
      {"return {}", "{}"},
      {"return {'a', 'b'}", R"(["a","b"])"},
      {"return {a = {b = 'c'}}", R"({"a":{"b":"c"}})"},
      {"return {[2] = 'b'}", R"([null,"b"])"},
      {"return {[1.5] = 'b'}", R"({"1.5":"b"})"},
      {"return ('x'):rep(3)", "\"xxx\""},
      {"local t = {} for w in ('a b c'):gmatch('%w') do t[#t + 1] = w end return table.concat(t, '-')", "\"a-b-c\""},
      {"return type(_G) .. type(_G.pairs)", "\"tablefunction\""},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(run(source), expected) << source;
}

TEST_F(log_fields, that_json_has_no_form_of_are_errors) {
  for (const char* source : {"return print or function() end", "return {f = pairs}", "return 0/0", "return {math.huge}",
                             "local t = {} t.t = t return t", "return {[true] = 1}", "return {[1] = 1, [1000] = 2}",
                             "return coroutine.create(type)"})
    EXPECT_THAT(run(source), StartsWith("error: ")) << source;
}

// A script's second value is set_serialize_value's third argument, since Kong passes on all that it returns.
TEST_F(log_fields, have_the_options_that_a_script_returns) {
  EXPECT_EQ(run("return 1, {mode = 'add'}"), "1E0");
  EXPECT_EQ(c.log_changes->list.back().how, log_edit::mode::add);
  EXPECT_THAT(run("return 1, {mode = 'other'}"), HasSubstr("mode must be 'set', 'add' or 'replace'"));
  EXPECT_THAT(run("return ('a'):gsub('a', 'b')"), StartsWith("error: "));  // its second value is a count
  EXPECT_EQ(run("return (('a'):gsub('a', 'b'))"), "\"b\"");
  EXPECT_EQ(run("kong.log.set_serialize_value('other', 5) return 6"), "6E0");
  EXPECT_EQ(c.log_changes->list.size(), 2U);
}

TEST_F(log_fields, can_ask_kongs_pdk_for_the_exchange) {
  const std::pair<const char*, const char*> cases[] = {
      {"return kong.request.get_header('X-One')", "\"first\""},
      {"return kong.request.get_header('x_one')", "\"first\""},
      {"return kong.request.get_header('none')", "nothing"},
      {"return kong.request.get_headers()['x-one']", R"(["first","second"])"},
      {"return kong.request.get_headers().X_One[2]", "\"second\""},
      {"return ngx.req.get_headers()['user-agent'] or 'none'", "\"none\""},
      {"return kong.request.get_method() .. kong.request.get_path()", "\"GET/a\""},
      {"return kong.request.get_path_with_query()", "\"/a?x=1&y&x=2\""},
      {"return kong.request.get_raw_query()", "\"x=1&y&x=2\""},
      {"return kong.request.get_query().x", R"(["1","2"])"},
      {"return kong.request.get_query().y", "true"},
      {"return kong.request.get_query_arg('x')", "\"1\""},
      {"return kong.request.get_host()", "\"gw.example\""},
      {"return kong.request.get_http_version()", "1.1E0"},
      {"return kong.response.get_status()", "2.01E2"},
      {"return kong.response.get_header('X-Answer')", "\"one\""},
      {"return ngx.status", "2.01E2"},
      {"return ngx.var.remote_addr", "\"10.0.0.9\""},
      {"return ngx.var.http_x_one .. ngx.var.arg_x .. ngx.var.status", "\"first1201\""},
      {"return ngx.var.nothing", "nothing"},
      {"return kong.client.get_ip()", "\"10.0.0.9\""},
      {"return kong.client.get_consumer() and 1 or 'anonymous'", "\"anonymous\""},
      {"return kong.router.get_route()", "nothing"},
      {"return kong.log.serialize().request.method", "\"GET\""},
      {"return ngx.decode_base64(ngx.encode_base64('a'))", "\"a\""},
      {"return kong.ctx.shared.x", "nothing"},
      {"ngx.ctx = {user = 'alice'} return ngx.ctx.user", "\"alice\""},
      {"return ngx.ctx.user", "nothing"},
      {"kong.log.err('one ', 2) return type(ngx.now())", "\"number\""},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(run(source), expected) << source;
  EXPECT_THAT(run("return kong.request.get_header()"), StartsWith("error: "));
  EXPECT_THAT(run("return kong.cache:get('x')"), HasSubstr("attempt to index field 'cache' (a nil value)"));
}

TEST_F(log_fields, have_no_way_out) {
  for (const char* name : {"io",           "debug",           "package",        "ffi",        "jit",
                           "bit",          "module",          "load",           "loadstring", "loadfile",
                           "dofile",       "print",           "collectgarbage", "newproxy",   "getmetatable",
                           "setmetatable", "rawget",          "rawset",         "rawequal",   "getfenv",
                           "setfenv",      "math.randomseed", "os.execute",     "os.exit",    "os.getenv",
                           "os.remove",    "os.rename",       "os.setlocale",   "os.tmpname", "string.dump",
                           "(\"\").dump",  "table.foreach",   "kong.db",        "ngx.timer",  "ngx.socket"})
    EXPECT_EQ(run("return type(" + std::string(name) + ")"), "\"nil\"") << name;
  EXPECT_THAT(run("return require('ffi')"), HasSubstr("require 'ffi' not allowed within sandbox"));
  EXPECT_THAT(run("string.rep = nil"), HasSubstr("Protected by the sandbox"));
  EXPECT_THAT(check_lua({lua_script::kind::log_field, "\x1bLJ\x02"}), HasSubstr("wrong mode"));
  EXPECT_EQ(run("return pcall(('x').rep, 'x', 1e9)"), "false");
  EXPECT_EQ(run("leak = 1 return leak"), "1E0");
  EXPECT_EQ(run("return leak"), "nothing");
}

TEST_F(log_fields, of_chance_begin_elsewhere_in_each_state) {
  const lua_script script{lua_script::kind::log_field, "return math.random(1e15)"};
  const std::string first = run(script.source);
  lua_sandbox other;
  lua_turn turn(other, c);
  ASSERT_TRUE(turn.set_field("a", script));
  EXPECT_NE(boost::json::serialize(*c.log_changes->list.back().value), first);
}

TEST_F(log_fields, say_where_a_script_is_wrong) {
  EXPECT_EQ(check_lua({lua_script::kind::log_field, "return 1"}), "");
  EXPECT_THAT(check_lua({lua_script::kind::log_field, "local a\nreturn 1 +"}),
              HasSubstr("]:2: unexpected symbol near '<eof>'"));
  EXPECT_THAT(run("local a\nreturn a.b"), HasSubstr("]:2: attempt to index local 'a' (a nil value)"));
  EXPECT_EQ(run("error({})"), "error: an error that is no text");
}

// Each ends with an error, and the next script is none the worse for it.
TEST_F(log_fields, end) {
  for (const char* source : {
           "while true do end",
           "while true do pcall(function() while true do end end) end",
           "while true do xpcall(function() while true do end end, function() while true do end end) end",
           "local function f() return f() end f()",
           "local function f() return 1 + f() end f()",
           "local function f() return pcall(f) end while true do f() end",
           "local function f() pcall(f) return f() end return f()",
           "local function f() coroutine.resume(coroutine.create(f)) return f() end return f()",
           "local function f() xpcall(f, type) return f() end return f()",
           "local t = {} for i = 1, 1e5 do t[i] = i end while true do table.insert(t, 1, table.remove(t, 1)) end",
           "while true do kong.log.serialize() end",
           "table.insert({}, 0/0, 1)",
           "table.insert({}, '-2000000000', 1)",
           "kong.log.set_serialize_value(('a.'):rep(50000) .. 'b', 1)",
           "local t = {1} for i = 1, 30 do t = {t, t} end return t",
           "local s, t = ('x'):rep(1e6), {} for i = 1, 400 do t[i] = s end return t",
           "local s = ('x'):rep(1e6) for i = 1, 400 do kong.log.set_serialize_value('k' .. i, s) end",
           "while true do os.date(('%s'):rep(130000)) end",
           "while true do (('b'):rep(1100)):find('[' .. ('a'):rep(1000000) .. ']') end",
           "ngx.status = 299",
           "ngx.var.host = 'other'",
           "local next = coroutine.wrap(function() while true do coroutine.yield() end end) while true do next() end",
           "local function f() coroutine.wrap(f)() end f()",
           "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
           "pcall(coroutine.wrap(function() while true do end end)) while true do end",
           "coroutine.wrap(function() pcall(function() while true do end end) while true do end end)()",
           "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
           "local s = 'x' while true do s = s .. s end",
           "return ('x'):rep(1e9)",
           "return ('x'):rep(1e7):rep(1e7)",
           "local s = ('x'):rep(4e6) while true do s:upper() end",
           "local s = ('x'):rep(4e6) local t = {} for i = 1, 1e4 do t[i] = s end table.sort(t)",
           "local t = {} for i = 1, 1e5 do t[i] = i % 7 end while true do table.sort(t) end",
           "table.insert({}, -2147483648, 1)",
           "return ('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))",
           "return ('x'):rep(1e5):find('.-.-.-.-.-y')",
           "return ('x'):rep(1e5):match('(.*)(.*)(.*)(.*)y')",
           "return ('('):rep(1e5):find('%b()')",
           "while true do ('x'):rep(1e6):find(('x'):rep(1e5) .. 'y', 1, true) end",
           "local function f() return (('x'):gsub('x', f)) end return f()",
           "local function f() table.sort({1, 2, 3}, f) end f()",
           "for w in ('x'):gmatch('') do while true do end end",
           "return ('x'):gsub('.', function() while true do end end)",
           "return ('x'):find(('('):rep(300))",
           "kong.log.err(('x'):rep(1e9))",
           "error(('x'):rep(6e6))",
       }) {
    EXPECT_THAT(run(source), StartsWith("error: ")) << source;
    EXPECT_EQ(run("return #('x'):rep(1e6):rep(2)"), "2E6") << source;
  }
  EXPECT_LT(sandbox.memory_bytes(), 2 * lua_bounds{}.memory_bytes_max);
}

TEST_F(log_fields, share_the_steps_of_a_turn) {
  const lua_script slow{lua_script::kind::log_field, "for i = 1, 40000 do end"};
  lua_turn turn(sandbox, c);
  std::string wrong;
  for (int i = 0; i < 100 && wrong.empty(); ++i)
    if (auto set = turn.set_field("a", slow); !set) wrong = set.error().message;
  EXPECT_THAT(wrong, HasSubstr("more than 500000 steps"));
}

TEST_F(log_fields, take_no_memory_from_those_of_the_next_turn) {
  lua_sandbox small(nullptr, {.memory_bytes_max = 1 << 20, .steps_max = 20'000});
  const lua_script after{lua_script::kind::log_field, "return #('x'):rep(2e5)"};
  for (const char* source :
       {"local function f() coroutine.wrap(f)() end pcall(f)",
        "kong.ctx.shared.all = {} for i = 1, 7 do kong.ctx.shared.all[i] = ('x'):rep(100000 + i) end",
        "ngx.ctx = ('x'):rep(400000)"}) {
    const lua_script before{lua_script::kind::log_field, source};
    {
      (void)lua_turn(small, c).set_field("a", before);
    }
    auto set = lua_turn(small, c).set_field("a", after);
    EXPECT_TRUE(set) << source << ": " << set.error().message;
  }
}

TEST_F(log_fields, take_memory_only_once_there_are_some) {
  EXPECT_EQ(sandbox.memory_bytes(), 0U);
  run("return 1");
  EXPECT_GT(sandbox.memory_bytes(), 0U);
  EXPECT_LT(sandbox.memory_bytes(), 300'000U);
}

TEST_F(log_fields, of_a_state_without_memory_are_errors) {
  for (std::size_t bytes = 0; bytes < 200'000; bytes += 500) {
    lua_sandbox small(nullptr, {.memory_bytes_max = bytes});
    const lua_script script{lua_script::kind::log_field, "return kong.log.serialize()"};
    lua_turn turn(small, c);
    (void)turn.set_field("a", script);
    EXPECT_LE(small.memory_bytes(), bytes + 10'000);  // the script itself
  }
}

// LuaJIT as Debian has it, with nothing of ours.
std::string plain_lua(const std::string& expression) {
  lua_State* l = luaL_newstate();
  luaL_openlibs(l);
  const std::string source =
      "local t = {" + expression + "} for i = 1, 5 do t[i] = tostring(t[i]) end return table.concat(t, '|')";
  EXPECT_EQ(luaL_dostring(l, source.c_str()), 0) << expression << lua_tostring(l, -1);
  std::string out = lua_tostring(l, -1);
  lua_close(l);
  return out;
}

TEST_F(log_fields, have_luas_patterns) {
  const char* patterns[] = {"",       "a",      "b",       ".",         "^a",     "a$",    "$",
                            "^$",     "x*",     "x+",      "x-",        "x?b",    ".-b",   ".*b",
                            "(a)(b)", "()b()",  "((a)b)",  "%a+",       "%d+",    "%s",    "%S+",
                            "%w*$",   "[a-c]+", "[^a-c]+", "[]]",       "[^]]",   "[a%-]", "[%w_]+",
                            "%%",     "%.",     "%b()",    "%f[%w]%w+", "%f[%W]", "(.)%1", "^(%w+)%s*=%s*(.-)%s*$",
                            "[a-]",   "%x%x",   "%u%l*",   "%p",        "a-$",    "^a-",   "(%w+)/(%d+)%.(%d+)",
                            "[%]]",   "%D",     "%z"};
  const char* texts[] = {"",
                         "a",
                         "abc",
                         "aabb",
                         "xxxb",
                         "a b",
                         "name = value ",
                         "f(a(b)c)d)",
                         "Agent/12.34 x",
                         "a]b-c.d%",
                         "THE (quick) fox",
                         "aa bb cc",
                         "\\n"};
  for (const std::string p : patterns)
    for (const std::string t : texts) {
      for (const char* call :
           {":find('@')", ":find('@', 2)", ":find('@', -2)", ":find('@', 1, true)", ":match('@')", ":match('@', 2)",
            ":gsub('@', '<%0>')", ":gsub('@', '%1', 1)", ":gsub('@', function(x) return x ~= 'a' and '-' end)",
            ":gsub('@', {a = 1, b = 'c'})", ":gmatch('@')()"}) {
        std::string expression = call;
        expression.replace(expression.find('@'), 1, p);
        expression = "('" + t + "')" + expression;
        EXPECT_EQ(
            run("local t = {" + expression + "} for i = 1, 5 do t[i] = tostring(t[i]) end return table.concat(t, '|')"),
            boost::json::serialize(boost::json::value(plain_lua(expression))))
            << expression;
      }
    }
  for (const char* wrong : {"%", "[a", "[%", "(a", "(a))", "%1", "%f", "%b", "(%1)"})
    EXPECT_THAT(run("return ('abc'):find('" + std::string(wrong) + "')"), StartsWith("error: ")) << wrong;
}

TEST_F(log_fields, sort_as_lua) {
  EXPECT_EQ(run("local t = {5, 3, 9, 1, 1, 7, 2} table.sort(t) return t"), "[1E0,1E0,2E0,3E0,5E0,7E0,9E0]");
  EXPECT_EQ(run("local t = {'b', 'a', 'c'} table.sort(t, function(a, b) return a > b end) return t"),
            R"(["c","b","a"])");
  EXPECT_EQ(run("local t = {} table.sort(t) return #t"), "0E0");
}

}  // namespace
}  // namespace mes::gateway
