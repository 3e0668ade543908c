// The index gives what the list gives, which is the definition; and the language of expressions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "gateway/router/demands.h"
#include "gateway/router/router.h"

namespace mes::gateway {
namespace {

using testing::HasSubstr;

// Few words, so that routes overlap and shadow each other.
class random_routes {
 public:
  explicit random_routes(unsigned seed) : _random(seed) {}

  void fill(configuration& all, int routes) {
    all.services.resize(2);
    all.services[1].enabled = false;
    for (int i = 0; i < routes; ++i) {
      route r{.id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + i)};
      r.to = pick(20) == 0 ? &all.services[1] : &all.services[0];
      if (pick(3) > 0) fill_list(r.paths, 3, [&] { return path(); });
      if (pick(2) == 0) fill_list(r.hosts, 2, [&] { return host(); });
      if (pick(4) == 0) fill_list(r.methods, 2, [&] { return word({"GET", "POST", "PUT"}); });
      if (pick(5) == 0) fill_list(r.snis, 2, [&] { return word({"a.com", "b.a.com", "c.org."}); });
      if (pick(4) == 0) fill_list(r.headers[word({"x-a", "x-b", "x-c"})], 2, [&] { return header(); });
      if (r.paths.empty() && r.hosts.empty() && r.methods.empty() && r.headers.empty()) r.methods = {"GET"};
      r.regex_priority = pick(3);
      if (pick(6) == 0) {
        r.expression = expression_text();
        r.priority = pick(1000);
      }
      all.routes.push_back(std::move(r));
    }
  }

  std::string path() {
    std::string text = pick(4) == 0 ? "~" : "";
    for (unsigned n = 1 + pick(3); n > 0; --n) text += "/" + word({"a", "b", "ab", "api", "v1"});
    if (!text.starts_with('~')) return text;
    return text + word({"$", "", "/\\d+", "(?<id>b|c)", "*", "?b", "{2}", "|/b", "\\.x"});
  }
  std::string request_path() {
    std::string text;
    for (unsigned n = pick(4); n > 0; --n) text += "/" + word({"a", "b", "ab", "api", "v1", "1", "ab.x"});
    return text.empty() ? "/" : text;
  }
  std::string host() { return word({"a.com", "*.a.com", "b.*", "b.a.com", "a.com:80", "*.com", "c.org"}); }
  std::string header() { return word({"1", "two", "~*^t[a-z]o$", "3"}); }
  std::string expression_text() {
    return word({R"(http.path == "/a/b")", R"(http.path ^= "/a" && http.method != "GET")",
                 R"((http.host == "a.com" || http.path ~ "^/v1/[a-z]+$") && net.port > 79)",
                 R"(any(http.headers.x_a) == "1" && http.path contains "b")",
                 R"(tls.sni =^ ".com" || http.host ^= "b.")"});
  }
  std::string word(std::initializer_list<const char*> words) {
    return words.begin()[pick(static_cast<unsigned>(words.size()))];
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(_random()) % below; }

 private:
  template <class Make>
  void fill_list(std::vector<std::string>& list, unsigned most, Make make) {
    for (unsigned n = 1 + pick(most); n > 0; --n) list.push_back(make());
  }

  std::mt19937 _random;
};

TEST(route_index, finds_what_the_list_finds) {
  int found = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    random_routes random(seed);
    configuration all;
    random.fill(all, seed % 3 == 0 ? 300 : 25);
    router r(all);
    for (int i = 0; i < 300; ++i) {
      std::string path = random.request_path(), host = random.word({"a.com", "b.a.com:80", "b.net", "c.org", ""});
      std::string value = random.word({"1", "TWO", "3", "four"}), name = random.word({"X-A", "x-b", "X-C"});
      header_table headers;
      headers.clear();
      headers.add({.name = name, .value = value});
      bool https = random.pick(2) == 0;
      std::string sni = https ? random.word({"a.com", "b.a.com", "c.org"}) : "";
      std::string method = random.word({"GET", "POST", "DELETE"});
      route_query q{.method = method, .path = path, .host = host, .https = https, .sni = sni, .headers = &headers};
      route_match by_index = r.find(q), by_list = r.find_by_list(q);
      ASSERT_EQ(by_index.to, by_list.to) << "seed " << seed << ": " << method << " " << host << path << " " << name;
      ASSERT_EQ(by_index.matched_bytes, by_list.matched_bytes) << "seed " << seed << ": " << path;
      ASSERT_EQ(by_index.matched_at, by_list.matched_at) << "seed " << seed << ": " << path;
      found += by_index.to ? 1 : 0;
    }
  }
  EXPECT_GT(found, 500);
}

