#include "runtime/own_names.h"

#include <gtest/gtest.h>

namespace mes::runtime {
namespace {

TEST(own_names, are_loopback_and_those_that_are_set) {
  const auto others = names_in("Bus.Plant.test, edge-7 [2001:DB8::7]");
  EXPECT_EQ(others, (std::vector<std::string>{"bus.plant.test", "edge-7", "2001:db8::7"}));
  for (const char* host :
       {"", "localhost:9644", "LOCALHOST", "127.0.0.1", "127.8.9.10:9644", "[::1]:9644", "[::1]", "[::ffff:127.0.0.1]",
        "plant.localhost:3000", "bus.plant.test", "EDGE-7:9644", "[2001:db8::7]:9644"})
    EXPECT_TRUE(is_own_name(host, others)) << host;
  for (const char* host :
       {"evil.test", "evil.test:9644", "127.0.0.1.evil.test", "localhost.evil.test", "192.0.2.1", "[2001:db8::1]",
        "[::ffff:192.0.2.1]", "notlocalhost", "127.evil.1.2", "edge", "plant.test", "["})
    EXPECT_FALSE(is_own_name(host, others)) << host;
  EXPECT_TRUE(names_in("").empty());
  EXPECT_TRUE(names_in(" , ").empty());
}

}  // namespace
}  // namespace mes::runtime
