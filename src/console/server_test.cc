#include "console/server.h"

#include <gtest/gtest.h>

#include <future>

#include "runtime/thread.h"

namespace mes::console {
namespace {

using runtime::http_call;
using runtime::http_request;
using runtime::http_responder;
using runtime::http_response;

// A console on a free port in front of one server that plays all parts of the platform and notes what it is asked.
class console_server : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = runtime::http_server::listen(_loop, {}, [this](http_request request, http_responder responder) {
      _asked.push_back(request);
      http_response response = http_response::json(200, R"({"from":"part"})");
      response.headers.set("Access-Control-Allow-Origin", "*");
      responder.send(std::move(response));
    });
    ASSERT_TRUE(opened);
    _part = std::move(*opened);
    const std::string part = "http://127.0.0.1:" + std::to_string(_part->port());
    const std::string nobody = "http://127.0.0.1:1";  // tcpmux: nothing listens there
    _console = std::make_unique<server>(
        server_options{.routes = make_routes({.gateway = part,
                                              .prometheus = nobody,
                                              .search = part,
                                              .traces = part,
                                              .bus = part,
                                              .control_socket = "/nonexistent/mes.sock"}),
                       .allowed_hosts = ""},
        _client, _counts, [] { return true; }, [this] { return _metrics.expose(); });
    auto door = runtime::http_server::listen(_loop, {}, [this](http_request request, http_responder responder) {
      _console->handle(std::move(request), std::move(responder), "/logs");
    });
    ASSERT_TRUE(door);
    _door = std::move(*door);
    _thread = runtime::thread("console_test", [this] { _loop.run(); });
  }

  void TearDown() override {
    _loop.stop();
    _thread.join();
  }

  http_response ask(std::string path, http_call call = {}) {
    call.url = "http://127.0.0.1:" + std::to_string(_door->port()) + path;
    auto answer = runtime::http_fetch(std::move(call));
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
    return answer ? *answer : http_response{.status = 0};
  }

  runtime::event_loop _loop;
  observe::registry _metrics;
  probe _counts{_metrics};
  runtime::http_client _client{_loop};
  std::vector<http_request> _asked;
  std::unique_ptr<runtime::http_server> _part, _door;
  std::unique_ptr<server> _console;
  runtime::thread _thread;
};

http_call post(std::string body, std::string_view origin = "") {
  http_call call{.method = "POST", .body = std::move(body)};
  if (!origin.empty()) call.headers.set("Origin", origin);
  return call;
}

TEST_F(console_server, passes_requests_on_to_their_part) {
  const http_response answer = ask("/api/bus/topics/work-order.created/records?partition=1&from=5");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"from":"part"})");
  EXPECT_FALSE(answer.headers.has("Access-Control-Allow-Origin"));
  ASSERT_EQ(_asked.size(), 1U);
  EXPECT_EQ(_asked[0].target, "/topics/work-order.created/records?partition=1&from=5");
}

TEST_F(console_server, passes_bodies_and_tokens_to_the_gateway) {
  http_call call = post(R"({"username":"admin"})");
  call.headers.set("Authorization", "Bearer t");
  call.headers.set("Content-Type", "application/json");
  EXPECT_EQ(ask("/api/v1/auth/login", std::move(call)).status, 200);
  ASSERT_EQ(_asked.size(), 1U);
  EXPECT_EQ(_asked[0].method, "POST");
  EXPECT_EQ(_asked[0].body, R"({"username":"admin"})");
  EXPECT_EQ(_asked[0].headers.get("Authorization"), "Bearer t");
}

TEST_F(console_server, says_which_part_is_silent) {
  const http_response answer = ask("/api/prometheus/api/v1/query?query=up");
  EXPECT_EQ(answer.status, 502);
  EXPECT_NE(answer.body.find("Prometheus does not answer"), std::string::npos);
  EXPECT_EQ(ask("/api/platform/status").status, 502);
}

TEST_F(console_server, lets_nothing_through_that_it_should_not) {
  EXPECT_EQ(ask("/api/v1/auth/login", post("{}", "https://evil.example")).status, 403);
  EXPECT_EQ(ask("/api/logs/_bulk", post("{}")).status, 405);
  EXPECT_EQ(ask("/api/nothing").status, 404);
  http_call rebound;
  rebound.headers.set("Host", "evil.example");
  EXPECT_EQ(ask("/api/bus/topics", rebound).status, 421);
  EXPECT_EQ(ask("/", rebound).status, 421);
  EXPECT_TRUE(_asked.empty());
}

TEST_F(console_server, leads_home_and_answers_probes) {
  const http_response home = ask("/");
  EXPECT_EQ(home.status, 302);
  EXPECT_EQ(home.headers.get("Location"), "/logs");
  EXPECT_EQ(ask("/health/live").status, 200);
  EXPECT_EQ(ask("/health/ready").status, 200);
  ask("/api/bus/topics");
  const std::string metrics = ask("/metrics").body;
  EXPECT_NE(metrics.find("http_requests_total{"), std::string::npos);
  EXPECT_NE(metrics.find(R"(route="/api/bus")"), std::string::npos);
}

}  // namespace
}  // namespace mes::console
