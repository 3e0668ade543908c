#include "gateway/plugins/delivery/host_lookup.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <future>

namespace mes::gateway {
namespace {

using namespace std::chrono_literals;

const host_lookup::question asked{.host = "redis.plant.example", .port = 6379, .kind = SOCK_STREAM};

// A name server that says nothing until it is let go on, and then finds an address that needs no server.
struct silent_server {
  std::promise<void> speaks;
  std::shared_future<void> heard = speaks.get_future().share();
  std::shared_ptr<std::atomic<int>> questions = std::make_shared<std::atomic<int>>(0);

  host_lookup::resolver resolver() {
    return [heard = heard, questions = questions](const host_lookup::question& q) {
      ++*questions;
      heard.wait();
      wait_end never;
      return host_lookup().find({.host = "127.0.0.1", .port = q.port, .kind = q.kind}, {1h, never});
    };
  }
};

TEST(host_lookup, waits_no_longer_than_it_may_and_takes_a_late_answer) {
  silent_server server;
  host_lookup lookup(server.resolver());
  wait_end never;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(lookup.find(asked, {1ms, never}));
  server.speaks.set_value();
  auto found = lookup.find(asked, {1h, never});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*found)->ai_socktype, SOCK_STREAM);
  EXPECT_EQ(*server.questions, 1);
}

TEST(host_lookup, ends_when_it_is_told_to_and_leaves_its_thread_behind) {
  silent_server server;
  wait_end end;
  {
    host_lookup lookup(server.resolver());
    auto waits = std::async(std::launch::async, [&] { return lookup.find(asked, {1h, end}).has_value(); });
    end.set(wait_end::steady::now());
    EXPECT_FALSE(waits.get());
  }
  server.speaks.set_value();
}

TEST(host_lookup, asks_nobody_for_an_address) {
  silent_server server;
  host_lookup lookup(server.resolver());
  wait_end never;
  for (const char* host : {"127.0.0.1", "::1"})
    EXPECT_TRUE(lookup.find({.host = host, .port = 1, .kind = SOCK_DGRAM}, {1h, never})) << host;
  EXPECT_EQ(*server.questions, 0);
}

}  // namespace
}  // namespace mes::gateway