// A lookup looks at a few matchers, however many there are, whatever they are told apart by.
TEST(route_index, looks_at_few_of_many) {
  struct {
    const char* what;
    void (*make)(route& r, const std::string& n);
    void (*ask)(route_query& q, std::string& text, header_table& headers, const std::string& n);
  } sets[] = {
      {"prefixes", [](route& r, const std::string& n) { r.paths = {"/p/" + n + "/"}; },
       [](route_query& q, std::string& text, header_table&, const std::string& n) {
         q.path = text = "/p/" + n + "/x";
       }},
      {"hosts", [](route& r, const std::string& n) { r.hosts = {"h" + n + ".com"}; },
       [](route_query& q, std::string& text, header_table&, const std::string& n) {
         q.host = text = "h" + n + ".com";
       }},
      {"wildcards",
       [](route& r, const std::string& n) {
         r.hosts = {"*.h" + n + ".com"};
         r.paths = {"/"};
       },
       [](route_query& q, std::string& text, header_table&, const std::string& n) {
         q.host = text = "a.h" + n + ".com";
       }},
      {"patterns", [](route& r, const std::string& n) { r.paths = {"~/[a-z]+/" + n + "/\\d+$"}; },
       [](route_query& q, std::string& text, header_table&, const std::string& n) {
         q.path = text = "/abc/" + n + "/12";
       }},
      {"headers",
       [](route& r, const std::string& n) {
         r.headers["x-tenant"] = {"t" + n};
         r.paths = {"/"};
       },
       [](route_query&, std::string& text, header_table& headers, const std::string& n) {
         text = "T" + n;
         headers.add({.name = "X-Tenant", .value = text});
       }},
  };
  for (const auto& set : sets) {
    configuration all;
    for (int i = 0; i < 3000; ++i) {
      route r{.id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + i)};
      set.make(r, std::to_string(i));
      all.routes.push_back(std::move(r));
    }
    std::vector<route_matcher> matchers = make_matchers(all);
    route_index index(matchers);
    for (int i = 7; i < 3000; i += 500) {
      std::string text;
      header_table headers;
      headers.clear();
      route_query q{.method = "GET", .path = "/", .host = "none", .headers = &headers};
      set.ask(q, text, headers, std::to_string(i));
      route_match m;
      std::size_t compared = 0;
      std::uint32_t rank = index.find(route_subject(q), m, &compared);
      ASSERT_NE(rank, route_index::none) << set.what << " " << i;
      EXPECT_EQ(matchers[rank].route_index, static_cast<std::size_t>(i)) << set.what;
      EXPECT_LE(compared, 16U) << set.what;
    }
  }
}

TEST(route_index, knows_what_a_pattern_begins_with) {
  EXPECT_EQ(literal_beginning("^/users/\\d+"), "/users/");
  EXPECT_EQ(literal_beginning("^/v1\\.0/x"), "/v1.0/x");
  EXPECT_EQ(literal_beginning("^/ab*"), "/a");
  EXPECT_EQ(literal_beginning("^/ab?c"), "/a");
  EXPECT_EQ(literal_beginning("^/ab+c"), "/ab");
  EXPECT_EQ(literal_beginning("^/ab{2}"), "/a");
  EXPECT_EQ(literal_beginning("^/a|/b"), "");
  EXPECT_EQ(literal_beginning("^/a(b|c)"), "/a");
  EXPECT_EQ(literal_beginning("^(?i)/a"), "");
  EXPECT_EQ(literal_beginning("/a"), "");
}

