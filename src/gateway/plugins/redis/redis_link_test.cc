#include "gateway/plugins/redis/redis_link.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>

#include "gateway/plugins/redis/redis_fields.h"
#include "gateway/plugins/redis/test_redis.h"
#include "observe/log.h"

namespace mes::gateway {
namespace {

constexpr auto refused = std::unexpected(redis_failure::refused);
constexpr auto not_taken = std::unexpected(redis_failure::not_taken);
constexpr auto in_doubt = std::unexpected(redis_failure::in_doubt);

class redis_link_to : public testing::Test {
 protected:
  redis_link_to() { log.set_stdout(false); }
  ~redis_link_to() override { links.stop(); }

  // What comes of a `GET` for each key.
  redis_replies get(redis_link& link, const std::vector<std::string>& keys) {
    std::vector<redis_command> commands;
    for (const std::string& key : keys) commands.push_back({"GET", key});
    std::promise<redis_replies> told;
    if (!link.send(commands, 1, [&](const redis_replies& r) { told.set_value(r); })) return {};
    return told.get_future().get();
  }

  observe::logger log{"test", observe::level::error};
  redis_links links{log};
};

TEST_F(redis_link_to, a_command_that_redis_refuses_fails_alone) {
  test_redis redis([](const redis_command& c) {
    return c.at(1) == "list" ? "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n" : ":7\r\n";
  });
  auto link = links.link(redis.address());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(*link, {"a", "list", "b"}), (redis_replies{7, refused, 7}));
  EXPECT_EQ(link->current().failures, 0U);
  EXPECT_TRUE(link->current().reachable);
}

// As Redis 7.0 says them, the last two as 6.2 and on a connection that it closes.
TEST_F(redis_link_to, what_concerns_all_commands_is_a_redis_that_is_away) {
  for (const char* why : {
           "NOAUTH Authentication required.",
           "NOPERM this user has no permissions to run the 'eval' command",
           "OOM command not allowed when used memory > 'maxmemory'. script: b96cff5c, on @user_script:1.",
           "READONLY You can't write against a read only replica. script: b96cff5c, on @user_script:1.",
           "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
           "LOADING Redis is loading the dataset in memory",
           "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
           "CLUSTERDOWN The cluster is down",
           "ERR Error running script (call to f_b96c): @user_script:1: @user_script: 1: -READONLY You can't write",
           "ERR max number of clients reached",
       }) {
    test_redis redis([&](const redis_command& c) { return c.at(1) == "a" ? ":7\r\n" : fmt::format("-{}\r\n", why); });
    auto link = links.link(redis.address());
    EXPECT_EQ(get(*link, {"a", "x", "a"}), (redis_replies{7, not_taken, 7})) << why;
    EXPECT_EQ(link->current().failures, 1U) << why;
    EXPECT_FALSE(link->current().reachable) << why;
  }
}

TEST_F(redis_link_to, what_was_sent_and_not_answered_is_in_doubt) {
  test_redis redis(
      [](const redis_command& c) { return c.at(1) == "a" ? std::optional<std::string>(":7\r\n") : std::nullopt; });
  auto link = links.link(redis.address());
  EXPECT_EQ(get(*link, {"a", "x", "a"}), (redis_replies{7, in_doubt, in_doubt}));
}

TEST_F(redis_link_to, a_reply_of_another_size_ends_the_connection) {
  test_redis redis([](const redis_command& c) { return c.at(1) == "a" ? ":7\r\n" : "*2\r\n:7\r\n:7\r\n"; });
  auto link = links.link(redis.address());
  EXPECT_EQ(get(*link, {"a", "x", "a"}), (redis_replies{7, in_doubt, in_doubt}));
  EXPECT_EQ(link->current().failures, 1U);
}

TEST_F(redis_link_to, an_earlier_timer_does_not_wait_for_a_later_one) {
  test_redis redis([](const redis_command&) { return ":7\r\n"; });
  auto link = links.link(redis.address());
  link->later(std::chrono::hours(1), [] {});
  for (int i = 0; i < 20; ++i) {
    get(*link, {"a"});  // its thread is at its timers again
    auto ran = std::make_shared<std::promise<void>>();
    auto done = ran->get_future();
    link->later(std::chrono::milliseconds(1), [ran] { ran->set_value(); });
    ASSERT_EQ(done.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
}

// The last plugin of an old configuration may end where Redis' answer is handed out.
TEST(redis_link, may_be_let_go_of_on_its_own_thread) {
  observe::logger log("test", observe::level::error);
  log.set_stdout(false);
  redis_links links(log);
  for (int i = 0; i < 20; ++i) {
    std::promise<void> let_go, answered;
    {
      auto link = links.link({.host = "127.0.0.1", .port = 1, .database = i});
      ASSERT_TRUE(
          link->send({{"GET", "a"}}, 1, [link, held = let_go.get_future().share(), &answered](const redis_replies& r) {
            held.wait();
            EXPECT_EQ(r.at(0), std::unexpected(redis_failure::not_taken));
            answered.set_value();
          }));
    }
    let_go.set_value();
    answered.get_future().wait();
  }
  links.stop();
}

// ngx_lua: a time-out of 0 is none of the socket's own, but the configured one: 60 s.
TEST(redis_link, a_time_out_of_nothing_is_the_usual_one) {
  schema fields;
  append_redis_fields(fields);
  record config = default_record(fields);
  config.values["redis_timeout"] = 0;
  EXPECT_EQ(redis_address::of(config).timeout, std::chrono::seconds(60));
  config.values["redis_timeout"] = 1;
  EXPECT_EQ(redis_address::of(config).timeout, std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace mes::gateway
