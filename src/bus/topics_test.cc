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

std::string error_of(std::string_view topics) {
  const auto read = parse_topics(topics, "f.yaml");
  return read ? "" : read.error().message;
}

TEST(topics, errors_say_where) {
  EXPECT_EQ(error_of("topics:\n  - { name: a, partitions: 0 }\n"),
            "f.yaml:2:28: partitions is a whole number from 1 to 10000");
  EXPECT_EQ(error_of("topics:\n  - { name: a }\n  - { name: a }\n"), "f.yaml:3:13: a is named twice, in line 2 first");
  EXPECT_EQ(error_of("topics: no\n"), "f.yaml:1:9: `topics` is a list of topics");
  EXPECT_EQ(error_of("topic: []\n"),
            "f.yaml:1:1: `topics` is a list of topics\n"
            "f.yaml:1:1: the file: unknown key 'topic'; did you mean 'topics'? there are defaults, topics");
  EXPECT_EQ(error_of("- a\n"), "f.yaml:1:1: the file: a mapping with some of defaults, topics was expected");
}

TEST(topics, keys_for_anchors_are_nobodys) {
  EXPECT_EQ(error_of("x-kept: &kept { cleanup.policy: compact }\ntopics:\n  - { name: a, config: *kept }\n"), "");
}

TEST(topics, all_that_is_wrong_is_told_at_once) {
  EXPECT_EQ(error_of("defaults: { retention_ms: week, replicas: 3 }\n"
                     "topics:\n"
                     "  - { name: a, partitons: 3 }\n"
                     "  - { partitions: 10001 }\n"
                     "  - { name: [b] }\n"),
            "f.yaml:1:27: retention_ms is a whole number from -1 on\n"
            "f.yaml:1:33: defaults: unknown key 'replicas'; there are retention_ms, replication_factor\n"
            "f.yaml:3:16: a topic: unknown key 'partitons'; did you mean 'partitions'? there are name, partitions, "
            "retention_ms, config, producer, key, description\n"
            "f.yaml:4:5: a topic needs a `name`\n"
            "f.yaml:4:19: partitions is a whole number from 1 to 10000\n"
            "f.yaml:5:13: a topic needs a `name`");
}

TEST(topics, names_are_those_that_create_topics_takes) {
  EXPECT_EQ(error_of("topics: [{ name: . }]\n"), "f.yaml:1:18: Topic name is invalid: '.' or '..' is not allowed");
  EXPECT_EQ(error_of("topics: [{ name: c d/\xc3\xbc }]\n"),
            "f.yaml:1:18: Topic name is invalid: 'c d/\xc3\xbc' contains one or more characters other than ASCII "
            "alphanumerics, '.', '_' and '-'");
  EXPECT_EQ(error_of("topics:\n- name: x.y\n- name: x_y\n"),
            "f.yaml:3:9: Topic 'x_y' collides with the topic 'x.y' of line 2: Kafka's metrics write '.' as '_'");
}

TEST(topics, configs_are_kafkas) {
  const auto read =
      parse_topics("topics: [{ name: a, config: { cleanup.policy: compact, retention.ms: 7 } }]", "f.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->front().configs.at("cleanup.policy"), "compact");
  EXPECT_EQ(read->front().configs.at("retention.ms"), "7");
  EXPECT_EQ(error_of("topics: [{ name: a, config: { retention.ms: abc } }]"),
            "f.yaml:1:45: Invalid value abc for configuration retention.ms: Not a number of type LONG");
  EXPECT_TRUE(
      error_of("topics: [{ name: a, config: { retention.msec: 1 } }]")
          .starts_with("f.yaml:1:31: Unknown topic config name: retention.msec; did you mean 'retention.ms'? "));
}

}  // namespace
}  // namespace mes::bus