bool holds(const std::string& text, const route_query& q) {
  auto e = parse_expression(text);
  EXPECT_TRUE(e) << text << ": " << (e ? "" : e.error().message);
  route_match m;
  return e && matches(*e, route_subject(q), m);
}

// Facts of atc-router 1.2.0: src/interpreter.rs, t/*.t.
TEST(expressions, hold_as_kongs_router_has_them) {
  header_table headers;
  headers.clear();
  headers.add({.name = "X-Foo", .value = "One"});
  headers.add({.name = "x-foo", .value = "two"});
  route_query q{.method = "GET",
                .path = "/foo/bar",
                .host = "example.com:8000",
                .headers = &headers,
                .query = "a=1&b=x%20y&a=2&c"};
  EXPECT_TRUE(holds(R"(http.path ^= "/foo" && http.method == "GET")", q));
  EXPECT_TRUE(holds(R"(http.path =^ "/bar")", q));
  EXPECT_TRUE(holds(R"(http.path contains "o/b")", q));
  EXPECT_TRUE(holds(R"(http.path ~ "^/foo/[a-z]+$")", q));
  EXPECT_TRUE(holds(R"(http.path ~ r#"^/\w+/bar$"#)", q));
  EXPECT_FALSE(holds(R"(http.path == "/foo")", q));
  EXPECT_TRUE(holds(R"(http.host == "example.com" && net.port == 8000)", q));
  EXPECT_TRUE(holds("net.port >= 0x10 && net.port < 9000 && net.port != 010", q));
  EXPECT_TRUE(holds(R"(net.protocol == "http")", q));
  // All values must match, unless there is any(). Values of headers are in lower case.
  EXPECT_FALSE(holds(R"(http.headers.x_foo == "one")", q));
  EXPECT_TRUE(holds(R"(any(http.headers.x_foo) == "one")", q));
  EXPECT_FALSE(holds(R"(any(http.headers.x_foo) == "One")", q));
  EXPECT_TRUE(holds(R"(http.headers.x_foo ~ "one|two")", q));
  EXPECT_TRUE(holds(R"(lower(http.host) == "example.com")", q));
  EXPECT_TRUE(holds(R"(any(http.queries.a) == "2" && http.queries.b == "x y" && http.queries.c == "")", q));
  // What is not there matches nothing, != neither.
  EXPECT_FALSE(holds(R"(tls.sni != "a")", q));
  EXPECT_FALSE(holds(R"(http.headers.none != "a")", q));
  // || binds closer than &&.
  EXPECT_FALSE(holds(R"(http.method == "GET" || http.method == "PUT" && http.path == "/x")", q));
  EXPECT_TRUE(holds(R"(http.method == "GET" || (http.method == "PUT" && http.path == "/x"))", q));
}

TEST(expressions, say_what_is_wrong_and_where) {
  struct {
    const char *text, *wrong;
  } cases[] = {
      {"", "column 1: a field is expected"},
      {"http.path", "column 10: an operator is expected"},
      {R"(http.pat == "/")", "column 1: unknown field http.pat"},
      {R"(http.path == 3)", "column 14: Type mismatch"},
      {R"(http.path > "3")", "column 13: a number is expected"},
      {R"(net.port == "80")", "column 13: a number is expected"},
      {R"(net.port ~ "80")", "column 12: a number is expected"},
      {R"(http.path == "/)", "the text has no end"},
      {R"(http.path ~ "(")", "column 13: invalid regex"},
      {R"((http.path == "/")", "')' is missing"},
      {R"(http.path == "/" http.path == "/")", "column 18: &&, || or the end is expected"},
      {R"(upper(http.path) == "/")", "column 1: unknown transformation function: upper"},
      {R"(net.src.ip in 10.0.0.0/8)", "is for streams"},
  };
  for (const auto& c : cases) {
    auto e = parse_expression(c.text);
    ASSERT_FALSE(e) << c.text;
    EXPECT_THAT(e.error().message, HasSubstr(c.wrong)) << c.text;
  }
  EXPECT_FALSE(parse_expression(std::string(100, '(') + "http.path == \"/\"" + std::string(100, ')')));
}

}  // namespace
}  // namespace mes::gateway
