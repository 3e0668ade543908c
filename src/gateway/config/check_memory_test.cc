#include "gateway/config/check_memory.h"

#include <gtest/gtest.h>

namespace mes::gateway {
namespace {

TEST(check_memory, keeps_what_each_load_asks_for_and_no_more) {
  check_memory memory;
  memory.begin_load();
  EXPECT_FALSE(memory.find("key", "a"));
  memory.keep("key", "a", {.kind = 6, .warning = "weak"});
  memory.keep("key", "b", {});
  for (int load = 0; load < 3; ++load) {
    memory.begin_load();
    ASSERT_TRUE(memory.find("key", "a"));
    EXPECT_EQ(memory.find("key", "a")->kind, 6);
    EXPECT_EQ(memory.find("key", "a")->warning, "weak");
    EXPECT_FALSE(memory.find("cert", "a"));
  }
  EXPECT_FALSE(memory.find("key", "b"));
}

}  // namespace
}  // namespace mes::gateway
