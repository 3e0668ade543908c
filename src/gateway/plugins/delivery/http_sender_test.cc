#include "gateway/plugins/delivery/http_sender.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

using namespace std::chrono_literals;

result<http_answer> post(std::uint16_t port, http_sender::options options) {
  http_sender sender(*http_url::parse("http://127.0.0.1:" + std::to_string(port)), options);
  wait_end never;
  return sender.send("POST", {}, "x", never);
}

// Each of resty.http's three timeouts is for its own wait.
TEST(http_sender, waits_for_an_answer_by_the_timeout_of_reading_alone) {
  std::promise<void> end;
  raw_service silent([heard = end.get_future().share()](socket_handle s) {
    s.receive_until("\r\n\r\n");
    heard.wait();
  });
  EXPECT_FALSE(post(silent.port(), {.connect_timeout = 1h, .send_timeout = 1h, .read_timeout = 1ms}));
  end.set_value();
  raw_service slow([](socket_handle s) {
    s.receive_until("\r\n\r\n");
    std::this_thread::sleep_for(1500ms);
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto answer = post(slow.port(), {.connect_timeout = 1s, .send_timeout = 1s, .read_timeout = 1h});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
}

}  // namespace
}  // namespace mes::gateway
