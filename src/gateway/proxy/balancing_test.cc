// Upstreams end to end: who answers, and what is known of the targets afterwards.
#include <sys/resource.h>

#include <chrono>
#include <set>
#include <thread>

#include "gateway/names/name_server.h"
#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

// A service that answers each request with its name, or with a status of its choice.
class named_service {
 public:
  explicit named_service(std::string name)
      : service([this, name = std::move(name)](socket_handle s) {
          std::string head;
          while (!(head = s.receive_until("\r\n\r\n")).empty()) {
            bool probe = has(head, "GET /health");
            ++(probe ? probes : requests);
            std::string body = name;
            s.send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body);
          }
        }) {}
  std::string target() const { return "127.0.0.1:" + std::to_string(service.port()); }

  std::atomic<int> status = 200, requests = 0, probes = 0;
  raw_service service;
};

std::uint16_t port_of_nobody() {
  raw_service gone(echo);
  return gone.port();
}

std::string upstream_yaml(const std::string& targets, const std::string& more = "") {
  return "services: [{name: s, host: u, routes: [{name: all, paths: [/]}]}]\nupstreams:\n- name: u\n  targets: [" +
         targets + "]\n" + more;
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

// Asks again and again until `done`, for ten seconds at most.
template <class Done>
bool eventually(Done done) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

target_health health_of(gateway_under_test& g, std::size_t target) {
  return g.plane().upstreams().find("u")->report().targets[target].health;
}

constexpr std::string_view no_peer = "{\n  \"message\":\"failure to get a peer from the ring-balancer\"\n}";

TEST(balancing, spreads_by_weight_and_loses_nothing_to_a_dead_target) {
  named_service a("a"), b("b");
  gateway_under_test g(upstream_yaml("{target: '" + a.target() + "', weight: 30}, {target: '" + b.target() +
                                     "', weight: 10}, {target: '127.0.0.1:" + std::to_string(port_of_nobody()) +
                                     "', weight: 10}"));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(g.get("/").starts_with("HTTP/1.1 200")) << i;
  EXPECT_EQ(a.requests + b.requests, 50);
  EXPECT_GE(a.requests, 30);
  EXPECT_GE(b.requests, 10);
  EXPECT_EQ(health_of(g, 2), target_health::healthchecks_off);
}

TEST(balancing, passive_checks_take_a_failing_target_out) {
  named_service a("a"), b("b");
  b.status = 500;
  gateway_under_test g(upstream_yaml("{target: '" + a.target() + "'}, {target: '" + b.target() + "'}",
                                     "  healthchecks: {passive: {unhealthy: {http_failures: 2}}}\n"));
  for (int i = 0; i < 10; ++i) g.get("/");
  EXPECT_EQ(b.requests, 2);
  EXPECT_EQ(a.requests, 8);
  EXPECT_EQ(health_of(g, 0), target_health::healthy);
  EXPECT_EQ(health_of(g, 1), target_health::unhealthy);
  std::string metric = g.plane().upstreams().expose();
  EXPECT_TRUE(has(metric, "kong_upstream_target_health{upstream=\"u\",target=\"" + b.target() + "\",address=\"" +
                              b.target() + "\",state=\"unhealthy\",subsystem=\"http\"} 1\n"))
      << metric;
  a.status = 500;
  for (int i = 0; i < 2; ++i) g.get("/");
  EXPECT_EQ(body_of(g.get("/")), no_peer);
  EXPECT_TRUE(g.plane().upstreams().find("u")->set_health(a.target(), "", true));
  EXPECT_EQ(body_of(g.get("/")), "a");
}

TEST(balancing, passive_checks_count_connections_that_fail) {
  named_service a("a");
  gateway_under_test g(
      upstream_yaml("{target: '127.0.0.1:" + std::to_string(port_of_nobody()) + "'}, {target: '" + a.target() + "'}",
                    "  healthchecks: {passive: {unhealthy: {tcp_failures: 1}}}\n"));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(body_of(g.get("/")), "a");
  EXPECT_EQ(health_of(g, 0), target_health::unhealthy);
}

// No descriptor can be opened as long as it lives.
class descriptor_shortage {
 public:
  descriptor_shortage() {
    getrlimit(RLIMIT_NOFILE, &_before);
    rlimit none{.rlim_cur = 3, .rlim_max = _before.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &none) != 0) ADD_FAILURE();
  }
  ~descriptor_shortage() { setrlimit(RLIMIT_NOFILE, &_before); }

 private:
  rlimit _before{};
};

