// Requests that one turn of the loop answers: each client gets its own answer whole, however slowly it takes it.
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "gateway/net/send_batch.h"
#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

constexpr int clients = 40;

std::size_t rings_of_this_process() {
  std::size_t rings = 0;
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone_meanwhile;
    rings += has(std::filesystem::read_symlink(fd, gone_meanwhile).string(), "[io_uring]") ? 1 : 0;
  }
  return rings;
}

std::string body_of(int client, std::size_t bytes) {
  std::string body;
  while (body.size() < bytes) body += std::to_string(client) + ":" + std::to_string(body.size()) + ";";
  return body;
}

// What the loop finds when it goes on has come meanwhile.
void while_it_stands_still(gateway_under_test& g, const std::function<void()>& act) {
  socket_handle first = g.connect();
  auto held = g.spans.hold();
  first.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  first.receive_until("GET /first");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  act();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

class batched_sends : public testing::TestWithParam<bool> {
 protected:
  proxy_options options() const {
    proxy_options o;
    o.batched_sends = GetParam();
    return o;
  }
};

TEST_P(batched_sends, are_used_where_they_are_wanted_and_allowed) {
  const bool allowed = send_batch::open().has_value();  // else each sends for itself
  const std::size_t before = rings_of_this_process();
  gateway_under_test g("services: []\n", options(), 2);
  EXPECT_EQ(rings_of_this_process() - before, GetParam() && allowed ? 2U : 0U);
}

TEST_P(batched_sends, bring_each_client_its_own_answer) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()), options());
  std::vector<socket_handle> all;
  for (int i = 0; i < clients; ++i) all.push_back(g.connect());
  while_it_stands_still(g, [&] {
    for (int i = 0; i < clients; ++i) {
      const std::string body = body_of(i, 200);
      all[static_cast<std::size_t>(i)].send("POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                                            std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  });
  for (int i = 0; i < clients; ++i) {
    const std::string body = body_of(i, 200);
    const std::string answer = all[static_cast<std::size_t>(i)].receive_until(body);
    EXPECT_TRUE(has(answer, "POST /" + std::to_string(i) + " HTTP/1.1\r\n"));
    EXPECT_TRUE(answer.ends_with(body)) << i;
  }
}

TEST_P(batched_sends, lose_nothing_of_what_clients_take_slowly_or_not_at_all) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()), options());
  std::vector<socket_handle> all;
  const std::size_t bytes = 3 << 20;
  for (int i = 0; i < clients; ++i) all.push_back(g.connect());
  std::vector<runtime::thread> senders;
  for (int i = 0; i < clients; ++i)
    senders.emplace_back("sender", [&, i] {
      const std::string body = body_of(i, bytes);
      const socket_handle& s = all[static_cast<std::size_t>(i)];
      s.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body);
    });
  for (auto& s : senders) s.join();  // all answers wait for their clients
  for (int i = 0; i < clients; i += 4) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(all[static_cast<std::size_t>(i)].fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_handle dropped = std::move(all[static_cast<std::size_t>(i)]);
  }
  for (int i = 0; i < clients; ++i) {
    if (i % 4 == 0) continue;
    const std::string body = body_of(i, bytes);
    const std::string answer = all[static_cast<std::size_t>(i)].receive_all();
    EXPECT_TRUE(answer.ends_with(body)) << i << ": " << answer.size();
  }
}

INSTANTIATE_TEST_SUITE_P(, batched_sends, testing::Bool(),
                         [](const auto& with) { return with.param ? "by_io_uring" : "one_by_one"; });

}  // namespace
}  // namespace mes::gateway
