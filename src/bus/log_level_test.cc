#include "bus/log_level.h"

#include <gtest/gtest.h>

namespace mes::bus {
namespace {

using observe::level;

TEST(log_level, is_the_roles_until_it_is_set) {
  observe::logger log("test", level::warn);
  EXPECT_EQ(log_level(log).name(), "WARN");
}

TEST(log_level, a_level_that_is_set_counts_for_the_log_and_keeps_its_name) {
  observe::logger log("test", level::info);
  log_level of(log);
  EXPECT_TRUE(of.set("TRACE"));
  EXPECT_EQ(of.name(), "TRACE");
  EXPECT_TRUE(log.enabled(level::debug));
  EXPECT_TRUE(of.set("FATAL"));
  EXPECT_FALSE(log.enabled(level::warn));
  EXPECT_TRUE(log.enabled(level::error));
}

TEST(log_level, names_are_kafkas_in_capitals) {
  observe::logger log("test", level::info);
  log_level of(log);
  for (const char* wrong : {"info", "LOUD", ""}) {
    EXPECT_FALSE(of.set(wrong)) << wrong;
    EXPECT_FALSE(log_level::is_name(wrong)) << wrong;
  }
  EXPECT_EQ(of.name(), "INFO");
}

}  // namespace
}  // namespace mes::bus
