// Plugins that let a request pass or answer it: ip-restriction, bot-detection, request-size-limiting,
// request-termination, cors. Cases of K:spec/03-plugins/{17-ip-restriction,20-bot-detection,08-request-size-limiting,
// 14-request-termination,13-cors}.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/plugins/test_exchange.h"

namespace mes::gateway {
namespace {

std::string error(int status, std::string_view message) {
  return std::to_string(status) + " {\n  \"message\":\"" + std::string(message) + "\"\n}";
}

std::string plugin_yaml(std::string_view name, std::string_view config) {
  return with_plugins("- {name: " + std::string(name) + ", config: " + std::string(config) + "}\n");
}

struct ip_case {
  const char* config;
  const char* client;
  bool passes;
};

TEST(ip_restriction, goes_by_address_and_range) {
  const ip_case cases[] = {
      {"{deny: [127.0.0.1]}", "127.0.0.1", false},
      {"{deny: [127.0.0.1, 127.0.0.2]}", "127.0.0.3", true},
      {"{deny: [127.0.0.0/24]}", "127.0.0.200", false},
      {"{deny: [127.0.0.0/25]}", "127.0.0.200", true},
      {"{allow: [127.0.0.2]}", "127.0.0.1", false},
      {"{allow: [127.0.0.1]}", "127.0.0.1", true},
      {"{allow: [10.0.0.0/8, 127.0.0.0/31]}", "127.0.0.1", true},
      {"{allow: [127.0.0.0/24], deny: [127.0.0.1]}", "127.0.0.1", false},
      {"{allow: [127.0.0.0/24], deny: [127.0.0.1]}", "127.0.0.2", true},
      {"{allow: ['0.0.0.0/0']}", "203.0.113.7", true},
      {"{deny: [127.0.0.0/8]}", "::ffff:127.0.0.1", false},
      {"{allow: ['::ffff:127.0.0.0/104']}", "127.0.0.1", true},
      {"{allow: ['::1']}", "::1", true},
      {"{allow: ['::1']}", "127.0.0.1", false},
      {"{deny: ['2001:db8::/33']}", "2001:db8:7fff::1", false},
      {"{deny: ['2001:db8::/33']}", "2001:db8:8000::1", true},
  };
  for (const ip_case& i : cases) {
    test_exchange t(plugin_yaml("ip-restriction", i.config));
    t.link.address = i.client;
    EXPECT_EQ(t.get(), i.passes ? "" : error(403, "IP address not allowed: " + std::string(i.client))) << i.config;
  }
  test_exchange own(plugin_yaml("ip-restriction", "{deny: [127.0.0.1], status: 401, message: go away}"));
  EXPECT_EQ(own.get(), error(401, "go away"));
}

struct agent_case {
  const char* config;
  const char* agent;
  bool passes;
};

TEST(bot_detection, knows_bots_and_lists) {
  const agent_case cases[] = {
      {"{}", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
       true},
      {"{}", "HeyBot", true},
      {"{}", "Googlebot/2.1 (+http://www.google.com/bot.html)", false},
      {"{}", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", false},
      {"{}", "facebookexternalhit/1.1", false},
      {"{}", "Twitterbot/1.0", false},
      {"{}", "Go-http-client/1.1", false},
      {"{deny: [HeyBot]}", "HeyBot", false},
      {"{deny: [HeyBot]}", "helloworld", true},
      {"{allow: ['facebookexternalhit/1.1']}", "facebookexternalhit/1.1", true},
      {"{allow: ['facebook.*'], deny: [facebook]}", "facebookexternalhit/1.1", true},
  };
  for (const agent_case& a : cases) {
    test_exchange t(plugin_yaml("bot-detection", a.config));
    EXPECT_EQ(t.get("/", "User-Agent: " + std::string(a.agent) + "\r\n"), a.passes ? "" : error(403, "Forbidden"))
        << a.config << ' ' << a.agent;
  }
  test_exchange t(plugin_yaml("bot-detection", "{}"));
  EXPECT_EQ(t.get(), "");  // none at all
  EXPECT_EQ(t.get("/", "User-Agent: a\r\nUser-Agent: b\r\n"), error(400, "Only one User-Agent header allowed"));
}

struct size_case {
  const char* config;
  const char* fields;
  std::size_t body;
  const char* expected;
};

TEST(request_size_limiting, counts_bodies) {
  std::string too_large = error(413, "Request size limit exceeded");
  std::string not_expected = error(417, "Request size limit exceeded");
  std::string no_length = error(411, "A valid Content-Length header is required");
  const size_case cases[] = {
      {"{allowed_payload_size: 1}", "Content-Length: 1048576\r\n", 0, ""},
      {"{allowed_payload_size: 1}", "Content-Length: 1048577\r\n", 0, too_large.c_str()},
      {"{allowed_payload_size: 1, size_unit: kilobytes}", "Content-Length: 1024\r\n", 0, ""},
      {"{allowed_payload_size: 1, size_unit: kilobytes}", "Content-Length: 1025\r\n", 0, too_large.c_str()},
      {"{allowed_payload_size: 10, size_unit: bytes}", "Content-Length: 11\r\n", 0, too_large.c_str()},
      {"{allowed_payload_size: 10, size_unit: bytes}", "Content-Length: 11\r\nExpect: 100-continue\r\n", 0,
       not_expected.c_str()},
      {"{allowed_payload_size: 10, size_unit: bytes}", "Transfer-Encoding: chunked\r\n", 10, ""},
      {"{allowed_payload_size: 10, size_unit: bytes}", "Transfer-Encoding: chunked\r\n", 11, too_large.c_str()},
      {"{allowed_payload_size: 10, size_unit: bytes, require_content_length: true}", "", 0, no_length.c_str()},
      {"{allowed_payload_size: 10, size_unit: bytes, require_content_length: true}", "Transfer-Encoding: chunked\r\n",
       5, ""},
  };
  for (const size_case& s : cases) {
    test_exchange t(plugin_yaml("request-size-limiting", s.config));
    auto seen = t.send("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(s.fields) + "\r\n" + std::string(s.body, 'x'));
    EXPECT_EQ(seen.refusal(), s.expected) << s.config << ' ' << s.fields;
  }
}

struct end_case {
  const char* config;
  const char* expected;
};

TEST(request_termination, answers_in_the_services_place) {
  const end_case cases[] = {
      {"{}", R"(503 {"message":"Service unavailable"})"},
      {"{status_code: 404}", R"(404 {"message":"Not found"})"},
      {"{status_code: 406}", "406 "},
      {"{status_code: 404, message: Not here}", R"(404 {"message":"Not here"})"},
      {"{status_code: 451, content_type: text/html, body: '<b>no</b>'}", "451 <b>no</b>"},
      {"{status_code: 204}", "204 "},
      {"{trigger: gogogo}", ""},
  };
  for (const end_case& e : cases) {
    test_exchange t(plugin_yaml("request-termination", e.config));
    EXPECT_EQ(t.get(), e.expected) << e.config;
  }
  test_exchange triggered(plugin_yaml("request-termination", "{trigger: gogogo}"));
  EXPECT_EQ(triggered.get("/?gogogo=1"), R"(503 {"message":"Service unavailable"})");
  EXPECT_EQ(triggered.get("/", "gogogo: 1\r\n"), R"(503 {"message":"Service unavailable"})");
}

TEST(request_termination, echoes) {
  test_exchange t(plugin_yaml("request-termination", "{status_code: 200, echo: true}"));
  auto seen = t.send(
      "POST /a/b?x=1&y HTTP/1.1\r\nHost: gw.example:8000\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n"
      "{\"a\":1}");
  EXPECT_EQ(seen.status, 200);
  auto body = boost::json::parse(seen.body);
  const auto& request = body.at("request");
  EXPECT_EQ(request.at("method").as_string(), "POST");
  EXPECT_EQ(request.at("path").as_string(), "/a/b");
  EXPECT_EQ(request.at("host").as_string(), "gw.example");
  EXPECT_EQ(request.at("port").as_int64(), 8000);
  EXPECT_EQ(request.at("query"), boost::json::parse(R"({"x":"1","y":true})"));
  EXPECT_EQ(request.at("raw_body").as_string(), "{\"a\":1}");
  EXPECT_EQ(request.at("body"), boost::json::parse(R"({"a":1})"));
  EXPECT_EQ(body.at("matched_route").at("name").as_string(), "r");
  EXPECT_EQ(body.at("matched_service").at("name").as_string(), "s");
}

// kong/pdk/request.lua, get_body()
TEST(request_termination, echoes_bodies_of_the_types_that_kong_reads) {
  test_exchange t(plugin_yaml("request-termination", "{status_code: 200, echo: true}"));
  struct {
    std::string type, sent, seen;
  } cases[] = {
      {"application/json", "[1]", "[1]"},
      {"application/json", "\"s\"", ""},
      {"application/json", "{", ""},
      {"application/x-www-form-urlencoded", "a=1&a=2&b", R"({"a":["1","2"],"b":true})"},
      {"multipart/form-data; boundary=x",
       "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
       "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n--x--\r\n",
       R"({"a":["1","2"]})"},
      {"text/plain", "a=1", ""},
  };
  for (const auto& c : cases) {
    const auto answer = t.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + c.type +
                               "\r\nContent-Length: " + std::to_string(c.sent.size()) + "\r\n\r\n" + c.sent);
    const auto parsed = boost::json::parse(answer.body);
    const auto* body = parsed.at("request").as_object().if_contains("body");
    EXPECT_EQ(body ? boost::json::serialize(*body) : "", c.seen) << c.type << ' ' << c.sent;
  }
}

struct refused_config {
  const char* plugin;
  const char* config;
  const char* message;
};

// What Kong's schemas refuse is refused here, with its place.
// Kong runs these through PCRE.
TEST(cors, takes_expressions_with_look_around) {
  test_exchange t(plugin_yaml("cors", "{origins: ['^https://(?!evil)[a-z]+\\.shop\\.example$', '(a+)+\\1b']}"));
  const auto answered = [&](const std::string& origin) {
    return t.send("GET / HTTP/1.1\r\nHost: a\r\nOrigin: " + origin + "\r\n\r\n").header("access-control-allow-origin");
  };
  EXPECT_EQ(answered("https://good.shop.example"), "https://good.shop.example");
  EXPECT_EQ(answered("https://good.shop.example.net"), "");
  EXPECT_EQ(answered("https://evil.shop.example"), "");
  EXPECT_EQ(answered(repeated("a", 8000)), "");  // beyond the bound, as in Kong
}

// More origins than are kept, in turns: each gets its answer, the first time and later.
TEST(cors, accepts_an_origin_however_often_it_comes) {
  test_exchange t(plugin_yaml("cors", "{origins: ['https?://localhost(:[0-9]+)?', 'http://example.com']}"));
  auto answered = [&](const std::string& origin) {
    return t.send("GET / HTTP/1.1\r\nHost: a\r\nOrigin: " + origin + "\r\n\r\n").header("access-control-allow-origin");
  };
  for (int turn = 0; turn < 3; ++turn) {
    for (int port = 1000; port < 1020; ++port) {
      std::string origin = "http://localhost:" + std::to_string(port);
      EXPECT_EQ(answered(origin), origin);
    }
    EXPECT_EQ(answered("https://localhost:443"), "https://localhost");
    EXPECT_EQ(answered("http://example.com"), "http://example.com");
    EXPECT_EQ(answered("http://example.com:80"), "http://example.com");
    for (const char* other : {"http://localhosts", "http://localhost:x", "http://example.com:81", "null"})
      EXPECT_EQ(answered(other), "") << other;
  }
}

TEST(plugin_configurations, are_refused_by_kongs_rules) {
  const refused_config cases[] = {
      {"acl", "{}", "allow or deny must be given"},
      {"acl", "{allow: []}", "allow or deny must be given"},
      {"acl", "{allow: [], deny: []}", "allow or deny must be given"},
      {"acl", "{allow: [a], deny: [b]}", "only one of allow and deny"},
      {"ip-restriction", "{}", "at least one of allow and deny"},
      {"ip-restriction", "{allow: []}", "at least one of allow and deny"},
      {"ip-restriction", "{allow: [], deny: []}", "at least one of allow and deny"},
      {"ip-restriction", "{deny: [nowhere]}", "deny"},
      {"bot-detection", "{deny: ['(']}", "not a valid regex"},
      {"request-termination", "{message: a, body: b}", "message cannot be used with content_type or body"},
      {"request-termination", "{content_type: text/html}", "content_type requires a body"},
      {"request-termination", "{status_code: 600}", "status_code"},
      {"request-transformer", "{add: {headers: ['x']}}", "has to be like"},
      {"request-transformer", "{add: {querystring: ['a:$(uri_captures user2)']}}", "')' expected near 'user2'"},
      {"response-transformer", "{add: {json: [x]}}", "json"},
      {"rate-limiting", "{}", "at least one of"},
      {"rate-limiting", "{second: 10, minute: 5}", "cannot be lower"},
      {"rate-limiting", "{second: 1, policy: redis}", "needs 'redis_host'"},
      {"rate-limiting", "{second: 1, policy: cluster}", "none of local, redis"},
      {"rate-limiting", "{second: 1, sync_rate: 1}", "only be used with the redis policy"},
      {"rate-limiting", "{second: 1, limit_by: header}", "needs 'header_name'"},
      {"response-ratelimiting", "{limits: {}}", "limits"},
      {"response-ratelimiting", "{limits: {video: {}}}", "limits.video"},
      {"response-ratelimiting", "{limits: {video: {hours: 1}}}", "unknown field 'hours'"},
      {"proxy-cache", "{}", "strategy"},
      {"proxy-cache", "{strategy: memory, cache_ttl: 0}", "cache_ttl"},
      {"http-log", "{}", "http_endpoint"},
      {"http-log", "{http_endpoint: 'http://a', headers: {Host: b}}", "cannot contain 'Host' header"},
      {"http-log", "{http_endpoint: 'http://u:p@a', headers: {Authorization: b}}", "not allowed"},
      {"http-log", "{http_endpoint: 'http://a', custom_fields_by_lua: {a: 'return ('}}", "Error parsing function"},
      {"grpc-web", "{proto: hello.proto}", "messages in JSON are not transcoded"},
      {"tcp-log", "{host: a}", "port"},
      {"file-log", "{path: 'a%b'}", "not a valid filename"},
      {"syslog", "{facility: nowhere}", "facility"},
      {"statsd", "{allow_status_codes: ['200']}", "no range"},
      {"statsd", "{metrics: [{name: latency, stat_type: counter}]}", "needs a sample_rate"},
      {"zipkin", "{static_tags: [{name: lc, value: x}]}", "a tag of Kong's own"},
      {"zipkin", "{static_tags: [{name: a, value: x}, {name: a, value: y}]}", "repeated tags"},
      {"jwt", "{maximum_expiration: 10}", "needs 'exp'"},
      {"rate-limiting", "{second: 1, error_code: 200}", "error_code"},
      {"rate-limiting", "{second: 1, error_code: 99999}", "error_code"},
      {"rate-limiting", "{second: 1, error_code: 429.5}", "error_code"},
      {"ip-restriction", "{deny: [10.0.0.1], status: 100}", "status"},
      {"ip-restriction", "{deny: [10.0.0.1], status: 600}", "status"},
      {"cors", "{origins: ['^https://(?!evil']}", "not a valid regex"},
      {"oauth2", "{}", "one of Kong's that this gateway does not have"},
  };
  for (const refused_config& r : cases) {
    reporter report("kong.yml");
    auto all = load_configuration("_format_version: \"3.0\"\n" + plugin_yaml(r.plugin, r.config), report);
    EXPECT_FALSE(all) << r.plugin << ' ' << r.config;
    std::string found;
    for (const diagnostic& d : report.sorted()) found += report.text_of(d) + "\n";
    EXPECT_NE(found.find(r.message), std::string::npos) << r.plugin << ' ' << r.config << ": " << found;
    EXPECT_NE(found.find("kong.yml:4:"), std::string::npos) << found;
  }
}

struct doubtful_config {
  const char* plugin;
  const char* config;
  const char* warning;  // "" = none
};

TEST(plugin_configurations, that_surely_mean_something_else_get_a_warning) {
  const doubtful_config cases[] = {
      {"rate-limiting", "{second: 10, minute: 600}", "4:54: warning: plugin 'rate-limiting': 600 a minute are never"},
      {"rate-limiting", "{second: 10, minute: 599}", ""},
      {"rate-limiting", "{minute: 10, hour: 500, day: 14400}", "14400 a day are never reached, as 10 a minute"},
      {"rate-limiting", "{day: 1, month: 30}", ""},
      {"rate-limiting", "{day: 1, month: 31}", "31 a month are never reached"},
      {"rate-limiting", "{month: 2, year: 23}", ""},
      {"rate-limiting", "{month: 2, year: 24}", "24 a year are never reached"},
      {"rate-limiting", "{second: 10, minute: 600, policy: redis, redis_host: r}", "never reached"},
      {"rate-limiting", "{second: 10, minute: 600, policy: redis, redis_host: r, sync_rate: 1}", ""},
      {"response-ratelimiting", "{limits: {v: {second: 10, minute: 600}}}", ""},  // an answer may cost more
      {"proxy-cache", "{strategy: memory}", ""},
      {"proxy-cache", "{strategy: memory, memory: {dictionary_name: kong_db_cache}}", ""},
      {"proxy-cache", "{strategy: memory, memory: {dictionary_name: mine}}", "there is one cache here"},
  };
  for (const doubtful_config& d : cases) {
    reporter report("kong.yml");
    EXPECT_TRUE(load_configuration("_format_version: \"3.0\"\n" + plugin_yaml(d.plugin, d.config), report)) << d.config;
    std::string found;
    for (const diagnostic& one : report.sorted()) found += report.text_of(one) + "\n";
    if (*d.warning)
      EXPECT_NE(found.find(d.warning), std::string::npos) << d.config << ": " << found;
    else
      EXPECT_EQ(found, "") << d.config;
  }
}

TEST(plugin_configurations, are_taken_with_empty_lists_beside_full_ones) {
  for (const auto& [plugin, config] : {std::pair("acl", "{allow: [g], deny: []}"),
                                       {"acl", "{allow: [], deny: [g]}"},
                                       {"ip-restriction", "{allow: [], deny: [10.0.0.1]}"}}) {
    reporter report("kong.yml");
    EXPECT_TRUE(load_configuration("_format_version: \"3.0\"\n" + plugin_yaml(plugin, config), report)) << config;
  }
}

}  // namespace
}  // namespace mes::gateway
