// What a stop cuts off, and what it does not begin.
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

// By type, and number of the stream: what it is in GOAWAY in its frame's stead.
std::vector<std::pair<int, std::uint32_t>> frames_of(std::string_view bytes) {
  std::vector<std::pair<int, std::uint32_t>> all;
  auto number = [&](std::size_t at, int size) {
    std::uint32_t n = 0;
    for (int i = 0; i < size; ++i) n = n << 8 | static_cast<std::uint8_t>(bytes[at + static_cast<std::size_t>(i)]);
    return n;
  };
  while (bytes.size() >= 9 && bytes.size() >= 9 + number(0, 3)) {
    const int type = bytes[3];
    all.emplace_back(type, number(type == 7 ? 9 : 5, 4));
    bytes.remove_prefix(9 + number(0, 3));
  }
  return all;
}

// More comes than a turn has for one client: the loop is told to stop in between.
TEST(stop, what_goaway_calls_unprocessed_is_not_done) {
  using namespace std::string_literals;
  gateway_under_test g(service_yaml(1, "  routes: [{name: elsewhere, paths: [/elsewhere]}]\n"));
  const std::string ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string filling = "\0\x3e\x80\x4d\0\0\0\0\0"s + std::string(16'000, 'x');  // a frame of an unknown type
  const socket_handle first = g.connect(), much = g.connect();
  first.send(ask);
  first.receive_until("no Route matched");
  much.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"s);
  for (int i = 0; i < 250; ++i) much.send(filling);  // the kernel holds more for a connection that has brought much
  much.send(
      "\0\0\x8\6\0\0\0\0\0"
      "all read"s);
  much.receive_until("all read");
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests +=
        "\0\0\6\1\5\0\0\0"s + static_cast<char>(2 * i + 1) + "\x83\x84\x86\x41\1a";  // POST / http, :authority a
    requests += filling;
  }
  auto held = g.spans.hold();
  first.send(ask);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the loop stands still
  runtime::thread sender("sender", [&] { much.send(requests); });
  runtime::thread stopper("stopper", [&] { g.plane().stop(std::chrono::seconds(10)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  held.unlock();
  const auto frames = frames_of(much.receive_all());
  sender.join();
  stopper.join();

  const auto goaway = std::ranges::find(frames, 7, &std::pair<int, std::uint32_t>::first);
  ASSERT_NE(goaway, frames.end());
  const auto processed = static_cast<std::ptrdiff_t>(goaway->second + 1) / 2;
  EXPECT_LT(processed, 100);
  EXPECT_EQ(std::ranges::count(frames, 1, &std::pair<int, std::uint32_t>::first), processed);
  const auto spans = g.spans.spans();
  EXPECT_EQ(std::ranges::count(spans, "POST unmatched", &recorded_span::name), processed);
}

}  // namespace
}  // namespace mes::gateway
