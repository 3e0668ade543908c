// request-transformer and response-transformer: cases of K:spec/03-plugins/36-request-transformer/02-access_spec.lua
// and 15-response-transformer/0{1,2,3,4}-*.lua.
#include <fmt/format.h>

#include "gateway/plugins/test_exchange.h"

namespace mes::gateway {
namespace {

std::string transformer(std::string_view config) {
  return with_plugins("- {name: request-transformer, config: " + std::string(config) + "}\n");
}

struct header_case {
  const char* config;
  const char* fields;
  const char* name;
  const char* expected;  // "" = not there
};

TEST(request_transformer, changes_headers) {
  const header_case cases[] = {
      {"{remove: {headers: [x-to-remove]}}", "X-To-Remove: yes\r\n", "x-to-remove", ""},
      {"{remove: {headers: [x-to-remove]}}", "X-Other: yes\r\n", "x-other", "yes"},
      // What stands behind the colon is no template; as one, it ended the process.
      {"{remove: {headers: ['x-to-remove:$(a']}}", "X-To-Remove: yes\r\n", "x-to-remove", ""},
      {"{rename: {headers: ['x-old:x-new']}}", "X-Old: v\r\n", "x-new", "v"},
      {"{rename: {headers: ['x-old:x-new']}}", "X-Old: v\r\n", "x-old", ""},
      {"{rename: {headers: ['x-old:x-new']}}", "X-New: kept\r\n", "x-new", "kept"},
      {"{rename: {headers: ['x-old:x-new']}}", "X-Old: v\r\nX-New: w\r\n", "x-new", "v"},
      {"{rename: {headers: ['x-old:x-new']}}", "X-Old: v\r\nX-Old: w\r\n", "x-new", "(several)"},
      {"{replace: {headers: ['h1:v2']}}", "h1: v1\r\n", "h1", "v2"},
      {"{replace: {headers: ['h1:v2']}}", "", "h1", ""},
      {"{replace: {headers: ['host:other.example']}}", "", "host", "other.example"},
      {"{add: {headers: ['h1:v1']}}", "", "h1", "v1"},
      {"{add: {headers: ['h1:v1']}}", "h1: there\r\n", "h1", "there"},
      {"{add: {headers: ['h1:a:b:c']}}", "", "h1", "a:b:c"},
      {"{add: {headers: ['host:x.example']}}", "", "host", "gw.example"},
      {"{append: {headers: ['h1:v1']}}", "", "h1", "v1"},
      {"{append: {headers: ['h1:v2']}}", "h1: v1\r\n", "h1", "(several)"},
      {"{add: {headers: ['x-q:$(query_params.q)']}}", "", "x-q", "1"},
      {"{add: {headers: ['x-h:$(headers.host)']}}", "", "x-h", "gw.example"},
      {"{add: {headers: ['x-h:<$(headers[\"x-none\"] or \"none\")>']}}", "", "x-h", "<none>"},
      {"{add: {headers: ['x-h:$(headers.x_user)']}}", "X-User: u\r\n", "x-h", "u"},
  };
  for (const header_case& h : cases) {
    test_exchange t(transformer(h.config));
    auto seen = t.send("GET /?q=1 HTTP/1.1\r\nHost: gw.example\r\n" + std::string(h.fields) + "\r\n");
    EXPECT_EQ(seen.sent(h.name), h.expected) << h.config << ' ' << h.fields;
  }
}

struct query_case {
  const char* config;
  const char* query;
  const char* expected;
};

TEST(request_transformer, changes_queries) {
  const query_case cases[] = {
      {"{remove: {querystring: [q1]}}", "q1=v1&q2=v2", "q2=v2"},
      {"{rename: {querystring: ['old:new']}}", "old=v&a=b", "new=v&a=b"},
      {"{rename: {querystring: ['old:new']}}", "new=there", ""},
      {"{replace: {querystring: ['q1:v2']}}", "q1=v1&q2=v", "q1=v2&q2=v"},
      {"{replace: {querystring: ['q1:v2']}}", "q2=v", "q2=v"},
      {"{add: {querystring: ['q1:v1']}}", "", "q1=v1"},
      {"{add: {querystring: ['q1:v1']}}", "q1=there", "q1=there"},
      {"{append: {querystring: ['q1:v2']}}", "q1=v1", "q1=v1&q1=v2"},
      {"{add: {querystring: ['q1:a b/ü']}}", "", "q1=a%20b%2F%C3%BC"},
  };
  for (const query_case& q : cases) {
    test_exchange t(transformer(q.config));
    auto seen = t.send("GET /?" + std::string(q.query) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(seen.query, q.expected) << q.config << ' ' << q.query;
  }
}

// K:kong/plugins/key-auth/handler.lua sets the query anew, and what runs later asks for it then.
TEST(request_transformer, does_not_bring_back_what_a_plugin_before_has_hidden) {
  test_exchange t(with_plugins(R"(- {name: key-auth, config: {hide_credentials: true}}
- {name: request-transformer, config: {add: {querystring: ['x:2'], headers: ['x-key:<$(query_params.apikey)>']}}}
)") + "consumers:\n- username: u\n  keyauth_credentials: [{key: secret}]\n");
  auto seen = t.send("GET /?apikey=secret&q=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(seen.query, "q=1&x=2");
  EXPECT_EQ(seen.sent("x-key"), "<>");
}

TEST(response_transformer, renames_all_fields_of_a_name) {
  test_exchange t(with_plugins("- {name: response-transformer, config: {rename: {headers: ['link:x-link']}}}\n"));
  auto seen = t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                     "HTTP/1.1 200 OK\r\nLink: </1>\r\nContent-Type: text/plain\r\nLink: </2>\r\n\r\nhello");
  EXPECT_EQ(seen.header("x-link"), "</1>, </2>");
  EXPECT_EQ(seen.header("link"), "");
}

// RFC 9110, section 8.6: a Content-Length beside HEAD or 304 is that which GET would have.
TEST(response_transformer, gives_no_length_of_a_body_that_it_has_not_seen) {
  test_exchange t(with_plugins("- {name: response-transformer, config: {remove: {json: [a]}}}\n"));
  for (const auto& [method, status] : {std::pair{"HEAD", "200 OK"}, {"GET", "304 Not Modified"}}) {
    auto seen =
        t.send(fmt::format("{} / HTTP/1.1\r\nHost: a\r\n\r\n", method),
               fmt::format("HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n", status));
    EXPECT_EQ(seen.header("content-length"), "") << method;
  }
}

// It has no part in what correlation-id, which comes behind it, tells the client (Kong's priorities: 800 and 1).
TEST(response_transformer, leaves_the_correlation_id) {
  for (const char* change : {"{rename: {headers: ['X-Id:X-Out']}}", "{remove: {headers: [X-Id]}}",
                             "{append: {headers: ['X-Id:z']}}", "{replace: {headers: ['X-Id:z']}}"}) {
    test_exchange t(
        with_plugins(fmt::format("- {{name: response-transformer, config: {}}}\n"
                                 "- {{name: correlation-id, config: {{header_name: X-Id, echo_downstream: true}}}}\n",
                                 change)));
    auto seen = t.send("GET / HTTP/1.1\r\nHost: a\r\nX-Id: mine\r\n\r\n");
    EXPECT_EQ(seen.header("x-id"), "mine") << change;
    EXPECT_EQ(seen.header("x-out"), "") << change;
  }
}

std::string parts(std::initializer_list<std::pair<const char*, const char*>> all) {
  std::string out;
  for (auto [name, value] : all)
    out += fmt::format("--x\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", name, value);
  return out + "--x--\r\n";
}

struct body_case {
  const char* config;
  const char* type;
  const char* body;
  const char* expected;
};

TEST(request_transformer, changes_bodies) {
  constexpr const char* json = "application/json; charset=utf-8";
  constexpr const char* form = "application/x-www-form-urlencoded";
  const body_case cases[] = {
      {"{remove: {body: [toremove]}}", form, "toremove=yes&nottoremove=yes", "nottoremove=yes"},
      {"{rename: {body: ['a:b']}}", form, "a=1", "b=1"},
      {"{replace: {body: ['a:2']}}", form, "a=1&c=3", "a=2&c=3"},
      {"{add: {body: ['b:2']}}", form, "a=1", "a=1&b=2"},
      {"{append: {body: ['a:2']}}", form, "a=1", "a=1&a=2"},
      {"{replace: {body: ['b:2']}}", form, "a=b/c+d&&x", "a=b/c+d&&x"},  // what no step changes stays as it was written
      {"{add: {body: ['a:2']}}", form, "a={\"b\":[1, 2]}", "a={\"b\":[1, 2]}"},
      {"{replace: {body: ['b:2']}}", form, "", ""},
      {"{remove: {body: [b]}}", form, "a=b/c", "a=b%2Fc"},
      {"{remove: {body: [a]}}", json, R"({"a":1,"b":[]})", R"({"b":[]})"},
      {"{rename: {body: ['a:c']}}", json, R"({"a":1.5})", R"({"c":1.5})"},
      {"{replace: {body: ['a:2']}}", json, R"({"a":1,"b":false})", R"({"a":"2","b":false})"},
      {"{add: {body: ['a:x/y']}}", json, "", R"({"a":"x\/y"})"},
      {"{add: {body: ['a:x']}}", json, R"({"a":null})", R"({"a":null})"},
      {"{append: {body: ['a:3']}}", json, R"({"a":["1","2"]})", R"({"a":["1","2","3"]})"},
      {"{append: {body: ['a:2']}}", json, R"({"a":"1"})", R"({"a":["1","2"]})"},
      {"{add: {body: ['a:x']}}", json, "no json", "no json"},
      {"{add: {body: ['a:x']}}", "text/plain", "text", "text"},
  };
  for (const body_case& b : cases) {
    test_exchange t(transformer(b.config));
    auto seen = t.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + std::string(b.type) +
                       "\r\nContent-Length: " + std::to_string(std::string_view(b.body).size()) + "\r\n\r\n" + b.body);
    EXPECT_EQ(seen.request_body, b.expected) << b.config << ' ' << b.type << ' ' << b.body;
  }
}

TEST(request_transformer, lets_no_body_of_more_members_than_it_reads_go_around_it) {
  test_exchange t(with_plugins("- {name: request-transformer, config: {remove: {body: [a]}}}\n"));
  auto send = [&](const std::string& type, const std::string& body) {
    return t.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + type +
                  "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  const std::string form = "application/x-www-form-urlencoded", json = "application/json";
  EXPECT_EQ(send(form, "a=1" + repeated("&b", 999)).request_body, "b" + repeated("&b", 998));
  EXPECT_EQ(send(form, "a=1" + repeated("&b", 1000)).status, 413);
  EXPECT_EQ(send(json, R"({"a":1,"b":[0)" + repeated(",0", 1'000'000) + "]}").status, 413);
  const std::string part = "--x\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1\r\n", end = "--x--\r\n";
  EXPECT_EQ(send("multipart/form-data; boundary=x", repeated(part, 1000) + end).status, 200);
  EXPECT_EQ(send("multipart/form-data; boundary=x", repeated(part, 1001) + end).status, 413);
  EXPECT_EQ(send("multipart/form-data; boundary=x", "no parts").request_body, "no parts");
}

TEST(request_transformer, changes_multipart_bodies) {
  const struct {
    const char* config;
    std::string body, expected;
  } cases[] = {
      {"{add: {body: ['b:2']}}", parts({{"a", "1"}}), parts({{"a", "1"}, {"b", "2"}})},
      {"{add: {body: ['a:2']}}", parts({{"a", "1"}}), parts({{"a", "1"}})},
      {"{rename: {body: ['a:c']}}", parts({{"a", "1"}, {"b", "2"}}), parts({{"b", "2"}, {"c", "1"}})},
      {"{rename: {body: ['a:b']}}", parts({{"a", "1"}, {"b", "2"}}), parts({{"b", "1"}})},
      {"{rename: {body: ['a:b']}}", parts({{"b", "2"}, {"a", "1"}, {"b", "3"}}), parts({{"b", "1"}})},
      {"{rename: {body: ['a:a']}}", parts({{"a", "1"}, {"b", "2"}}), parts({{"a", "1"}, {"b", "2"}})},
      {"{remove: {body: [a]}, rename: {body: ['a:b']}}", parts({{"a", "1"}, {"c", "3"}}),
       parts({{"c", "3"}, {"b", "1"}})},
      {"{remove: {body: [b]}, rename: {body: ['a:b']}}", parts({{"a", "1"}, {"c", "3"}}), parts({{"c", "3"}})},
      {"{rename: {body: ['a:b']}, replace: {body: ['b:2']}}", parts({{"a", "1"}}), parts({{"b", "2"}})},
      {"{replace: {body: ['a:2']}}", parts({{"a", "1"}, {"b", "2"}, {"a", "3"}}), parts({{"b", "2"}, {"a", "2"}})},
      {"{append: {body: ['a:2']}}", parts({{"a", "1"}}), parts({{"a", "1"}})},
  };
  for (const auto& m : cases) {
    test_exchange t(transformer(m.config));
    auto seen =
        t.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: " +
               std::to_string(m.body.size()) + "\r\n\r\n" + m.body);
    EXPECT_EQ(seen.request_body, m.expected) << m.config << ' ' << m.body;
  }
}

// What cjson reads (1000 levels, any bytes, NaN, infinity), and a service may: no way around the plugins.
std::string nested(int levels) {
  return R"({"a":)" + std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}
const std::pair<std::string, std::string> odd_bodies[] = {
    // a body that goes on with a member "secret", and what is left of it
    {nested(40), nested(40)},
    {nested(900), nested(900)},
    {"{\"a\":\"caf\xe9\"", "{\"a\":\"caf\xe9\""},
    {R"({"a":[NaN,"NaN\"",true])", R"({"a":[null,"NaN\"",true])"},
    {R"({"a":[1e999,-1e999,Infinity,-inf])", R"({"a":[1e999,-1e999,1e999,-1e999])"},
    {R"({"a":[0x10,007,+1])", R"({"a":[16,7,1])"},
    {R"({"a":[9007199254740993,12345678901234567890,123456789012345678901234567890])",
     R"({"a":[9007199254740993,12345678901234567890,1.2345678901235e+29])"},
};

TEST(request_transformer, changes_whatever_a_service_may_take_for_json) {
  test_exchange t(transformer("{remove: {body: [secret]}}"));
  for (const auto& [start, left] : odd_bodies) {
    std::string body = start + R"(,"secret":true})";
    auto seen = t.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(seen.request_body, left + "}") << body;
  }
}

TEST(response_transformer, changes_whatever_a_client_may_take_for_json) {
  test_exchange t(with_plugins("- {name: response-transformer, config: {remove: {json: [secret]}}}\n"));
  for (const auto& [start, left] : odd_bodies)
    EXPECT_EQ(t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + start + R"(,"secret":true})")
                  .body,
              left + "}")
        << start;
}

TEST(request_transformer, changes_method_and_path) {
  test_exchange method(transformer("{http_method: GET}"));
  auto seen = method.send(
      "POST /?a=1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
      "3\r\n\r\nb=2");
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.query, "a=1&b=2");
  test_exchange values(
      transformer("{http_method: GET, add: {querystring: ['z:$(query_params.b)'], headers: ['x:$(query_params.b)']}, "
                  "remove: {querystring: [b]}}"));
  seen = values.send(
      "POST /?a=1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
      "3\r\n\r\nb=2");
  EXPECT_EQ(seen.query, "a=1&z=2");
  EXPECT_EQ(seen.sent("x"), "2");
  test_exchange path(
      "services: [{name: s, host: h, routes: [{name: r, paths: ['~/user/(?<id>\\d+)/(\\w+)']}]}]\n"
      "plugins: [{name: request-transformer, config: {replace: {uri: "
      "'/u/$(uri_captures.id)/x y/$(uri_captures[2])'}}}]\n");
  EXPECT_EQ(path.send("GET /user/7/doe HTTP/1.1\r\nHost: a\r\n\r\n").path, "/u/7/x%20y/doe");
  test_exchange expressions(
      "services: [{name: s, host: h, routes: [{name: r, expression: 'http.path ~ \"^/u/(?<id>[0-9]+)\"'}]}]\n"
      "plugins: [{name: request-transformer, config: {add: {headers: ['X-Id:$(uri_captures.id)']}}}]\n");
  EXPECT_EQ(expressions.send("GET /u/42 HTTP/1.1\r\nHost: a\r\n\r\n").sent("x-id"), "42");
  // A plugin that does not look at the body does not ask for it.
  test_exchange headers(transformer("{add: {headers: ['a:b']}}"));
  EXPECT_EQ(headers.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").asked_for_body, "");
}

struct answer_case {
  const char* config;
  const char* fields;
  const char* name;
  const char* expected;
};

TEST(response_transformer, changes_headers) {
  const answer_case cases[] = {
      {"{remove: {headers: [h1]}}", "h1: v1\r\n", "h1", ""},
      {"{rename: {headers: ['h1:h2']}}", "h1: v1\r\n", "h2", "v1"},
      {"{rename: {headers: ['h1:h2']}}", "h1: v1\r\n", "h1", ""},
      {"{replace: {headers: ['h1:v2']}}", "h1: v1\r\n", "h1", "v2"},
      {"{replace: {headers: ['h1:v2']}}", "", "h1", ""},
      {"{add: {headers: ['h1:v2']}}", "", "h1", "v2"},
      {"{add: {headers: ['h1:v2']}}", "h1: v1\r\n", "h1", "v1"},
      {"{append: {headers: ['h1:v2']}}", "h1: v1\r\n", "h1", "v1, v2"},
      {"{append: {headers: ['h1:v2', 'h1:v3']}}", "", "h1", "v2, v3"},
      {"{remove: {headers: [h1]}, add: {headers: ['h1:v2']}}", "h1: v1\r\n", "h1", ""},
      {"{replace: {headers: ['h1:a:b']}}", "h1: v1\r\n", "h1", "a:b"},
  };
  for (const answer_case& a : cases) {
    test_exchange t(with_plugins("- {name: response-transformer, config: " + std::string(a.config) + "}\n"));
    auto seen = t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n" + std::string(a.fields) + "\r\nx");
    EXPECT_EQ(seen.header(a.name), a.expected) << a.config << ' ' << a.fields;
  }
}

struct json_case {
  const char* config;
  const char* body;
  const char* expected;
};

TEST(response_transformer, changes_json) {
  const json_case cases[] = {
      {"{remove: {json: [p1]}}", R"({"p1":"v1","p2":"v1"})", R"({"p2":"v1"})"},
      {"{replace: {json: ['p1:v2']}}", R"({"p1":"v1","p2":"v1"})", R"({"p1":"v2","p2":"v1"})"},
      {"{replace: {json: ['p3:v2']}}", R"({"p1":"v1"})", R"({"p1":"v1"})"},
      {"{replace: {json: ['p1:false'], json_types: [boolean]}}", R"({"p1":"v1"})", R"({"p1":false})"},
      {"{add: {json: ['p2:-1'], json_types: [number]}}", R"({"p1":"v1"})", R"({"p1":"v1","p2":-1})"},
      {"{add: {json: ['p2:0.5'], json_types: [number]}}", R"({})", R"({"p2":0.5})"},
      {"{add: {json: ['p1:v2']}}", R"({"p1":"v1"})", R"({"p1":"v1"})"},
      {"{append: {json: ['p1:v2']}}", R"({"p1":"v1"})", R"({"p1":["v1","v2"]})"},
      {"{append: {json: ['p1:v3']}}", R"({"p1":["v1","v2"]})", R"({"p1":["v1","v2","v3"]})"},
      {"{add: {json: ['p1:a/b']}}", R"({"p0":[]})", R"({"p0":[],"p1":"a\/b"})"},
      {"{add: {json: ['p1:say \"x\"']}}", R"({})", R"({"p1":"say \"x\""})"},
      {"{append: {json: ['p1:v2', 'p1:v3']}}", R"({"p1":{"z":1}})", R"({"p1":{"z":1,"1":"v2","2":"v3"}})"},
      {"{append: {json: ['p1:v2']}}", R"({"p1":{}})", R"({"p1":["v2"]})"},
      {"{replace: {json: ['p1:']}}", R"({"p1":"v1"})", R"({"p1":"null"})"},
      {"{add: {json: ['p1: 5 '], json_types: [number]}}", R"({})", R"({"p1":5})"},
      {"{add: {json: ['p1: '], json_types: [number]}}", R"({"p0":1})", R"({"p0":1})"},
      {"{remove: {json: [p1]}}", "no json", "no json"},
  };
  for (const json_case& j : cases) {
    test_exchange t(with_plugins("- {name: response-transformer, config: " + std::string(j.config) + "}\n"));
    for (const char* type : {"application/json", "application/json; charset=utf-8", "application/vnd.api+json"})
      EXPECT_EQ(t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                       "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) + "\r\n\r\n" + j.body)
                    .body,
                j.expected)
          << j.config << ' ' << type;
    EXPECT_EQ(t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + std::string(j.body))
                  .body,
              j.body);
  }
}

}  // namespace
}  // namespace mes::gateway
