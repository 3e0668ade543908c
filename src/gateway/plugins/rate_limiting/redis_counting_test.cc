#include "gateway/plugins/rate_limiting/redis_counting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "gateway/plugins/redis/test_redis.h"
#include "observe/log.h"

namespace mes::gateway {
namespace {

class test_clock final : public wall_clock {
 public:
  std::int64_t now_ms() const override { return now_s * 1000; }
  std::atomic<std::int64_t> now_s = 0;
};

TEST(synced_counts, that_redis_has_not_are_kept_however_many_there_are) {
  observe::logger log("test", observe::level::error);
  log.set_stdout(false);
  const test_clock clock;
  redis_links links(log);
  auto counts = std::make_shared<synced_counts>(links.link({.host = "127.0.0.1", .port = 1}), clock, 3600);
  auto used = [&](const std::string& key) {
    double n = 0;
    return counts->look(key, n) ? n : -1;
  };
  counts->adopt("first", period::hour, 1, 7200);
  counts->add("first");
  for (int i = 0; i < 70'000; ++i) counts->adopt("key " + std::to_string(i), period::hour, 1, 7200);
  EXPECT_EQ(used("first"), 2);
  EXPECT_EQ(used("key 69999"), -1);  // Redis is asked for it
  counts->forget_expired(7200);
  EXPECT_EQ(used("first"), 2);  // still to be brought to Redis
  EXPECT_EQ(used("key 1"), -1);
  counts->adopt("later", period::hour, 5, 10'800);
  EXPECT_EQ(used("later"), 5);
  links.stop();
}

// What is brought to a Redis that says something else to the first of it.
class synced_counts_to : public testing::Test {
 protected:
  synced_counts_to() { log.set_stdout(false); }
  ~synced_counts_to() override { links.stop(); }

  void start(std::optional<std::string> first) {
    redis.emplace([this, first = std::move(first)](const redis_command& c) -> std::optional<std::string> {
      std::lock_guard lock(mutex);
      brought.push_back(c.at(3) + " " + c.at(4));  // EVAL, script, 1, key, count
      changed.notify_all();
      return brought.size() == 1 ? first : ":3\r\n";
    });
    counts = std::make_shared<synced_counts>(links.link(redis->address()), clock, 0.02);
  }
  void count(const std::string& key) {
    counts->adopt(key, period::minute, 1, 60);
    counts->add(key);
  }
  // At least so many.
  std::vector<std::string> wait_for(std::size_t commands) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(30), [&] { return brought.size() >= commands; });
    return brought;
  }
  double used(const std::string& key) {
    double n = 0;
    return counts->look(key, n) ? n : -1;
  }

  test_clock clock;
  observe::logger log{"test", observe::level::error};
  redis_links links{log};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> brought;
  std::optional<test_redis> redis;
  std::shared_ptr<synced_counts> counts;
};

constexpr const char* read_only = "-READONLY You can't write against a read only replica.\r\n";
constexpr const char* wrong_type = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

TEST_F(synced_counts_to, a_redis_that_took_nothing_come_again_though_nobody_asks) {
  start(read_only);
  count("key");
  EXPECT_EQ(wait_for(2), (std::vector<std::string>{"key 1", "key 1"}));
}

TEST_F(synced_counts_to, a_redis_that_refuses_one_are_not_counted_again) {
  start(wrong_type);
  count("key");
  wait_for(1);
  count("key");
  EXPECT_EQ(wait_for(2), (std::vector<std::string>{"key 1", "key 1"}));
}

TEST_F(synced_counts_to, a_redis_that_hangs_up_are_brought_at_most_once) {
  start(std::nullopt);
  count("key");
  wait_for(1);
  count("key");
  EXPECT_EQ(used("key"), 3);  // here all are counted
  EXPECT_EQ(wait_for(2), (std::vector<std::string>{"key 1", "key 1"}));
}

TEST_F(synced_counts_to, a_redis_that_took_nothing_are_dropped_once_their_window_is_over) {
  start(read_only);
  clock.now_s = 60;
  count("old");
  wait_for(1);
  std::vector<std::string> seen;
  for (std::size_t i = 2; i < 4; ++i) {
    counts->adopt("new", period::minute, 1, 120);
    counts->add("new");
    seen = wait_for(i);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"old 1", "new 1", "new 1"}));
}

}  // namespace
}  // namespace mes::gateway
