// What a stop cuts off.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

// Spans, access log and plugins' log phase tell of an exchange together.
TEST(stop, what_it_cuts_off_is_told_of) {
  raw_service service([](socket_handle s) {
    const std::string head = s.receive_until("\r\n\r\n");
    if (has(head, "Upgrade: websocket"))
      s.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    else if (!has(head, "DELETE"))
      s.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nhello");
    s.receive_all();
  });
  gateway_under_test g(service_yaml(service.port()));
  const socket_handle tunnel = g.connect(), events = g.connect(), http2 = g.connect(), unanswered = g.connect();
  tunnel.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  tunnel.receive_until("hello");
  events.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  events.receive_until("hello");
  using namespace std::string_literals;
  http2.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"s);
  http2.send("\0\0\6\1\5\0\0\0\1\x83\x84\x86\x41\1a"s);  // POST / http, :authority a (RFC 7541, appendix A)
  http2.receive_until("hello");
  unanswered.send("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (service.connections() < 4) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(g.spans.spans().empty());
  g.plane().stop(std::chrono::milliseconds(0));

  std::vector<std::string> told;
  for (const recorded_span& s : g.spans.spans()) {
    if (s.kind != observe::span_kind::server) continue;
    const auto status =
        std::ranges::find(s.attributes, "http.response.status_code", &std::pair<std::string, std::string>::first);
    told.push_back(s.name + " " + (status == s.attributes.end() ? "" : status->second));
  }
  std::ranges::sort(told);
  EXPECT_EQ(told, (std::vector<std::string>{"DELETE / 499", "GET / 101", "POST / 200", "PUT / 200"}));
}

}  // namespace
}  // namespace mes::gateway
