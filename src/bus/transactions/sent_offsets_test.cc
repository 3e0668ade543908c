#include "bus/transactions/sent_offsets.h"

#include <gtest/gtest.h>

namespace mes::bus::transactions {
namespace {

using strings = std::vector<std::string>;
using groups::topic_partition;

TEST(sent_offsets, tell_who_has_sent_one_of_a_partition) {
  sent_offsets sent;
  transaction a{.id = "a"}, b{.id = "b"};
  const topic_partition t0{"t", 0}, t1{"t", 1}, u0{"u", 0};
  sent.put(a, "g", t0, {.offset = 1});
  sent.put(a, "g", t0, {.offset = 2});
  sent.put(a, "g", t1, {.offset = 3});
  sent.put(b, "g", t0, {.offset = 4});
  sent.put(b, "h", u0, {.offset = 5});
  EXPECT_EQ(a.offsets.at("g").at(t0).offset, 2);
  EXPECT_EQ(sent.senders("g", t0), (strings{"a", "b"}));
  EXPECT_EQ(sent.senders("g", t1), strings{"a"});
  EXPECT_EQ(sent.senders("g"), (strings{"a", "b"}));
  EXPECT_EQ(sent.senders("h"), strings{"b"});
  EXPECT_FALSE(sent.contain("g", u0));
  EXPECT_FALSE(sent.contain("i"));
  sent.erase(a, "g", t0);
  sent.erase(a, "g", t0);
  EXPECT_EQ(sent.senders("g", t0), strings{"b"});
  sent.clear(a);
  EXPECT_TRUE(a.offsets.empty());
  EXPECT_FALSE(sent.contain("g", t1));
  sent.erase_group(b, "g");
  EXPECT_FALSE(sent.contain("g"));
  EXPECT_TRUE(sent.contain("h"));
}

TEST(sent_offsets, of_a_topic_go_with_it) {
  sent_offsets sent;
  transaction a{.id = "a"};
  for (const char* topic : {"s", "t", "u"})
    for (const std::int32_t partition : {0, 1}) sent.put(a, "g", {topic, partition}, {.offset = 1});
  sent.put(a, "only", {"t", 0}, {.offset = 1});
  sent.erase_topic(a, "t");
  EXPECT_FALSE(sent.contain("g", {"t", 0}));
  EXPECT_FALSE(sent.contain("g", {"t", 1}));
  EXPECT_TRUE(sent.contain("g", {"s", 1}));
  EXPECT_TRUE(sent.contain("g", {"u", 0}));
  EXPECT_FALSE(sent.contain("only"));
  EXPECT_EQ(a.offsets.size(), 1U);
}

// As it was last written, and as it is durable.
TEST(sent_offsets, stay_while_one_of_two_copies_has_them) {
  sent_offsets sent;
  transaction now{.id = "a"}, durable{.id = "a"};
  sent.put(now, "g", {"t", 0}, {.offset = 1});
  sent.put(durable, "g", {"t", 0}, {.offset = 1});
  sent.put(now, "g", {"t", 1}, {.offset = 1});
  sent.clear(durable);
  EXPECT_TRUE(sent.contain("g", {"t", 0}));
  sent.assign(now, durable);
  EXPECT_FALSE(sent.contain("g"));
  sent.put(durable, "g", {"t", 2}, {.offset = 1});
  sent.assign(now, durable);
  sent.erase(durable, "g", {"t", 2});
  EXPECT_EQ(sent.senders("g", {"t", 2}), strings{"a"});
  sent.erase(now, "g", {"t", 2});
  EXPECT_FALSE(sent.contain("g"));
}

}  // namespace
}  // namespace mes::bus::transactions
