#include "bus/groups/coordinator.h"

#include <gtest/gtest.h>

#include <string>

namespace mes::bus::groups {
namespace {

using wire::kafka::error_code;

// A coordinator whose log stores at once, or when told to.
struct bench {
  std::unique_ptr<net::poller> loop = std::move(*net::poller::make());
  observe::logger log{"test", observe::level::error};
  std::vector<std::string> stored;
  coordinator groups{{.session_timeout_min_ms = 1},
                     *loop,
                     [this](std::string payload, std::move_only_function<void(bool)> done) {
                       stored.push_back(payload);
                       groups.apply(payload);
                       if (done) done(true);
                     },
                     log};
  bench() { groups.start(); }

  static join_request request(std::string member_id = "", std::string metadata = "m") {
    join_request r;
    r.group = "g";
    r.member_id = std::move(member_id);
    r.client_id = "c";
    r.session_timeout_ms = 10'000;
    r.rebalance_timeout_ms = 10'000;
    r.protocol_type = "consumer";
    r.supported = {{"range", std::move(metadata)}};
    return r;
  }
  std::shared_ptr<join_result> join(join_request r) {
    auto result = std::make_shared<join_result>();
    result->generation = -2;  // not answered yet
    groups.join(std::move(r), [result](join_result got) { *result = std::move(got); });
    return result;
  }
  std::shared_ptr<sync_result> sync(const std::string& member, std::int32_t generation,
                                    std::vector<std::pair<std::string, std::string>> assignments = {}) {
    auto result = std::make_shared<sync_result>();
    result->assignment = "(waiting)";
    sync_request r;
    r.group = "g";
    r.member_id = member;
    r.generation = generation;
    r.assignments = std::move(assignments);
    groups.sync(std::move(r), [result](sync_result got) { *result = std::move(got); });
    return result;
  }
};

TEST(coordinator, one_member_joins_syncs_and_beats) {
  bench b;
  const auto joined = b.join(bench::request());
  EXPECT_EQ(joined->error, error_code::none);
  EXPECT_EQ(joined->generation, 1);
  EXPECT_EQ(joined->leader, joined->member_id);
  ASSERT_EQ(joined->members.size(), 1U);
  const auto synced = b.sync(joined->member_id, 1, {{joined->member_id, "all"}});
  EXPECT_EQ(synced->assignment, "all");
  EXPECT_EQ(b.groups.heartbeat({"g", joined->member_id, {}, 1}), error_code::none);
  EXPECT_EQ(b.groups.heartbeat({"g", joined->member_id, {}, 0}), error_code::illegal_generation);
  EXPECT_EQ(b.groups.heartbeat({"g", "who", {}, 1}), error_code::unknown_member_id);
}

TEST(coordinator, tells_new_members_their_id_first_where_they_know_of_it) {
  bench b;
  auto request = bench::request();
  request.id_required = true;
  const auto told = b.join(request);
  EXPECT_EQ(told->error, error_code::member_id_required);
  request.member_id = told->member_id;
  const auto joined = b.join(request);
  EXPECT_EQ(joined->error, error_code::none);
  EXPECT_EQ(joined->member_id, told->member_id);
}

TEST(coordinator, a_second_member_makes_the_first_join_again) {
  bench b;
  const auto first = b.join(bench::request());
  b.sync(first->member_id, 1, {{first->member_id, "all"}});
  const auto second = b.join(bench::request());
  EXPECT_EQ(second->generation, -2) << "it waits for the first";
  EXPECT_EQ(b.groups.heartbeat({"g", first->member_id, {}, 1}), error_code::rebalance_in_progress);
  const auto again = b.join(bench::request(first->member_id));
  EXPECT_EQ(again->generation, 2);
  EXPECT_EQ(second->generation, 2);
  EXPECT_EQ(again->members.size(), 2U);
  EXPECT_TRUE(second->members.empty()) << "only the leader is told who is there";
  const auto waiting = b.sync(second->member_id, 2);
  EXPECT_EQ(waiting->assignment, "(waiting)");
  b.sync(first->member_id, 2, {{first->member_id, "one"}, {second->member_id, "two"}});
  EXPECT_EQ(waiting->assignment, "two");
  EXPECT_EQ(b.groups.leave({"g", second->member_id, {}, -1}), error_code::none);
  EXPECT_EQ(b.groups.heartbeat({"g", first->member_id, {}, 2}), error_code::rebalance_in_progress);
}

TEST(coordinator, a_static_member_comes_back_without_a_rebalance) {
  bench b;
  auto request = bench::request();
  request.instance_id = "i1";
  request.knows_skip_assignment = true;
  const auto first = b.join(request);
  b.sync(first->member_id, 1, {{first->member_id, "all"}});
  const auto back = b.join(request);
  EXPECT_EQ(back->error, error_code::none);
  EXPECT_EQ(back->generation, 1);
  EXPECT_TRUE(back->skip_assignment);
  EXPECT_NE(back->member_id, first->member_id);
  EXPECT_EQ(b.sync(back->member_id, 1)->assignment, "all");
  EXPECT_EQ(b.groups.heartbeat({"g", first->member_id, "i1", 1}), error_code::fenced_instance_id);
}

TEST(coordinator, refuses_what_does_not_fit) {
  bench b;
  auto request = bench::request();
  request.group = "";
  EXPECT_EQ(b.join(request)->error, error_code::invalid_group_id);
  request = bench::request();
  request.session_timeout_ms = 0;
  EXPECT_EQ(b.join(request)->error, error_code::invalid_session_timeout);
  EXPECT_EQ(b.join(bench::request("stranger"))->error, error_code::unknown_member_id);
  b.join(bench::request());
  request = bench::request();
  request.supported = {{"sticky", "m"}};
  EXPECT_EQ(b.join(request)->error, error_code::inconsistent_group_protocol);
}

TEST(coordinator, commits_only_for_the_generation_that_is) {
  bench b;
  EXPECT_EQ(b.groups.check_commit({"g", "", {}, -1}), error_code::none) << "without membership";
  const auto joined = b.join(bench::request());
  EXPECT_EQ(b.groups.check_commit({"g", joined->member_id, {}, 1}), error_code::rebalance_in_progress);
  b.sync(joined->member_id, 1, {});
  EXPECT_EQ(b.groups.check_commit({"g", joined->member_id, {}, 1}), error_code::none);
  EXPECT_EQ(b.groups.check_commit({"g", joined->member_id, {}, 0}), error_code::illegal_generation);
  EXPECT_EQ(b.groups.check_commit({"g", "", {}, -1}), error_code::unknown_member_id);
}

TEST(coordinator, members_and_offsets_outlive_a_restart) {
  bench before;
  const auto joined = before.join(bench::request());
  before.sync(joined->member_id, 1, {{joined->member_id, "all"}});
  before.groups.commit("g", {{{"t", 2}, {41, 0, "note", 5}}}, nullptr);
  wire::kafka::writer snapshot;
  before.groups.snapshot(snapshot);

  const auto check = [&](coordinator& groups) {
    groups.start();
    EXPECT_EQ(groups.heartbeat({"g", joined->member_id, {}, 1}), error_code::none);
    const auto& offset = groups.find("g")->offsets.at({"t", 2});
    EXPECT_EQ(offset.offset, 41);
    EXPECT_EQ(offset.metadata, "note");
    EXPECT_EQ(groups.find("g")->members.at(joined->member_id).assignment, "all");
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

TEST(coordinator, an_unfinished_assignment_is_not_in_a_checkpoint) {
  bench before;
  const auto joined = before.join(bench::request());  // never synced
  wire::kafka::writer snapshot;
  before.groups.snapshot(snapshot);
  coordinator after({}, *before.loop, [](std::string, std::move_only_function<void(bool)>) {}, before.log);
  wire::kafka::reader in(snapshot.buffer());
  ASSERT_TRUE(after.restore(in));
  EXPECT_TRUE(after.find("g")->members.empty());
}

}  // namespace
}  // namespace mes::bus::groups
