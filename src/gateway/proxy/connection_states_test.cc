// What clients' connections are doing, as nginx 1.22's stub_status counts the same.
#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

struct counts {
  std::uint64_t active, reading, waiting, writing;
  bool operator==(const counts&) const = default;
};

// Once they are so, or after ten seconds.
counts counts_of(gateway_under_test& gw, counts wanted) {
  counts now{};
  for (int i = 0; i < 1000; ++i) {
    proxy::status s = gw.plane().current();
    now = {s.active, s.reading, s.waiting, s.writing};
    if (now == wanted) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return now;
}

TEST(connection_states, are_those_of_nginx) {
  std::atomic<bool> answers = false;
  raw_service service([&](socket_handle s) {
    s.receive();
    while (!answers) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    s.receive();
  });
  gateway_under_test gw(service_yaml(service.port()));
  {
    socket_handle a = gw.connect(), b = gw.connect(), c = gw.connect();
    EXPECT_EQ(counts_of(gw, {3, 0, 3, 0}), (counts{3, 0, 3, 0}));
    b.send("GET /");
    c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(counts_of(gw, {3, 1, 1, 1}), (counts{3, 1, 1, 1}));
    answers = true;
    c.receive_until("\r\n\r\n");
    EXPECT_EQ(counts_of(gw, {3, 1, 2, 0}), (counts{3, 1, 2, 0}));
    std::string text = gw.plane().expose_stats();
    EXPECT_TRUE(has(text, "state=\"reading\"} 1\n")) << text;
    EXPECT_TRUE(has(text, "state=\"waiting\"} 2\n"));
    EXPECT_TRUE(has(text, "state=\"writing\"} 0\n"));
  }
  EXPECT_EQ(counts_of(gw, {0, 0, 0, 0}), (counts{0, 0, 0, 0}));
}

}  // namespace
}  // namespace mes::gateway