TEST(balancing, the_gateways_own_trouble_is_none_of_its_targets) {
  named_service a("a");
  gateway_under_test g(
      "services: [{name: s, host: u, routes: [{name: all, paths: [/p]}]}]\nupstreams: [{name: u, targets: [{target: '" +
      a.target() + "'}], healthchecks: {passive: {unhealthy: {tcp_failures: 1}}}}]\n");
  socket_handle client = g.connect();
  client.send("GET /nobody HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(has(client.receive_until("}"), "HTTP/1.1 404"));
  {
    descriptor_shortage shortage;
    client.send("GET /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(has(client.receive_all(), "HTTP/1.1 502"));
  }
  EXPECT_EQ(body_of(g.get("/p")), "a");
  EXPECT_EQ(health_of(g, 0), target_health::healthy);
}

TEST(balancing, active_checks_find_a_target_ill_and_well_again) {
  named_service a("a"), b("b");
  b.status = 503;
  gateway_under_test g(upstream_yaml("{target: '" + a.target() + "'}, {target: '" + b.target() + "'}",
                                     "  healthchecks: {active: {http_path: /health, healthy: {interval: 0.1, "
                                     "successes: 2}, unhealthy: {interval: 0.1, "
                                     "http_failures: 2}}}\n"));
  ASSERT_TRUE(eventually([&] { return health_of(g, 1) == target_health::unhealthy; }));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(body_of(g.get("/")), "a");
  EXPECT_EQ(b.requests, 0);
  b.status = 200;
  ASSERT_TRUE(eventually([&] { return health_of(g, 1) == target_health::healthy; }));
  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) seen.insert(body_of(g.get("/")));
  EXPECT_EQ(seen, (std::set<std::string>{"a", "b"}));
  EXPECT_GE(b.probes, 4);
}

TEST(balancing, keeps_what_it_knows_over_a_reload) {
  named_service a("a"), b("b");
  b.status = 500;
  std::string yaml = upstream_yaml("{target: '" + a.target() + "'}, {target: '" + b.target() + "'}",
                                   "  healthchecks: {passive: {unhealthy: {http_failures: 1}}}\n");
  gateway_under_test g(yaml);
  for (int i = 0; i < 4; ++i) g.get("/");
  g.reload(yaml + "consumers: [{username: new}]\n");
  EXPECT_EQ(health_of(g, 1), target_health::unhealthy);
}

TEST(balancing, all_loops_know_the_same_after_quick_reloads) {
  named_service a("a");
  auto yaml = [&](int failures) {
    return upstream_yaml("{target: '" + a.target() + "'}",
                         "  healthchecks: {passive: {unhealthy: {http_failures: " + std::to_string(failures) + "}}}\n");
  };
  gateway_under_test g(yaml(1), {}, 2);
  for (int round = 0; round < 10; ++round) {
    for (int i = 1; i <= 20; ++i) g.reload(yaml(1 + i % 3));
    ASSERT_TRUE(g.plane().upstreams().find("u")->report().targets.size() == 1);
    auto everywhere = [&](std::string_view answer) {
      return eventually([&] {
        for (int i = 0; i < 16; ++i)
          if (body_of(g.get("/")) != answer) return false;
        return true;
      });
    };
    ASSERT_TRUE(everywhere("a"));
    ASSERT_TRUE(g.plane().upstreams().find("u")->set_health(a.target(), "", false));
    ASSERT_TRUE(everywhere(no_peer)) << round;
    g.plane().upstreams().find("u")->set_health(a.target(), "", true);
  }
}

TEST(balancing, a_removed_target_does_not_come_back_by_a_request_of_before) {
  named_service a("a"), b("b");
  auto yaml = [](const named_service& s) {
    return upstream_yaml("{target: '" + s.target() + "'}",
                         "  healthchecks: {active: {http_path: /health, healthy: {interval: 0.1}}}\nplugins: [{name: "
                         "request-transformer, config: {add: {body: ['x:1']}}}]\n");
  };
  gateway_under_test g(yaml(a));
  socket_handle client = g.connect();
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: "
      "100-continue\r\nContent-Length: 3\r\n\r\n");
  client.receive_until("100 Continue\r\n\r\n");
  g.reload(yaml(b));
  ASSERT_EQ(body_of(g.get("/")), "b");
  client.send("y=2");
  EXPECT_EQ(body_of(client.receive_until("\r\n\r\na")), "a");
  auto targets = g.plane().upstreams().find("u")->report().targets;
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].text(), b.target());
}

