#include "bus/topics.h"

#include <gtest/gtest.h>

namespace mes::bus {
namespace {

TEST(topics, the_built_in_file_has_the_56_of_the_specification) {
  const auto topics = parse_topics(built_in_topics(), "contracts/topics.yaml");
  ASSERT_TRUE(topics) << topics.error().message;
  EXPECT_EQ(topics->size(), 56U);
  for (const topic_spec& t : *topics) {
    EXPECT_GE(t.partitions, 1) << t.name;
    EXPECT_LE(t.partitions, 5) << t.name;
    EXPECT_EQ(t.configs.at("retention.ms"), "604800000");
    if (t.name == "system.health-check") {
      EXPECT_EQ(t.partitions, 1);
    }
  }
}

TEST(topics, errors_say_where) {
  EXPECT_EQ(parse_topics("topics:\n  - { name: a, partitions: 0 }\n", "f.yaml").error().message,
            "f.yaml:2:28: partitions is a whole number from 1 to 10000");
  EXPECT_EQ(parse_topics("topics:\n  - { name: a }\n  - { name: a }\n", "f.yaml").error().message,
            "f.yaml:3:13: a is named twice");
}

}  // namespace
}  // namespace mes::bus
