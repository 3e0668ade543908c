// What members of KIP-848 take, of memory and of the log: names once, and within bounds.
#include <gtest/gtest.h>

#include "bus/groups/consumer_under_test.h"

namespace mes::bus::groups {
namespace {

using wire::kafka::error_code;
using bench = consumer_under_test;

std::vector<std::string> many_names() {
  std::vector<std::string> names{"t"};
  for (int i = 0; i < 1'000; ++i) names.push_back("a topic that is not there " + std::to_string(i));
  return names;
}

// As Kafka, which has a record for what a member is, and one for where it stands.
TEST(consumer_memory, names_are_stored_when_they_are_new) {
  bench b;
  const auto t = b.topics.add("t", 2);
  b.join("a", many_names());
  b.join("b", many_names());
  const std::size_t joins = b.stored.size();
  const auto told = b.beat("a", 1, assignment{{t, {0, 1}}});
  b.beat("a", 1, *told.assigned);
  b.beat("b", 2);
  EXPECT_EQ(state_name(b.group()), "Stable");
  ASSERT_EQ(b.stored.size(), joins + 3);
  EXPECT_GT(b.stored[joins - 1].size(), 26'000U);
  for (std::size_t i = joins; i < b.stored.size(); ++i) EXPECT_LT(b.stored[i].size(), 200U);

  coordinator after({}, *b.loop, [](std::string, std::move_only_function<void(bool)>) {}, b.log);
  for (const auto& change : b.stored) after.apply(change);
  const auto& g = *after.find("g")->modern;
  EXPECT_EQ(g.members, b.group().members);
  EXPECT_EQ(g.target, b.group().target);
  EXPECT_EQ(g.epoch, b.group().epoch);
  EXPECT_EQ(after.members_bytes(), b.groups.members_bytes());
}

TEST(consumer_memory, members_share_what_they_name) {
  bench b;
  b.topics.add("t", 2);
  b.join("a", many_names());
  const std::size_t one = b.groups.members_bytes();
  b.join("b", many_names());
  const auto are_shared = [](const consumer_group& g) {
    return g.members.at("a")->topics.identity() == g.members.at("b")->topics.identity();
  };
  EXPECT_TRUE(are_shared(b.group()));
  EXPECT_LT(b.groups.members_bytes(), one + one / 10);
  const consumer_group copy = b.group();
  b.join("c", {"t"});
  EXPECT_EQ(&*copy.members.at("a"), &*b.group().members.at("a")) << "nobody touched it";
  EXPECT_EQ(copy.members.size(), 2U);

  wire::kafka::writer snapshot;
  b.groups.snapshot(snapshot);
  coordinator after({}, *b.loop, [](std::string, std::move_only_function<void(bool)>) {}, b.log);
  wire::kafka::reader in(snapshot.buffer());
  ASSERT_TRUE(after.restore(in));
  EXPECT_TRUE(are_shared(*after.find("g")->modern));
  EXPECT_EQ(after.members_bytes(), b.groups.members_bytes());
}

TEST(consumer_memory, who_is_at_rest_does_not_wait_for_the_changes_of_others) {
  bench b;
  b.topics.add("t", 1);
  b.join("a");
  b.waits = true;
  const auto joining = b.send(bench::joining("b"));
  EXPECT_EQ(b.beat("a", 1).epoch, 1);
  EXPECT_EQ(joining->epoch, -99);
  b.write();
  EXPECT_EQ(joining->epoch, 2);
}

// Kafka stores a member as a record of 1 MB at most.
TEST(consumer_memory, what_a_member_and_a_group_name_has_a_bound) {
  bench b({.state_bytes_max = 250'000, .member_bytes_max = 50'000});
  std::vector<std::string> names = many_names();
  names.push_back(std::string(30'000, 'n'));
  const auto refused = b.join("a", names);
  EXPECT_EQ(refused.error, error_code::invalid_request);
  EXPECT_FALSE(refused.message.empty());
  EXPECT_EQ(b.groups.find("g"), nullptr);
  names.pop_back();
  const auto other_names = [&](int i) {
    auto others = names;
    others.front() = "u" + std::to_string(i);
    return others;
  };
  EXPECT_EQ(b.join("a", names).error, error_code::none);
  EXPECT_EQ(b.join("a2", names).error, error_code::none);
  int more = 0;
  while (more < 10 && b.join("m" + std::to_string(more), other_names(more)).error == error_code::none) ++more;
  EXPECT_EQ(b.join("n", other_names(more)).error, error_code::group_max_size_reached);
  EXPECT_GE(more, 2);
  EXPECT_LT(more, 6);
  EXPECT_LE(b.groups.members_bytes(), 250'000U);
  EXPECT_EQ(b.group().members.size(), 2U + static_cast<std::size_t>(more));
  EXPECT_EQ(b.join("m0", {"t"}).error, error_code::none) << "less is always possible";
  for (int i = 0; i < more; ++i) b.beat("m" + std::to_string(i), epoch_left);
  EXPECT_EQ(b.join("n", other_names(99)).error, error_code::none);
}

TEST(consumer_memory, a_group_that_has_no_room_is_not_made) {
  bench b({.members_bytes_max = 40'000});
  EXPECT_EQ(b.join("a", many_names()).error, error_code::group_max_size_reached);
  EXPECT_EQ(b.groups.find("g"), nullptr);
  EXPECT_EQ(b.groups.members_bytes(), 0U);
  EXPECT_EQ(b.join("a").error, error_code::none);
}

// Whatever they ask for: what they say lies in memory as long as the change that they wait for is on its way.
TEST(consumer_memory, requests_that_wait_for_a_change_have_a_bound) {
  constexpr std::size_t bound = 200'000;
  bench b({.members_bytes_max = bound});
  b.topics.add("t", 1);
  b.join("a");
  const std::size_t before = b.groups.members_bytes();
  b.waits = true;
  b.send(bench::joining("b"));
  std::vector<std::shared_ptr<heartbeat_result>> waiting;
  while (waiting.size() < 100 && (waiting.empty() || waiting.back()->epoch == -99))
    waiting.push_back(b.send(bench::joining("c" + std::to_string(waiting.size()), many_names())));
  EXPECT_GT(waiting.size(), 2U);
  EXPECT_LT(waiting.size(), 5U);
  EXPECT_EQ(waiting.back()->error, error_code::coordinator_load_in_progress);
  EXPECT_LE(b.groups.members_bytes(), bound);

  sync_request assigns{.group = "g", .member_id = "a"};
  assigns.assignments = {{"a", std::string(bound, 'a')}};
  error_code told = error_code::none;
  b.groups.sync(assigns, [&told](const sync_result& got) { told = got.error; });
  EXPECT_EQ(told, error_code::rebalance_in_progress);

  assigns.assignments.clear();
  assigns.instance_id = assigns.protocol = std::string(30'000, 'i');
  int refused = 0;
  for (int i = 0; i < 10; ++i)
    b.groups.sync(assigns, [&](const sync_result& got) { refused += got.error == error_code::rebalance_in_progress; });
  EXPECT_GT(refused, 5) << "every text counts";

  const auto leaves = b.send({.group = "g", .member_id = "a", .epoch = epoch_left});
  EXPECT_EQ(leaves->epoch, -99) << "there is room for what is small: leaving gives memory back";

  b.waits = false;
  b.write();
  EXPECT_EQ(leaves->error, error_code::none);
  EXPECT_EQ(waiting.front()->error, error_code::none);
  EXPECT_NE(waiting.front()->epoch, -99);
  for (const auto& [id, m] : std::map(b.group().members)) b.beat(id, epoch_left);
  b.join("a");
  EXPECT_EQ(b.groups.members_bytes(), before);
}

}  // namespace
}  // namespace mes::bus::groups