TEST(balancing, probes_go_by_the_newest_configuration) {
  std::mutex lock;
  std::string last;
  raw_service service([&](socket_handle s) {
    std::string head = s.receive_until("\r\n\r\n");
    std::lock_guard locked(lock);
    last = head;
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  auto yaml = [&](const std::string& name) {
    return upstream_yaml("{target: '127.0.0.1:" + std::to_string(service.port()) + "'}",
                         "  host_header: " + name + "\n  healthchecks: {active: {healthy: {interval: 0.1}}}\n");
  };
  auto asked_for = [&](std::string_view name) {
    std::lock_guard locked(lock);
    return has(last, "Host: " + std::string(name) + "\r\n");
  };
  gateway_under_test g(yaml("before.example"));
  ASSERT_TRUE(eventually([&] { return asked_for("before.example"); }));
  g.reload(yaml("after.example"));
  EXPECT_TRUE(eventually([&] { return asked_for("after.example"); }));
}

TEST(balancing, goes_by_a_threshold_of_healthy_weight) {
  named_service a("a"), b("b");
  b.status = 500;
  gateway_under_test g(upstream_yaml("{target: '" + a.target() + "'}, {target: '" + b.target() + "'}",
                                     "  healthchecks: {threshold: 75, passive: {unhealthy: {http_failures: 1}}}\n"));
  EXPECT_TRUE(eventually([&] { return body_of(g.get("/")) == no_peer; }));
}

TEST(balancing, by_latency_a_target_that_hangs_is_the_slowest) {
  raw_service hangs([](socket_handle s) { s.receive_all(); });
  raw_service hangs_up([](socket_handle s) { s.receive_until("\r\n\r\n"); });
  for (const raw_service* bad : {&hangs, &hangs_up}) {
    named_service a("a");
    gateway_under_test g(
        "services: [{name: s, host: u, read_timeout: 100, retries: 0, routes: [{name: all, paths: "
        "[/]}]}]\nupstreams: [{name: u, algorithm: latency, targets: [{target: '" +
        a.target() + "'}, {target: '127.0.0.1:" + std::to_string(bad->port()) + "'}]}]\n");
    int failed = 0;
    for (int i = 0; i < 20; ++i) failed += !g.get("/").starts_with("HTTP/1.1 200");
    EXPECT_LE(failed, 2);
  }
}

TEST(balancing, by_latency_a_target_whose_clients_have_given_up_is_slow) {
  raw_service hangs([](socket_handle s) { s.receive_all(); });
  named_service a("a");
  gateway_under_test g(
      "services: [{name: s, host: u, routes: [{name: all, paths: [/]}]}]\nupstreams: [{name: u, algorithm: latency, "
      "targets: [{target: '" +
      a.target() + "'}, {target: '127.0.0.1:" + std::to_string(hangs.port()) + "'}]}]\n");
  int given_up = 0;
  for (int i = 0; i < 20; ++i) {
    socket_handle client = g.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    pollfd p{.fd = client.fd(), .events = POLLIN};
    given_up += poll(&p, 1, 200) <= 0;
  }
  EXPECT_LE(given_up, 2);
}

TEST(balancing, hashes_what_it_is_told_to) {
  named_service a("a"), b("b"), c("c");
  std::string targets =
      "{target: '" + a.target() + "'}, {target: '" + b.target() + "'}, {target: '" + c.target() + "'}";
  struct {
    std::string_view how, path, fields;
  } cases[] = {
      {"hash_on: header, hash_on_header: X-User", "/", "X-User: ada\r\n"},
      {"hash_on: path", "/some/path", ""},
      {"hash_on: query_arg, hash_on_query_arg: user", "/?user=ada&x=1", ""},
      {"hash_on: ip", "/", ""},
      {"hash_on: consumer, hash_fallback: ip", "/", ""},
      {"hash_on: header, hash_on_header: X-None, hash_fallback: path", "/", ""},
      {"hash_on: cookie, hash_on_cookie: session", "/", "Cookie: a=b; session=42\r\n"},
      {"hash_on: cookie, hash_on_cookie: session", "/", "Cookie: a=b\r\nCookie: session=42\r\n"},
  };
  for (const auto& k : cases) {
    gateway_under_test g("services: [{name: s, host: u, routes: [{name: all, paths: [/]}]}]\nupstreams: [{name: u, " +
                         std::string(k.how) + ", targets: [" + targets + "]}]\n");
    std::set<std::string> seen;
    for (int i = 0; i < 6; ++i) seen.insert(body_of(g.get(k.path, k.fields)));
    EXPECT_EQ(seen.size(), 1U) << k.how;
  }
}

TEST(balancing, hashes_what_plugins_have_made_of_a_request) {
  named_service a("a"), b("b");
  const std::string targets = "{target: '" + a.target() + "'}, {target: '" + b.target() + "'}";
  for (const char* how :
       {"hash_on: header, hash_on_header: X-Tenant", "hash_on: query_arg, hash_on_query_arg: tenant"}) {
    gateway_under_test g(
        "services: [{name: s, host: u, routes: [{name: all, paths: [/]}]}]\nupstreams: [{name: u, algorithm: "
        "consistent-hashing, " +
        std::string(how) + ", targets: [" + targets +
        "]}]\nplugins: [{name: request-transformer, config: {add: {headers: ['X-Tenant:t'], querystring: "
        "['tenant:t']}}}]\n");
    std::set<std::string> seen;
    for (int i = 0; i < 6; ++i) seen.insert(body_of(g.get("/")));
    EXPECT_EQ(seen.size(), 1U) << how;
  }
}

TEST(balancing, gives_a_cookie_to_hash_on) {
  named_service a("a");
  gateway_under_test g(
      "services: [{name: s, host: u, routes: [{name: all, paths: [/]}]}]\nupstreams: [{name: u, hash_on: cookie, "
      "hash_on_cookie: mine, hash_on_cookie_path: /p, targets: [{target: '" +
      a.target() + "'}]}]\n");
  std::string answer = g.get("/");
  std::size_t at = answer.find("Set-Cookie: mine=");
  ASSERT_NE(at, std::string::npos) << answer;
  EXPECT_EQ(answer.substr(at + 17 + 36, 10), "; Path=/p\r");
  EXPECT_FALSE(has(g.get("/", "Cookie: mine=1\r\n"), "Set-Cookie"));
  EXPECT_FALSE(has(g.get("/", "Cookie: other=1\r\nCookie: mine=1\r\n"), "Set-Cookie"));
}

TEST(balancing, who_waits_for_continue_is_served_by_another_target_too) {
  named_service a("a");
  gateway_under_test g(
      upstream_yaml("{target: '127.0.0.1:" + std::to_string(port_of_nobody()) + "'}, {target: '" + a.target() + "'}"));
  for (int i = 0; i < 6; ++i) {
    socket_handle client = g.connect();
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    std::string answer = client.receive_until("100 Continue\r\n\r\n");
    client.send("abc");
    answer += client.receive_all();
    EXPECT_TRUE(has(answer, "HTTP/1.1 200 ")) << answer;
  }
}

TEST(balancing, a_slow_service_costs_the_others_nothing) {
  raw_service stuck([](socket_handle s) { s.receive_all(); });  // never answers
  named_service a("a");
  gateway_under_test g("services:\n- {name: slow, url: 'http://127.0.0.1:" + std::to_string(stuck.port()) +
                       "', routes: [{name: slow, paths: [/slow]}]}\n- {name: quick, url: 'http://" + a.target() +
                       "', routes: [{name: quick, paths: [/quick]}]}\n");
  std::vector<socket_handle> waiting;
  for (int i = 0; i < 200; ++i) {
    waiting.push_back(g.connect());
    waiting.back().send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(body_of(g.get("/quick")), "a");
}

// A zone with SRV records of `web.example`, and names that all are this machine.
name_server::zone srv_zone(const std::vector<std::string>& records) {
  name_server::zone zone;
  for (const std::string& r : records) zone[{"web.example", type_srv}].push_back(dns_record(type_srv, 1, r));
  for (const char* name : {"a.example", "b.example", "c.example"})
    zone[{name, type_a}] = {dns_record(type_a, 1, s_of("\x7f\0\0\x01", 4))};
  return zone;
}

TEST(balancing, weights_that_get_smaller_starve_nobody) {
  named_service a("a"), b("b");
  auto zone = [&](int weight) {
    return srv_zone({srv(1, weight, a.service.port(), "a.example"), srv(1, weight, b.service.port(), "b.example")});
  };
  name_server names(zone(50'000));
  gateway_under_test g("services: [{name: s, url: 'http://web.example', routes: [{name: all, paths: [/]}]}]\n", {}, 1,
                       names.options());
  EXPECT_EQ(body_of(g.get("/")), "a");  // which b has the next turn for
  names.use(zone(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));  // until the answers before have ended
  g.get("/");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  a.requests = b.requests = 0;
  for (int i = 0; i < 40; ++i) g.get("/");
  EXPECT_GE(a.requests, 15);
  EXPECT_GE(b.requests, 15);
}

TEST(balancing, a_service_sees_the_name_of_the_srv_record_that_led_to_it) {
  raw_service service(echo);
  name_server names(srv_zone({srv(1, 1, service.port(), "a.example"), srv(1, 1, service.port(), "b.example")}));
  gateway_under_test g(upstream_yaml("{target: 'web.example:80'}", "  use_srv_name: true\n"), {}, 1, names.options());
  auto seen = [&] {
    std::set<std::string> hosts;
    for (int i = 0; i < 4; ++i) {
      const std::string answer = g.get("/");
      const std::size_t at = answer.find("Host: ", answer.find("\r\n\r\n"));
      if (at != std::string::npos) hosts.insert(answer.substr(at + 6, answer.find('\r', at) - at - 6));
    }
    return hosts;
  };
  EXPECT_EQ(seen(), (std::set<std::string>{"a.example", "b.example"}));
  names.use(srv_zone({srv(1, 1, service.port(), "c.example")}));
  EXPECT_TRUE(eventually([&] { return seen() == std::set<std::string>{"c.example"}; }));
}

}  // namespace
}  // namespace mes::gateway
