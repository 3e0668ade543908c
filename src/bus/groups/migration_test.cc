// Groups change their protocol while members are at work (KIP-848, "Upgrade and downgrade").
#include <gtest/gtest.h>

#include "bus/groups/client_protocol.h"
#include "bus/groups/consumer_under_test.h"
#include "wire/kafka/generated/groups.h"

namespace mes::bus::groups {
namespace {

using wire::kafka::error_code;

std::string subscription(const assignment& owned, const std::string& name) {
  wire::kafka::writer out;
  out.int16(1);
  wire::kafka::consumer_protocol_subscription s;
  s.topics = {name};
  for (const auto& [topic, partitions] : owned)
    s.owned_partitions.push_back({name, {partitions.begin(), partitions.end()}});
  encode(out, 1, s);
  return std::move(out.buffer());
}

// Members of both protocols.
struct bench : consumer_under_test {
  using consumer_under_test::consumer_under_test;
  const uuid topic = topics.add("t", 2);

  join_result join_classic(const std::string& id, const assignment& owned = {}, const std::string& name = "t") {
    join_request r;
    r.group = "g";
    r.member_id = id;
    r.client_id = "c";
    r.session_timeout_ms = r.rebalance_timeout_ms = 10'000;
    r.protocol_type = "consumer";
    r.supported = {{"cooperative-sticky", subscription(owned, name)}};
    join_result result;
    groups.join(r, [&](join_result got) { result = std::move(got); });
    return result;
  }
  sync_result sync(const join_result& joined, const assignment& own = {}) {
    sync_request r;
    r.group = "g";
    r.member_id = joined.member_id;
    r.generation = joined.generation;
    if (!own.empty()) r.assignments = {{joined.member_id, pack_assignment(own, 1, topics)}};
    sync_result result;
    groups.sync(r, [&](sync_result got) { result = std::move(got); });
    return result;
  }
  error_code beat_classic(const join_result& j) { return groups.heartbeat({"g", j.member_id, {}, j.generation}); }
};

TEST(migration, a_classic_group_goes_on_as_a_new_one_and_back) {
  bench b;
  const assignment all{{b.topic, {0, 1}}};
  const auto old = b.join_classic("");
  ASSERT_EQ(old.error, error_code::none);
  EXPECT_EQ(unpack_assignment(b.sync(old, all).assignment, b.topics), all);

  // The first member of the new protocol: it waits for what the classic one has.
  const auto first = b.join("new");
  ASSERT_EQ(first.error, error_code::none);
  EXPECT_EQ(first.epoch, old.generation + 1);
  EXPECT_EQ(first.assigned, assignment{});
  ASSERT_TRUE(b.groups.find("g")->modern);
  EXPECT_EQ(b.groups.check_commit({"g", old.member_id, {}, old.generation}), error_code::none);

  // The classic one is sent to join; the answer tells it to give up one partition, in its own protocol.
  EXPECT_EQ(b.beat_classic(old), error_code::rebalance_in_progress);
  const auto revoking = b.join_classic(old.member_id, all);
  EXPECT_EQ(revoking.error, error_code::none);
  EXPECT_EQ(revoking.generation, old.generation);
  const auto less = unpack_assignment(b.sync(revoking).assignment, b.topics);
  ASSERT_TRUE(less);
  EXPECT_EQ(size_of(*less), 1U);
  EXPECT_EQ(b.beat_classic(revoking), error_code::rebalance_in_progress);
  const auto revoked = b.join_classic(old.member_id, *less);
  EXPECT_EQ(revoked.generation, first.epoch);
  EXPECT_EQ(b.sync(revoked).error, error_code::none);
  EXPECT_EQ(b.beat_classic(revoked), error_code::none);
  const auto got = b.beat("new", first.epoch);
  ASSERT_TRUE(got.assigned);
  EXPECT_EQ(size_of(*got.assigned), 1U);

  // The last one of the new protocol leaves: classic again, and its member joins once more.
  EXPECT_EQ(b.beat("new", -1).error, error_code::none);
  const group& now = *b.groups.find("g");
  EXPECT_FALSE(now.modern);
  // As with Kafka its generation goes on: what it has read is committed before it joins.
  EXPECT_EQ(now.generation, revoked.generation);
  EXPECT_EQ(b.beat_classic(revoked), error_code::rebalance_in_progress);
  EXPECT_EQ(b.groups.check_commit({"g", old.member_id, {}, revoked.generation}), error_code::none);
  EXPECT_EQ(b.beat_classic({.generation = now.generation, .member_id = old.member_id}),
            error_code::rebalance_in_progress);
  const auto again = b.join_classic(old.member_id);
  EXPECT_EQ(again.error, error_code::none);
  EXPECT_EQ(again.leader, old.member_id);
  EXPECT_EQ(again.members.size(), 1U);
}

TEST(migration, only_groups_of_consumers_change) {
  bench b;
  join_request r;
  r.group = "g";
  r.session_timeout_ms = r.rebalance_timeout_ms = 10'000;
  r.protocol_type = "connect";
  r.supported = {{"default", "m"}};
  b.groups.join(r, [](const join_result&) {});
  EXPECT_EQ(b.join("new").error, error_code::group_id_not_found);
}

TEST(migration, a_classic_member_leaves_a_new_group) {
  bench b;
  b.join("new");
  const auto joined = b.join_classic("");
  ASSERT_EQ(joined.error, error_code::none);
  EXPECT_EQ(b.groups.find("g")->modern->members.size(), 2U);
  EXPECT_EQ(b.groups.heartbeat({"g", "new", {}, 1}), error_code::unknown_member_id)
      << "it does not speak that protocol";
  leave_result left;
  b.groups.leave("g", {{joined.member_id, {}}, {"nobody", {}}}, [&](leave_result got) { left = std::move(got); });
  EXPECT_EQ(left.members, (std::vector{error_code::none, error_code::unknown_member_id}));
  EXPECT_EQ(b.groups.find("g")->modern->members.size(), 1U);
  EXPECT_EQ(b.groups.find("g")->modern->epoch, 3);
}

// The classic protocol's form has the whole assignment of a group, of which one change of KIP-848's tells a part.
TEST(migration, a_group_that_is_too_large_for_the_classic_protocol_goes_on_as_it_is) {
  bench b({.state_bytes_max = 4'500});
  ASSERT_EQ(b.join("new").error, error_code::none);
  for (const char* topic : {"w", "x", "y", "z"}) {
    b.topics.add(topic, 400);
    ASSERT_EQ(b.join_classic("", {}, topic).error, error_code::none);
  }
  const std::size_t stored = b.stored.size();
  EXPECT_EQ(b.beat("new", -1).error, error_code::none);
  EXPECT_EQ(b.stored.size(), stored + 1) << "that it left, and no more";
  ASSERT_TRUE(b.groups.find("g")->modern);
  EXPECT_FALSE(b.groups.find("g")->changing);
  EXPECT_EQ(b.join("newer").error, error_code::none);
}

TEST(migration, an_administrator_takes_out_members_of_either_protocol) {
  bench b;
  b.join("one");
  b.join("two");
  const auto classic = b.join_classic("");
  ASSERT_EQ(classic.error, error_code::none);
  const auto leave = [&](std::vector<leaving_member> who) {
    leave_result left;
    b.groups.leave("g", who, [&](leave_result got) { left = std::move(got); });
    return left.members;
  };
  EXPECT_EQ(leave({{"one", "i"}}), std::vector{error_code::unknown_member_id}) << "it has no instance";
  EXPECT_EQ(leave({{"one", {}}, {"one", {}}}), (std::vector{error_code::none, error_code::none}));
  EXPECT_EQ(b.beat("one", 1).error, error_code::unknown_member_id);
  ASSERT_TRUE(b.groups.find("g")->modern);
  EXPECT_EQ(leave({{"two", {}}}), std::vector{error_code::none});
  EXPECT_FALSE(b.groups.find("g")->modern) << "as if it had left itself: only the classic one stays";
  EXPECT_EQ(b.groups.find("g")->members.size(), 1U);
}

}  // namespace
}  // namespace mes::bus::groups
