// KIP-848 as its text tells it: epochs, revocation before assignment, fencing, static members.
#include "bus/groups/consumer_under_test.h"

#include <gtest/gtest.h>

namespace mes::bus::groups {
namespace {

using wire::kafka::error_code;
using bench = consumer_under_test;

TEST(consumer_group, the_first_member_gets_everything) {
  bench b;
  const auto t = b.topics.add("t", 3);
  const auto joined = b.join("a");
  EXPECT_EQ(joined.error, error_code::none);
  EXPECT_EQ(joined.epoch, 1);
  EXPECT_EQ(joined.assigned, (assignment{{t, {0, 1, 2}}}));
  EXPECT_EQ(joined.interval_ms, 5'000);
  EXPECT_EQ(state_name(b.group()), "Stable");
  EXPECT_FALSE(b.beat("a", 1).assigned) << "nothing is new";
  EXPECT_EQ(b.stored.size(), 1U) << "and nothing to store";
}

// The example of the KIP: a second member waits until the first has given up.
TEST(consumer_group, partitions_are_revoked_before_they_are_given_to_another) {
  bench b;
  const auto t = b.topics.add("t", 2);
  b.join("a");
  const auto second = b.join("b");
  EXPECT_EQ(second.epoch, 2);
  EXPECT_EQ(second.assigned, assignment{});
  EXPECT_EQ(state_name(b.group()), "Reconciling");
  const auto told = b.beat("a", 1, assignment{{t, {0, 1}}});
  EXPECT_EQ(told.epoch, 1) << "it stays in its epoch until it has revoked";
  ASSERT_TRUE(told.assigned);
  EXPECT_EQ(size_of(*told.assigned), 1U);
  EXPECT_EQ(b.beat("b", 2).assigned, std::nullopt) << "not yet";
  EXPECT_EQ(b.beat("a", 1).epoch, 1) << "a heartbeat that does not say what it has";
  const auto revoked = b.beat("a", 1, *told.assigned);
  EXPECT_EQ(revoked.epoch, 2);
  const auto got = b.beat("b", 2);
  ASSERT_TRUE(got.assigned);
  EXPECT_EQ(size_of(*got.assigned), 1U);
  EXPECT_NE(*got.assigned, *told.assigned);
  EXPECT_EQ(state_name(b.group()), "Stable");
}

TEST(consumer_group, what_a_member_gave_up_may_be_its_own_again_at_once) {
  bench b;
  const auto t = b.topics.add("t", 2);
  b.join("a");
  b.join("b");
  const auto told = b.beat("a", 1, assignment{{t, {0, 1}}});
  ASSERT_TRUE(told.assigned);
  b.beat("b", -1);
  const auto revoked = b.beat("a", 1, *told.assigned);
  ASSERT_TRUE(revoked.assigned);
  EXPECT_EQ(size_of(*revoked.assigned), 2U);
}

TEST(consumer_group, leaving_bumps_the_epoch_and_frees_the_partitions) {
  bench b;
  const auto t = b.topics.add("t", 2);
  b.join("a");
  b.join("b");
  const auto left = b.beat("a", -1);
  EXPECT_EQ(left.error, error_code::none);
  EXPECT_EQ(left.epoch, -1);
  EXPECT_EQ(state_name(b.group()), "Assigning");
  const auto got = b.beat("b", 2);
  EXPECT_EQ(got.epoch, 3);
  EXPECT_EQ(got.assigned, (assignment{{t, {0, 1}}}));
  b.beat("b", -1);
  EXPECT_EQ(state_name(b.group()), "Empty");
  EXPECT_EQ(b.beat("b", 3).error, error_code::unknown_member_id);
}

TEST(consumer_group, fences_other_epochs_but_not_a_lost_answer) {
  bench b;
  const auto t = b.topics.add("t", 2);
  b.join("a");
  EXPECT_EQ(b.beat("a", 5).error, error_code::fenced_member_epoch);
  b.topics.add("t", 4);
  EXPECT_EQ(b.beat("a", 1).epoch, 2);  // the answer is lost
  const auto again = b.beat("a", 1, assignment{{t, {0, 1}}});
  EXPECT_EQ(again.error, error_code::none);
  EXPECT_EQ(again.epoch, 2);
  b.topics.add("t", 6);
  b.beat("a", 2);
  EXPECT_EQ(b.beat("a", 1, assignment{}).error, error_code::fenced_member_epoch);
  EXPECT_EQ(b.join("a").epoch, 3) << "it may always begin again";
  EXPECT_EQ(b.beat("who", 1).error, error_code::unknown_member_id);
  auto other = bench::joining("x");
  other.group = "h";
  other.epoch = 1;
  EXPECT_EQ(b.send(other)->error, error_code::group_id_not_found);
}

TEST(consumer_group, refuses_what_is_no_heartbeat) {
  bench b;
  b.topics.add("t", 1);
  const auto error_of = [&](auto change) {
    auto r = bench::joining("a");
    change(r);
    return b.send(r)->error;
  };
  EXPECT_EQ(error_of([](auto& r) { r.group = ""; }), error_code::invalid_request);
  EXPECT_EQ(error_of([](auto& r) { r.rebalance_timeout_ms = -1; }), error_code::invalid_request);
  EXPECT_EQ(error_of([](auto& r) { r.topics.reset(); }), error_code::invalid_request);
  EXPECT_EQ(error_of([](auto& r) { r.owned.reset(); }), error_code::invalid_request);
  EXPECT_EQ(error_of([](auto& r) { r.instance_id = ""; }), error_code::invalid_request);
  EXPECT_EQ(error_of([](auto& r) { r.epoch = -3; }), error_code::invalid_request);
  EXPECT_EQ(error_of([](auto& r) { r.epoch = -2; }), error_code::invalid_request);
  EXPECT_EQ(error_of([](auto& r) { r.assignor = "mine"; }), error_code::unsupported_assignor);
  EXPECT_EQ(error_of([](auto& r) { r.regex = "a["; }), error_code::invalid_regular_expression);
  EXPECT_EQ(b.groups.all().size(), 0U) << "nothing is left behind";
}

TEST(consumer_group, a_static_member_comes_back_to_its_partitions) {
  bench b;
  const auto t = b.topics.add("t", 2);
  auto request = bench::joining("a1");
  request.instance_id = "i";
  b.send(request);
  auto other = bench::joining("a2");
  other.instance_id = "i";
  EXPECT_EQ(b.send(other)->error, error_code::unreleased_instance_id);
  auto leave = request;
  leave.epoch = -2;
  EXPECT_EQ(b.send(leave)->epoch, -2);
  b.join("b");
  const auto back = b.send(other);
  EXPECT_EQ(back->error, error_code::none);
  EXPECT_EQ(back->epoch, 2) << "of the second member's join: its own changes nothing";
  auto fenced = request;
  fenced.epoch = 1;
  EXPECT_EQ(b.send(fenced)->error, error_code::fenced_instance_id);
  EXPECT_EQ(b.group().members.size(), 2U);
  EXPECT_EQ(size_of(b.group().members.at("a2")->assigned), 1U);
  EXPECT_TRUE(is_part_of(b.group().members.at("a2")->assigned, {{t, {0, 1}}}));
}

TEST(consumer_group, regular_expressions_follow_topics_that_come) {
  bench b;
  const auto first = b.topics.add("plant.1", 1);
  b.topics.add("other", 1);
  auto request = bench::joining("a");
  request.topics.reset();
  request.regex = "plant\\..*";
  EXPECT_EQ(b.send(request)->assigned, (assignment{{first, {0}}}));
  const auto second = b.topics.add("plant.2", 1);
  const auto more = b.beat("a", 1);
  EXPECT_EQ(more.epoch, 2);
  EXPECT_EQ(more.assigned, (assignment{{first, {0}}, {second, {0}}}));
  b.topics.add("xplant.3", 1);
  EXPECT_EQ(b.beat("a", 2).epoch, 2) << "the whole name must match";
}

// As Kafka resolves them: by what a member may describe. One expression may be something else for each member.
TEST(consumer_group, regular_expressions_do_not_reach_what_a_member_may_not_describe) {
  bench b;
  const auto open = b.topics.add("plant.1", 2);
  const auto secret = b.topics.add("plant.2", 1);
  b.topics.hidden = {{"User:alice", "plant.2"}};
  const auto joining = [&](const std::string& id, const std::string& principal) {
    auto r = bench::joining(id);
    r.topics.reset();
    r.regex = "plant\\..*";
    r.principal = principal;
    return r;
  };
  const auto beat = [&](coordinator& groups, const std::string& id, const std::string& principal) {
    heartbeat_request r;
    r.group = "g";
    r.member_id = id;
    r.principal = principal;
    r.epoch = groups.find("g")->modern->members.at(id)->epoch;
    r.owned = groups.find("g")->modern->members.at(id)->assigned;
    groups.consumer_heartbeat(r, [](const heartbeat_result& got) { EXPECT_EQ(got.error, error_code::none); });
  };
  EXPECT_EQ(b.send(joining("a", "User:alice"))->assigned, (assignment{{open, {0, 1}}}));
  EXPECT_EQ(b.send(joining("b", "User:bob"))->error, error_code::none);
  EXPECT_FALSE(b.group().target_of("a").contains(secret));
  EXPECT_TRUE(b.group().target_of("b").contains(secret));

  coordinator after(
      {}, *b.loop,
      [&](std::string payload, std::move_only_function<void(bool)> done) {
        after.apply(payload);
        done(true);
      },
      b.log);
  for (const auto& change : b.stored) after.apply(change);
  after.set_topics(b.topics);
  after.start();
  beat(after, "b", "User:bob");
  EXPECT_EQ(after.find("g")->modern->target, b.group().target) << "a restart changes nothing";
  EXPECT_EQ(after.find("g")->modern->epoch, b.group().epoch);

  b.topics.hidden = {{"User:bob", "plant.2"}};
  ++b.topics.changes;
  beat(b.groups, "b", "User:bob");
  EXPECT_TRUE(b.group().target_of("a").contains(secret));
  EXPECT_FALSE(b.group().target_of("b").contains(secret));
  for (int i = 0; i < 3; ++i) {
    beat(b.groups, "b", "User:bob");
    beat(b.groups, "a", "User:alice");
  }
  EXPECT_TRUE(b.group().members.at("a")->assigned.contains(secret));
}

TEST(consumer_group, commits_only_in_the_members_epoch) {
  bench b;
  b.topics.add("t", 1);
  b.join("a");
  EXPECT_EQ(b.groups.check_commit({"g", "a", {}, 1}), error_code::none);
  EXPECT_EQ(b.groups.check_commit({"g", "a", {}, 0}), error_code::stale_member_epoch);
  EXPECT_EQ(b.groups.check_commit({"g", "a", {}, 1}, {.knows_member_epoch = false}), error_code::unsupported_version);
  EXPECT_EQ(b.groups.check_commit({"g", "a", {}, 0}, {.transactional = true}), error_code::illegal_generation);
  EXPECT_EQ(b.groups.check_commit({"g", "", {}, -1}), error_code::unknown_member_id);
  EXPECT_EQ(b.groups.check_fetch("g", "a", 1), error_code::none);
  EXPECT_EQ(b.groups.check_fetch("g", "a", 2), error_code::stale_member_epoch);
  EXPECT_EQ(b.groups.check_fetch("g", "x", 1), error_code::unknown_member_id);
  EXPECT_EQ(b.groups.check_fetch("g", std::nullopt, -1), error_code::none);
}

TEST(consumer_group, nothing_is_answered_before_it_is_stored) {
  bench b;
  b.topics.add("t", 2);
  b.waits = true;
  const auto first = b.send(bench::joining("a"));
  const auto second = b.send(bench::joining("b"));
  EXPECT_EQ(first->epoch, -99);
  EXPECT_EQ(b.on_the_way.size(), 1U) << "one change at a time";
  b.write();
  EXPECT_EQ(first->epoch, 1);
  EXPECT_EQ(second->epoch, -99);
  b.write();
  EXPECT_EQ(second->epoch, 2);
}

TEST(consumer_group, what_cannot_be_stored_did_not_happen) {
  bench b;
  b.topics.add("t", 2);
  b.waits = true;
  const auto refused = b.send(bench::joining("a"));
  b.write(false);
  EXPECT_EQ(refused->error, error_code::coordinator_not_available);
  EXPECT_EQ(b.groups.find("g")->modern, nullptr);
  b.waits = false;
  EXPECT_EQ(b.join("a").epoch, 1);
}

TEST(consumer_group, members_outlive_a_restart) {
  bench before;
  const auto t = before.topics.add("t", 2);
  before.join("a");
  before.join("b");
  const auto told = before.beat("a", 1, assignment{{t, {0, 1}}});
  wire::kafka::writer snapshot;
  before.groups.snapshot(snapshot);
  const auto check = [&](coordinator& after) {
    after.set_topics(before.topics);
    after.start();
    const auto& g = *after.find("g")->modern;
    EXPECT_EQ(g.members, before.group().members);
    EXPECT_EQ(g.target, before.group().target);
    EXPECT_EQ(g.topics, before.group().topics);
    EXPECT_EQ(state_name(g), "Reconciling");
  };
  const auto put = [](std::string, std::move_only_function<void(bool)>) {};
  coordinator from_checkpoint({}, *before.loop, put, before.log);
  wire::kafka::reader in(snapshot.buffer());
  ASSERT_TRUE(from_checkpoint.restore(in));
  check(from_checkpoint);
  coordinator from_log({}, *before.loop, put, before.log);
  for (const auto& change : before.stored) from_log.apply(change);
  check(from_log);
}

TEST(consumer_group, changes_of_older_logs_have_no_principals) {
  bench b;
  // There is no topic: the change ends with the member's principal and the numbers of targets and of those that moved.
  b.join("a");
  const auto check = [&](const std::string& older) {
    coordinator after({}, *b.loop, [](std::string, std::move_only_function<void(bool)>) {}, b.log);
    after.apply(older);
    EXPECT_EQ(after.find("g")->modern->members, b.group().members);
  };
  std::string older = b.stored.front();
  older[0] = 22;
  older.pop_back();
  check(older);
  older[0] = 20;
  older.erase(older.size() - 2, 1);
  check(older);
}

TEST(consumer_group, silent_members_are_fenced) {
  bench b({.consumer_session_timeout_ms = 20});
  b.topics.add("t", 1);
  b.join("a");
  for (int i = 0; i < 200 && !b.group().members.empty(); ++i) b.loop->turn();
  EXPECT_TRUE(b.group().members.empty());
  EXPECT_EQ(b.group().epoch, 2);
}

TEST(consumer_group, a_group_may_have_its_own_heartbeat_interval) {
  bench b;
  b.topics.add("t", 1);
  b.groups.set_config_reader([](const std::string& group, std::string_view name, std::int64_t otherwise) {
    return group == "g" && name == "consumer.heartbeat.interval.ms" ? 6'000 : otherwise;
  });
  EXPECT_EQ(b.join("a").interval_ms, 6'000);
}

TEST(consumer_group, a_group_that_is_joined_while_it_is_deleted_begins_anew) {
  bench b;
  b.topics.add("t", 1);
  for (int i = 0; i < 3; ++i) b.join("a" + std::to_string(i));
  for (int i = 0; i < 3; ++i) b.beat("a" + std::to_string(i), epoch_left);
  b.waits = true;
  EXPECT_EQ(b.groups.remove("g", nullptr), error_code::none);
  const auto joined = b.send(bench::joining("b"));
  b.write();
  EXPECT_EQ(joined->error, error_code::none);
  EXPECT_EQ(joined->epoch, 1);
  EXPECT_EQ(b.group().members.size(), 1U);
  bench again;
  again.topics.all = b.topics.all;
  for (const auto& payload : b.stored) again.groups.apply(payload);
  ASSERT_NE(again.groups.find("g"), nullptr);
  ASSERT_EQ(again.beat("b", 1).error, error_code::none);
  EXPECT_EQ(again.group().members, b.group().members);
}

TEST(consumer_group, empty_groups_change_their_protocol) {
  bench b;
  b.topics.add("t", 1);
  b.join("a");
  b.beat("a", -1);
  join_request classic;
  classic.group = "g";
  classic.session_timeout_ms = classic.rebalance_timeout_ms = 10'000;
  classic.protocol_type = "consumer";
  classic.supported = {{"range", "m"}};
  join_result joined;
  b.groups.join(classic, [&](join_result got) { joined = std::move(got); });
  EXPECT_EQ(joined.error, error_code::none);
  EXPECT_FALSE(b.groups.find("g")->modern);
  b.groups.leave("g", {{joined.member_id, {}}}, [](const leave_result&) {});
  EXPECT_EQ(b.join("a").error, error_code::none);
  EXPECT_TRUE(b.groups.find("g")->modern);
}

// Topics came that members have named or that their expressions fit: all of them are more than one change may tell.
TEST(consumer_group, who_has_gone_is_out_whatever_its_topics_have_come_to) {
  bench b({.consumer_session_timeout_ms = 20, .state_bytes_max = 17'000});
  const auto names = [](char first, int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) all.push_back(first + std::string(94, 'x') + std::to_string(i));
    return all;
  };
  b.topics.add("t", 1);
  ASSERT_EQ(b.join("leaves").error, error_code::none);
  auto by_expression = bench::joining("a", {});
  by_expression.regex = "a.*";
  ASSERT_EQ(b.send(by_expression)->error, error_code::none);
  ASSERT_EQ(b.join("b", names('b', 90)).error, error_code::none);
  for (const auto& name : names('a', 60)) b.topics.add(name, 1);
  ASSERT_EQ(b.beat("a", 2).error, error_code::none);
  ASSERT_EQ(b.group().topics->size(), 61U);
  for (const auto& name : names('b', 90)) b.topics.add(name, 1);
  ASSERT_EQ(b.beat("leaves", -1).error, error_code::none);
  EXPECT_FALSE(b.group().members.contains("leaves"));
  while (!b.group().members.empty()) b.loop->turn();  // their sessions end
}

}  // namespace
}  // namespace mes::bus::groups
