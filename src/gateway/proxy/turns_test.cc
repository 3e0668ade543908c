// What one client may have of a loop's turn.
#include <string>
#include <thread>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

TEST(turns, carries_much_both_ways_through_a_tunnel) {
  const std::string much(16 << 20, 'x');
  raw_service service([&](socket_handle s) {
    s.receive_until("\r\n\r\n");
    s.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    for (std::size_t got = 0; got < much.size();) {
      const std::string some = s.receive();
      if (some.empty()) return;
      got += some.size();
      s.send(some);
    }
  });
  gateway_under_test g(service_yaml(service.port()));
  socket_handle s = g.connect();
  s.send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  s.receive_until("hello");
  runtime::thread sender("sender", [&] { s.send(much); });
  EXPECT_EQ(s.receive_all().size(), much.size());
  sender.join();
}

// What the only loop finds when it goes on is in the order in which it came.
TEST(turns, who_asks_for_much_at_once_has_one_turn_before_others_have_theirs) {
  gateway_under_test g(service_yaml(1, "  routes: [{name: elsewhere, paths: [/elsewhere]}]\n"));
  const std::string ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", told = "no Route matched";
  socket_handle first = g.connect(), much = g.connect(), little = g.connect();
  for (const socket_handle* s : {&first, &much, &little}) {
    s->send(ask);
    s->receive_until(told);
  }
  {
    auto held = g.spans.hold();
    first.send(ask);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the loop stands still
    std::string all;
    for (int i = 0; i < 200; ++i) all += ask;
    much.send(all + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    little.send("PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
  EXPECT_TRUE(has(little.receive_all(), told));
  EXPECT_TRUE(has(much.receive_all(), "Connection: close"));
  EXPECT_EQ(g.spans.spans().size(), 3U + 1 + 201 + 1);
  EXPECT_NE(g.spans.spans().back().name, "PUT unmatched");
}

}  // namespace
}  // namespace mes::gateway
