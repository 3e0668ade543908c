// The assignors' promises: each partition once, to a subscriber; shares alike; little moved.
#include "bus/groups/assignors.h"

#include <gtest/gtest.h>

#include <random>

namespace mes::bus::groups {
namespace {

uuid topic(std::uint8_t n) {
  uuid id;
  id.bytes[15] = n;
  return id;
}

// The example in the KIP's predecessor, the range assignor's documentation: two members, two topics of three.
TEST(assignors, range_joins_topics_partition_by_partition) {
  group_spec spec;
  spec.partitions = {{topic(1), 3}, {topic(2), 3}};
  spec.members["m0"].topics = spec.members["m1"].topics = {topic(1), topic(2)};
  const auto result = assign_range(spec);
  EXPECT_EQ(result.at("m0"), (assignment{{topic(1), {0, 1}}, {topic(2), {0, 1}}}));
  EXPECT_EQ(result.at("m1"), (assignment{{topic(1), {2}}, {topic(2), {2}}}));
}

TEST(assignors, range_takes_static_members_in_the_order_of_their_instances) {
  group_spec spec;
  spec.partitions = {{topic(1), 3}};
  for (const char* id : {"a", "b", "c"}) spec.members[id].topics = {topic(1)};
  spec.members["c"].instance_id = "1";
  spec.members["b"].instance_id = "2";
  const auto result = assign_range(spec);
  EXPECT_EQ(result.at("c"), (assignment{{topic(1), {0}}}));
  EXPECT_EQ(result.at("b"), (assignment{{topic(1), {1}}}));
  EXPECT_EQ(result.at("a"), (assignment{{topic(1), {2}}}));
}

TEST(assignors, uniform_moves_only_what_a_new_member_needs) {
  group_spec spec;
  spec.partitions = {{topic(1), 6}};
  spec.members["b"].topics = spec.members["c"].topics = {topic(1)};
  spec.members["b"].had = {{topic(1), {0, 2, 4}}};
  spec.members["c"].had = {{topic(1), {1, 3, 5}}};
  spec.members["a"].topics = {topic(1)};
  const auto result = assign_uniform(spec);
  for (const auto& [id, mine] : result) EXPECT_EQ(size_of(mine), 2U) << id;
  EXPECT_TRUE(is_part_of(result.at("b"), spec.members["b"].had));
  EXPECT_TRUE(is_part_of(result.at("c"), spec.members["c"].had));
}

TEST(assignors, uniform_drops_what_is_gone) {
  group_spec spec;
  spec.partitions = {{topic(1), 1}};
  spec.members["a"].topics = {topic(1)};
  spec.members["a"].had = {{topic(1), {0}}, {topic(2), {0}}};
  EXPECT_EQ(assign_uniform(spec).at("a"), (assignment{{topic(1), {0}}}));
}

TEST(assignors, promises_hold_for_any_group) {
  std::mt19937 random(7);
  const auto up_to = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n + 1)); };
  for (int round = 0; round < 200; ++round) {
    group_spec spec;
    const int topics = 1 + up_to(4), members = 1 + up_to(6);
    for (int t = 0; t < topics; ++t) spec.partitions[topic(static_cast<std::uint8_t>(t))] = 1 + up_to(8);
    for (int m = 0; m < members; ++m)
      for (int t = 0; t < topics; ++t)
        if (up_to(2) > 0) spec.members[std::to_string(m)].topics.edit().insert(topic(static_cast<std::uint8_t>(t)));
    std::map<uuid, std::size_t> subscribers;
    for (const auto& [id, m] : spec.members)
      for (const auto& t : *m.topics) ++subscribers[t];
    for (const assignor& a : assignors) {
      const auto result = a.assign(spec);
      std::map<uuid, std::set<std::int32_t>> given;
      for (const auto& [id, mine] : result)
        for (const auto& [t, partitions] : mine) {
          EXPECT_TRUE(spec.members.at(id).topics->contains(t));
          for (const auto p : partitions) EXPECT_TRUE(given[t].insert(p).second) << a.name << ": given twice";
        }
      for (const auto& [t, count] : subscribers)
        EXPECT_EQ(given[t].size(), static_cast<std::size_t>(spec.partitions.at(t))) << a.name;
      if (a.name != "uniform") continue;
      group_spec again = spec;
      for (auto& [id, m] : again.members) m.had = result.at(id);
      EXPECT_EQ(a.assign(again), result) << "nothing moves without need";
      // Nobody could give a partition to another subscriber and both be nearer to each other.
      for (const auto& [id, mine] : result)
        for (const auto& [t, partitions] : mine)
          for (const auto& [other, m] : spec.members)
            if (m.topics->contains(t))
              EXPECT_LE(size_of(mine), size_of(result.at(other)) + 1) << id << " and " << other;
    }
  }
}

}  // namespace
}  // namespace mes::bus::groups
