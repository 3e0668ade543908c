#include "gateway/plugins/rate_limiting/redis_counting.h"

#include <gtest/gtest.h>

#include "observe/log.h"

namespace mes::gateway {
namespace {

TEST(synced_counts, that_redis_has_not_are_kept_however_many_there_are) {
  observe::logger log("test", observe::level::error);
  log.set_stdout(false);
  redis_links links(log);
  auto counts = std::make_shared<synced_counts>(links.link({.host = "127.0.0.1", .port = 1}), 3600);
  auto used = [&](const std::string& key) {
    std::int64_t n = 0;
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

}  // namespace
}  // namespace mes::gateway
