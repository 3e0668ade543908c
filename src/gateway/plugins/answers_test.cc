// rate-limiting, response-ratelimiting, proxy-cache: K:spec/03-plugins/{23-rate-limiting,24-response-rate-limiting,
// 31-proxy-cache}.
#include <fmt/format.h>

#include <initializer_list>

#include "gateway/plugins/redis/test_redis.h"
#include "gateway/plugins/test_exchange.h"
#include "observe/log.h"

namespace mes::gateway {
namespace {

constexpr const char* request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(rate_limiting, tells_what_is_left) {
  test_exchange t(with_plugins("- {name: rate-limiting, config: {minute: 3, hour: 5}}\n"));
  t.clock.now_s = 1'699'999'990;  // 10 s into a minute, 790 s into an hour
  for (int left : {2, 1, 0}) {
    auto seen = t.send(request);
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.header("x-ratelimit-limit-minute"), "3");
    EXPECT_EQ(seen.header("x-ratelimit-remaining-minute"), std::to_string(left));
    EXPECT_EQ(seen.header("x-ratelimit-remaining-hour"), std::to_string(left + 2));
    EXPECT_EQ(seen.header("ratelimit-limit"), "3");
    EXPECT_EQ(seen.header("ratelimit-remaining"), std::to_string(left));
    EXPECT_EQ(seen.header("ratelimit-reset"), "50");
    EXPECT_EQ(seen.header("retry-after"), "");
  }
  auto stopped = t.send(request);
  EXPECT_EQ(stopped.refusal(), "429 {\n  \"message\":\"API rate limit exceeded\"\n}");
  EXPECT_EQ(stopped.header("retry-after"), "50");
  EXPECT_EQ(stopped.header("ratelimit-remaining"), "0");
  t.clock.now_s += 50;
  EXPECT_EQ(t.send(request).status, 200);
}

// A list of edits has room of its own for their values, and takes more where that is not enough.
TEST(header_edits, keep_values_of_any_size) {
  header_edits edits;
  std::string large(3000, 'l');
  for (int turn = 0; turn < 3; ++turn) {
    for (std::string_view name : {"a", "b", "c"}) edits.set(name, large);
    edits.set("host", "small");
    edits.add("Host", "second");
    header_edits copy(edits);
    for (header_edits* e : {&edits, &copy}) {
      EXPECT_EQ(e->find("B")->value, large);
      EXPECT_EQ(e->find("host")->value, "small");
      EXPECT_EQ(e->find("x-real-ip"), nullptr);
      EXPECT_TRUE(e->replaces({.name = "C", .value = "", .id = field_id::other}));
      EXPECT_FALSE(e->replaces({.name = "d", .value = "", .id = field_id::other}));
    }
    edits.reset();
    EXPECT_EQ(edits.find("host"), nullptr);
    EXPECT_FALSE(edits.replaces({.name = "a", .value = "", .id = field_id::other}));
  }
}

struct limit_case {
  const char* by;
  const char* first;
  const char* second;  // a request that has a count of its own
};

TEST(rate_limiting, counts_by_what_it_is_told) {
  const limit_case cases[] = {
      {"limit_by: header, header_name: X-Key", "GET / HTTP/1.1\r\nHost: a\r\nX-Key: 1\r\n\r\n",
       "GET / HTTP/1.1\r\nHost: a\r\nX-Key: 2\r\n\r\n"},
      {"limit_by: path, path: /a", "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "GET /b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"limit_by: consumer", "GET /?apikey=one HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET /?apikey=two HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"limit_by: credential", "GET /?apikey=one HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET /?apikey=other-one HTTP/1.1\r\nHost: a\r\n\r\n"},
  };
  for (const limit_case& l : cases) {
    bool keys = std::string_view(l.first).find("apikey") != std::string_view::npos;
    test_exchange t(with_plugins(std::string(keys ? "- {name: key-auth}\n" : "") +
                                     "- {name: rate-limiting, config: {minute: 1, hide_client_headers: true, " + l.by +
                                     "}}\n",
                                 "consumers:\n- {username: one, keyauth_credentials: [{key: one}, {key: other-one}]}\n"
                                 "- {username: two, keyauth_credentials: [{key: two}]}\n"));
    EXPECT_EQ(t.send(l.first).status, 200) << l.by;
    EXPECT_EQ(t.send(l.first).status, 429) << l.by;
    auto other = t.send(l.second);
    EXPECT_EQ(other.status, 200) << l.by;
    EXPECT_EQ(other.header("ratelimit-limit"), "");
  }
  test_exchange own(
      with_plugins("- {name: rate-limiting, config: {second: 1, error_code: 403, error_message: slow}}\n"));
  own.send(request);
  EXPECT_EQ(own.get("/", "Accept: text/plain\r\n"), "403 slow\n");
}

// The last second of a minute; the answer comes in the next one. Kong (handler.lua) reads the clock once.
TEST(rate_limiting, takes_what_redis_says_for_the_window_that_was_asked_for) {
  for (const char* more : {"", ", sync_rate: 3600"}) {
    set_clock* clock = nullptr;
    test_redis redis([&](const redis_command& c) {
      clock->now_s = 1'700'000'040;
      const bool is_old = c.at(3).ends_with(":1699999980000:minute");
      return fmt::format("*1\r\n:{}\r\n", is_old ? 5 : 0);
    });
    observe::logger log("test", observe::level::error);
    log.set_stdout(false);
    redis_links links(log);
    test_exchange t(with_plugins(fmt::format("- {{name: rate-limiting, config: {{minute: 5, policy: redis, redis_host: "
                                             "127.0.0.1, redis_port: {}{}}}}}\n",
                                             redis.address().port, more)),
                    &links);
    clock = &t.clock;
    t.clock.now_s = 1'700'000'039;
    auto old = t.send(request);
    EXPECT_EQ(old.status, 429) << more;
    EXPECT_EQ(old.header("retry-after"), "1") << more;
    auto fresh = t.send(request);
    EXPECT_EQ(fresh.status, 200) << more;
    EXPECT_EQ(fresh.header("x-ratelimit-remaining-minute"), "4") << more;
    EXPECT_EQ(fresh.header("ratelimit-reset"), "60") << more;
    links.stop();
  }
}

// Kong: the cost is Lua's tonumber, which shm:incr adds as it is; what is left is written as Lua's tostring does.
TEST(response_ratelimiting, reads_costs_as_lua_does) {
  test_exchange t(with_plugins("- {name: response-ratelimiting, config: {limits: {v: {minute: 10}}}}\n"));
  struct row {
    const char *cost, *left;
  };
  for (const row& r : std::initializer_list<row>{{"1.5", "8.5"},
                                                 {"1e0", "7.5"},
                                                 {"0x2", "5.5"},
                                                 {"+1", "4.5"},
                                                 {"-.5", "5"},
                                                 {"1 2", "5"},
                                                 {"1=2", "5"},
                                                 {"v", "5"},
                                                 {"", "5"},
                                                 {"9223372036854775807", "0"},
                                                 {"0", "0"}}) {
    auto seen = t.send(request, fmt::format("HTTP/1.1 200 OK\r\nX-Kong-Limit: v={}\r\n\r\nok", r.cost));
    EXPECT_EQ(seen.status, 200) << r.cost;
    EXPECT_EQ(seen.header("x-ratelimit-remaining-v-minute"), r.left) << r.cost;
  }
  EXPECT_EQ(t.send(request, "HTTP/1.1 200 OK\r\nX-Kong-Limit: v=1\r\n\r\nok").status, 429);
}

TEST(response_ratelimiting, counts_what_answers_cost) {
  test_exchange t(
      with_plugins("- {name: response-ratelimiting, config: {limits: {video: {minute: 6}, image: {minute: 4}}}}\n"));
  t.clock.now_s = 1'700'000'040;
  std::string costs = "HTTP/1.1 200 OK\r\nx-kong-limit: video=2, image=1, other=9\r\n\r\nbody";
  for (int round = 0; round < 3; ++round) {
    auto seen = t.send(request, costs);
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.header("x-ratelimit-limit-video-minute"), "6");
    EXPECT_EQ(seen.header("x-ratelimit-remaining-video-minute"), std::to_string(4 - 2 * round));
    EXPECT_EQ(seen.header("x-ratelimit-remaining-image-minute"), std::to_string(3 - round));
    EXPECT_EQ(seen.header("x-kong-limit"), "");
    EXPECT_EQ(seen.sent("x-ratelimit-remaining-video"), std::to_string(6 - 2 * round));
  }
  auto stopped = t.send(request, costs);
  EXPECT_EQ(stopped.status, 429);
  EXPECT_EQ(stopped.body, "");
  EXPECT_EQ(t.send(request, "HTTP/1.1 200 OK\r\n\r\n").status, 200);  // what costs nothing passes
  test_exchange first(
      with_plugins("- {name: response-ratelimiting, config: {limits: {video: {minute: 2}}, "
                   "block_on_first_violation: true}}\n"));
  EXPECT_EQ(first.send(request, costs).status, 200);
  EXPECT_EQ(first.get(), "429 {\n  \"message\":\"API rate limit exceeded for 'video'\"\n}");
}

TEST(proxy_cache, answers_from_memory) {
  test_exchange t(with_plugins("- {name: proxy-cache, config: {strategy: memory, cache_ttl: 10}}\n"));
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\nConnection: x\r\n\r\nfirst";
  auto miss = t.send(request, answer);
  EXPECT_EQ(miss.header("x-cache-status"), "Miss");
  EXPECT_EQ(miss.header("x-cache-key").size(), 64U);
  t.clock.now_s += 3;
  auto hit = t.send(request, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nsecond");
  EXPECT_FALSE(hit.reached_service);
  EXPECT_EQ(hit.body, "first");
  EXPECT_EQ(hit.header("x-cache-status"), "Hit");
  EXPECT_EQ(hit.header("age"), "3");
  EXPECT_EQ(hit.header("x-a"), "1, 2");
  EXPECT_EQ(hit.header("connection"), "");
  EXPECT_EQ(hit.header("x-cache-key"), miss.header("x-cache-key"));
  t.clock.now_s += 8;
  EXPECT_EQ(t.send(request, answer).header("x-cache-status"), "Miss");  // it is forgotten with its time to live
  // Another query is another answer; the same arguments in another order are not.
  EXPECT_EQ(t.send("GET /?b=2&a=1 HTTP/1.1\r\nHost: a\r\n\r\n").header("x-cache-status"), "Miss");
  EXPECT_EQ(t.send("GET /?a=1&b=2 HTTP/1.1\r\nHost: a\r\n\r\n").header("x-cache-status"), "Hit");
}

struct cache_case {
  const char* config;
  const char* request_line;
  const char* fields;
  const char* answer_fields;
  const char* expected;  // X-Cache-Status of the first answer
};

TEST(proxy_cache, bypasses_what_may_not_be_kept) {
  constexpr const char* text = "Content-Type: text/plain\r\n";
  const cache_case cases[] = {
      {"", "POST / HTTP/1.1", "", text, "Bypass"},
      {"request_method: [POST]", "POST / HTTP/1.1", "", text, "Miss"},
      {"", "GET / HTTP/1.1", "", "Content-Type: text/html\r\n", "Bypass"},
      {"content_type: ['text/*']", "GET / HTTP/1.1", "", "Content-Type: text/html\r\n", "Miss"},
      {"", "GET / HTTP/1.1", "", "Content-Type: application/json; charset=utf-8\r\n", "Bypass"},
      {"content_type: ['application/json; charset=utf-8']", "GET / HTTP/1.1", "",
       "Content-Type: Application/JSON ;Charset=\"utf-8\"\r\n", "Miss"},
      {"content_type: ['application/json; charset=utf-8']", "GET / HTTP/1.1", "",
       "Content-Type: application/json; charset=UTF-8\r\n", "Bypass"},
      {"response_code: [404]", "GET / HTTP/1.1", "", text, "Bypass"},
      {"cache_control: true", "GET / HTTP/1.1", "", text, "Bypass"},
      {"cache_control: true", "GET / HTTP/1.1", "", "Content-Type: text/plain\r\nCache-Control: max-age=5\r\n", "Miss"},
      {"cache_control: true", "GET / HTTP/1.1", "", "Content-Type: text/plain\r\nCache-Control: private, max-age=5\r\n",
       "Bypass"},
      {"cache_control: true", "GET / HTTP/1.1", "",
       "Content-Type: text/plain\r\nCache-Control: max-age=5\r\nCache-Control: private\r\n", "Bypass"},
      {"cache_control: true", "GET / HTTP/1.1", "",
       "Content-Type: text/plain\r\nCache-Control: public\r\nCache-Control: max-age=5\r\n", "Miss"},
      {"cache_control: true", "GET / HTTP/1.1", "Cache-Control: max-age=5\r\nCache-Control: no-cache\r\n", text,
       "Bypass"},
      {"cache_control: true", "GET / HTTP/1.1", "Cache-Control: no-cache\r\n", text, "Bypass"},
      {"cache_control: true", "GET / HTTP/1.1", "Authorization: x\r\n", text, "Bypass"},
      {"cache_control: true", "GET / HTTP/1.1", "",
       "Content-Type: text/plain\r\nExpires: Tue, 14 Nov 2023 22:14:20 GMT\r\n", "Miss"},
      {"cache_control: true", "GET / HTTP/1.1", "",
       "Content-Type: text/plain\r\nExpires: Tue, 14 Nov 2023 22:13:20 GMT\r\n", "Bypass"},
  };
  for (const cache_case& k : cases) {
    test_exchange t(with_plugins("- {name: proxy-cache, config: {strategy: memory, " + std::string(k.config) + "}}\n"));
    auto seen = t.send(std::string(k.request_line) + "\r\nHost: a\r\n" + k.fields + "\r\n",
                       "HTTP/1.1 200 OK\r\n" + std::string(k.answer_fields) + "\r\nx");
    EXPECT_EQ(seen.header("x-cache-status"), k.expected) << k.config << ' ' << k.fields << ' ' << k.answer_fields;
  }
  test_exchange appended(
      with_plugins("- {name: proxy-cache, config: {strategy: memory, cache_control: true}}\n"
                   "- {name: response-transformer, config: {append: {headers: ['Cache-Control:private']}}}\n"));
  EXPECT_EQ(appended.send(request, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=5\r\n\r\nx")
                .header("x-cache-status"),
            "Bypass");
  test_exchange only(with_plugins("- {name: proxy-cache, config: {strategy: memory, cache_control: true}}\n"));
  EXPECT_EQ(only.get("/", "Cache-Control: only-if-cached\r\n"), "504 ");
}

// RFC 9111, sections 1.2.2 and 4.2.1.
TEST(proxy_cache, reads_times_of_any_length) {
  struct time_case {
    const char* said;
    const char* ttl_s;  // "" = not kept
  };
  constexpr const char* most = "2147483648";
  const time_case cases[] = {{"max-age=5", "5"},
                             {"max-age=2147483648", most},
                             {"max-age=4294967296", most},
                             {"max-age=9223372036854775807", most},
                             {"max-age=99999999999999999999", most},
                             {"s-maxage=18446744073709551617, max-age=5", most},
                             {"s-maxage=0, max-age=5", ""},
                             {"max-age=inf", ""},
                             {"max-age=1e3", ""},
                             {"max-age=-5", ""},
                             {"max-age=", ""},
                             {"max-age", ""},
                             {"s-maxage=x, max-age=5", ""}};
  for (const char* config : {"", ", storage_ttl: 9223372036854775807", ", cache_ttl: 9223372036854775807"}) {
    for (const time_case& k : cases) {
      test_exchange t(with_plugins("- {name: proxy-cache, config: {strategy: memory, cache_control: true" +
                                   std::string(config) + "}}\n"));
      const std::string answer =
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: " + std::string(k.said) + "\r\n\r\nx";
      const std::string key = t.send(request, answer).header("x-cache-key");
      auto kept = t.cache.find(key, t.clock.now_s);
      EXPECT_EQ(kept ? std::to_string(kept->ttl_s) : "", k.ttl_s) << k.said << config;
      EXPECT_EQ(t.send(request, answer).header("x-cache-status"), kept ? "Hit" : "Bypass") << k.said << config;
    }
  }
  test_exchange without(
      with_plugins("- {name: proxy-cache, config: {strategy: memory, cache_ttl: 9223372036854775807}}\n"));
  without.send(request);
  EXPECT_EQ(without.send(request).header("x-cache-status"), "Hit");
  test_exchange asked(with_plugins("- {name: proxy-cache, config: {strategy: memory, cache_control: true}}\n"));
  const std::string fresh = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=60\r\n\r\nx";
  auto status = [&](const std::string& directive) {
    return asked.send("GET / HTTP/1.1\r\nHost: a\r\nCache-Control: " + directive + "\r\n\r\n", fresh)
        .header("x-cache-status");
  };
  status("max-age=60");
  EXPECT_EQ(status("max-age=99999999999999999999"), "Hit");
  EXPECT_EQ(status("max-stale=99999999999999999999"), "Hit");
  EXPECT_EQ(status("min-fresh=99999999999999999999"), "Refresh");
}

TEST(proxy_cache, a_clock_that_is_set_changes_no_age) {
  test_exchange t(with_plugins("- {name: proxy-cache, config: {strategy: memory, cache_ttl: 10}}\n"));
  t.send(request);
  t.clock.now_s += 3;
  for (std::int64_t by_s : {-14'400, 14'400, 86'400}) {
    t.clock.set(by_s);
    auto hit = t.send(request);
    EXPECT_EQ(hit.header("x-cache-status") + " " + hit.header("age"), "Hit 3") << by_s;
  }
  t.clock.set(-100'000);
  t.clock.now_s += 8;
  EXPECT_EQ(t.send(request).header("x-cache-status"), "Miss");
}

// RFC 9111, section 3.1.
TEST(proxy_cache, keeps_no_fields_of_one_hop) {
  test_exchange t(
      with_plugins("- {name: proxy-cache, config: {strategy: memory}}\n"
                   "- {name: response-transformer, config: {add: {headers: ['X-Ours:1']}}}\n"));
  const std::string key = t.send(request,
                                 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: X-Hop, close, x-ours\r\n"
                                 "x-hop: secret\r\nX-End: 1\r\n\r\nx")
                              .header("x-cache-key");
  auto hit = t.send(request);
  EXPECT_EQ(hit.header("x-cache-status"), "Hit");
  EXPECT_EQ(hit.header("x-hop"), "");
  EXPECT_EQ(hit.header("x-end"), "1");
  EXPECT_EQ(hit.header("x-ours"), "1");  // is the gateway's own
  for (const auto& [name, value] : t.cache.find(key, t.clock.now_s)->headers)
    EXPECT_TRUE(name != "Connection" && name != "x-hop") << name;
}

std::shared_ptr<cache_entry> entry_of(response_cache& cache, std::size_t bytes) {
  auto entry = cache.begin();
  entry->response.forget_s = 10;
  return cache.append(*entry, std::string(bytes, 'x')) ? entry : nullptr;
}

TEST(proxy_cache, is_bounded) {
  response_cache cache(8000);
  for (int i = 0; i < 100; ++i) cache.keep("k" + std::to_string(i), entry_of(cache, 500));
  EXPECT_LE(cache.bytes(), 8000U);
  EXPECT_TRUE(cache.find("k99", 0));
  EXPECT_FALSE(cache.find("k0", 0));
  EXPECT_FALSE(cache.find("k99", 10));
  EXPECT_FALSE(entry_of(cache, 2000));
}

// What comes and what is being sent takes memory as well as what is kept.
TEST(proxy_cache, counts_answers_wherever_they_are) {
  response_cache cache(8000);
  for (int i = 0; i < 20; ++i) cache.keep("k" + std::to_string(i), entry_of(cache, 500));
  std::vector<std::shared_ptr<const cached_response>> sent = {cache.find("k18", 0), cache.find("k19", 0)};
  std::vector<std::shared_ptr<cache_entry>> coming;
  for (int i = 0; i < 100; ++i)
    if (auto entry = entry_of(cache, 500)) coming.push_back(entry);
  EXPECT_GE(coming.size(), 6U);
  EXPECT_LT(coming.size(), 14U);
  EXPECT_LE(cache.bytes(), 8000U);
  EXPECT_FALSE(cache.find("k17", 0));  // has made room; the two have none to make
  EXPECT_TRUE(cache.find("k18", 0));
  cache.clear();
  EXPECT_GE(cache.bytes(), 500 * (sent.size() + coming.size()));
  sent.clear();
  cache.keep("new", std::move(coming.back()));
  coming.clear();
  EXPECT_TRUE(cache.find("new", 0));
  cache.remove("new");
  EXPECT_EQ(cache.bytes(), 0U);
}

}  // namespace
}  // namespace mes::gateway
