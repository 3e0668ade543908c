// How many connections to a service are kept between requests.
#include "gateway/proxy/upstream_pool.h"

#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

constexpr int at_once = 20;
constexpr std::size_t always = 3;

// Requests come to it, and are answered, in waves: all of one are under way together.
class wavy_service {
 public:
  std::uint16_t port() const { return _service.port(); }
  int begun() const { return _service.connections(); }
  int ended() const { return _ended; }

 private:
  void serve(const socket_handle& s) {
    while (has(s.receive_until("\r\n\r\n"), "\r\n\r\n")) {
      _wave.arrive_and_wait();
      s.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwave");
    }
    ++_ended;
  }

  std::atomic<int> _ended = 0;
  std::barrier<> _wave{at_once};
  raw_service _service{[this](socket_handle s) { serve(s); }};
};

class upstream_pools : public testing::Test {
 protected:
  static proxy_options options() {
    proxy_options o;
    o.idle_upstreams_always = always;
    return o;
  }
  void wave() const {
    std::vector<socket_handle> clients;
    for (int i = 0; i < at_once; ++i) {
      clients.push_back(_gateway.connect());
      clients.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (const socket_handle& client : clients) EXPECT_TRUE(has(client.receive_until("wave"), "200 OK"));
  }

  wavy_service _service;
  gateway_under_test _gateway{service_yaml(_service.port()), options()};
};

TEST_F(upstream_pools, keep_what_was_needed_at_once) {
  for (int i = 0; i < 5; ++i) wave();
  EXPECT_LT(_service.begun(), 2 * at_once);  // not again with each wave; a pause of a second may let go of some
}

TEST_F(upstream_pools, let_go_of_what_nobody_needs_any_more) {
  wave();
  const int spare = at_once - static_cast<int>(always);
  for (int i = 0; i < 1000 && _service.ended() < spare; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(_service.ended(), spare);
  wave();
  EXPECT_EQ(_service.begun(), at_once + spare);
}

}  // namespace
}  // namespace mes::gateway
