#include "gateway/plugins/redis/redis_link.h"

#include <gtest/gtest.h>

#include <future>

#include "gateway/plugins/redis/redis_fields.h"
#include "observe/log.h"

namespace mes::gateway {
namespace {

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
            EXPECT_FALSE(r);
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
