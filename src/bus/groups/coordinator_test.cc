#include "bus/groups/coordinator.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace mes::bus::groups {
namespace {

using wire::kafka::error_code;

// A coordinator whose log stores at once, or what it holds when told to.
struct bench {
  std::unique_ptr<net::poller> loop = std::move(*net::poller::make());
  observe::logger log{"test", observe::level::error};
  std::vector<std::string> stored;
  bool holds = false;
  std::vector<std::move_only_function<void()>> held;
  coordinator groups;
  explicit bench(coordinator_options options = {.session_timeout_min_ms = 1})
      : groups(
            options, *loop,
            [this](std::string payload, std::move_only_function<void(bool)> done) {
              stored.push_back(payload);
              auto store = [this, payload, done = std::move(done)] mutable {
                groups.apply(payload);
                if (done) done(true);
              };
              if (holds)
                held.push_back(std::move(store));
              else
                store();
            },
            log) {
    groups.start();
  }

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
  std::vector<error_code> leave(std::vector<leaving_member> members) {
    std::vector<error_code> result;
    groups.leave("g", std::move(members), [&result](leave_result got) { result = got.members; });
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
  EXPECT_EQ(b.leave({{second->member_id, {}}}).front(), error_code::none);
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

// As Kafka answers when a group's record is too large for the topic of offsets.
TEST(coordinator, a_group_has_a_bound) {
  bench b({.session_timeout_min_ms = 1, .state_bytes_max = 1'000});
  const auto refused = b.join(bench::request("", std::string(1'000, 'm')));
  EXPECT_EQ(refused->error, error_code::unknown_server_error);
  EXPECT_EQ(b.groups.find("g"), nullptr);
  const auto joined = b.join(bench::request("", std::string(600, 'm')));
  EXPECT_EQ(joined->error, error_code::none);
  EXPECT_EQ(b.join(bench::request("", std::string(600, 'm')))->error, error_code::unknown_server_error);
  EXPECT_EQ(b.groups.find("g")->members.size(), 1U);
  const auto synced = b.sync(joined->member_id, 1, {{joined->member_id, std::string(600, 'a')}});
  EXPECT_EQ(synced->error, error_code::unknown_server_error);
  EXPECT_TRUE(b.stored.empty());
  EXPECT_EQ(b.groups.heartbeat({"g", joined->member_id, {}, 1}), error_code::rebalance_in_progress);
  EXPECT_EQ(b.join(bench::request(joined->member_id, std::string(600, 'n')))->generation, 2) << "it counts once";
  EXPECT_EQ(b.sync(joined->member_id, 2, {{joined->member_id, "all"}})->error, error_code::none);
}

TEST(coordinator, all_groups_together_have_a_bound) {
  bench b({.session_timeout_min_ms = 1, .members_bytes_max = 10'000});
  const auto of_group = [](const std::string& name, std::size_t bytes) {
    auto r = bench::request("", std::string(bytes, 'm'));
    r.group = name;
    return r;
  };
  const auto first = b.join(of_group("g", 3'000));
  EXPECT_EQ(first->error, error_code::none);
  EXPECT_EQ(b.join(of_group("h", 3'000))->error, error_code::none);
  EXPECT_EQ(b.join(of_group("i", 6'000))->error, error_code::unknown_server_error);
  EXPECT_EQ(b.groups.find("i"), nullptr);
  EXPECT_LE(b.groups.members_bytes(), 10'000U);
  EXPECT_EQ(b.join(bench::request(first->member_id, std::string(2'900, 'n')))->error, error_code::none);
  EXPECT_EQ(b.leave({{first->member_id, {}}}).front(), error_code::none);
  EXPECT_EQ(b.join(of_group("i", 3'000))->error, error_code::none) << "there is room again";
}

TEST(coordinator, ids_that_were_given_out_count) {
  bench b({.session_timeout_min_ms = 1, .members_bytes_max = 100'000});
  auto request = bench::request();
  request.id_required = true;
  request.client_id = std::string(10'000, 'c');
  request.session_timeout_ms = 20;
  int given = 0;
  while (given < 100 && b.join(request)->error == error_code::member_id_required) ++given;
  EXPECT_GE(given, 1);
  EXPECT_LT(given, 10);
  EXPECT_EQ(b.join(request)->error, error_code::unknown_server_error);
  EXPECT_GE(b.groups.members_bytes(), 10'000U * static_cast<unsigned>(given));
  while (!b.groups.find("g")->ids_given.empty()) b.loop->turn();
  EXPECT_EQ(b.groups.members_bytes(), b.groups.find("g")->held.bytes());
  EXPECT_EQ(b.join(request)->error, error_code::member_id_required);
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
  // Older checkpoints lack the byte that tells the kind of a group, which follows their number, and the expiry of an
  // offset, which is last here.
  std::string older = snapshot.buffer();
  older.erase(1, 1);
  older.resize(older.size() - sizeof(std::int64_t));
  coordinator from_older({}, *before.loop, put, before.log);
  wire::kafka::reader in_older(older);
  ASSERT_TRUE(from_older.restore(in_older, 3));
  check(from_older);
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

TEST(coordinator, a_static_member_of_before_version_9_is_shown_another_leader) {
  bench b;
  auto request = bench::request();
  request.instance_id = "i1";
  const auto first = b.join(request);
  b.sync(first->member_id, 1, {{first->member_id, "all"}});
  const auto back = b.join(request);
  EXPECT_EQ(back->generation, 1);
  EXPECT_FALSE(back->skip_assignment);
  EXPECT_EQ(back->leader, first->member_id);
  EXPECT_TRUE(back->members.empty());
}

TEST(coordinator, a_static_member_that_returns_while_others_wait_for_the_leader_starts_over) {
  bench b;
  auto request = bench::request();
  request.instance_id = "i1";
  b.join(request);  // never synced
  const auto back = b.join(request);
  EXPECT_EQ(back->error, error_code::none);
  EXPECT_EQ(back->generation, 2);
}

TEST(coordinator, a_group_has_room_for_so_many) {
  bench b({.session_timeout_min_ms = 1, .group_size_max = 1});
  const auto first = b.join(bench::request());
  b.sync(first->member_id, 1, {});
  const auto second = b.join(bench::request());
  EXPECT_EQ(second->error, error_code::group_max_size_reached);
  EXPECT_EQ(second->member_id, "");
  EXPECT_EQ(b.groups.heartbeat({"g", first->member_id, {}, 1}), error_code::none);
}

TEST(coordinator, the_first_generation_waits_for_others_as_long_as_configured) {
  bench b({.session_timeout_min_ms = 1, .initial_rebalance_delay_ms = 20});
  const auto first = b.join(bench::request());
  const auto second = b.join(bench::request());
  EXPECT_EQ(first->generation, -2);
  while (first->generation == -2) b.loop->turn();
  EXPECT_EQ(first->generation, 1);
  EXPECT_EQ(second->generation, 1) << "it came while the first waited";
}

TEST(coordinator, several_leave_together_by_id_or_instance) {
  bench b;
  auto request = bench::request();
  request.instance_id = "i1";
  const auto fixed = b.join(request);
  b.sync(fixed->member_id, 1, {});
  const auto other = b.join(bench::request());
  b.join(request = [&] {
    auto again = bench::request(fixed->member_id);
    again.instance_id = "i1";
    return again;
  }());
  ASSERT_EQ(other->generation, 2);
  EXPECT_EQ(
      b.leave({{"", "i1"}, {other->member_id, "i9"}, {"who", {}}, {other->member_id, {}}}),
      (std::vector{error_code::none, error_code::unknown_member_id, error_code::unknown_member_id, error_code::none}));
  EXPECT_TRUE(b.groups.find("g")->is_empty());
  EXPECT_EQ(b.groups.find("g")->generation, 3) << "one rebalance for all";
}

TEST(coordinator, the_protocol_that_most_prefer_is_chosen_among_what_all_support) {
  bench b({.session_timeout_min_ms = 1, .initial_rebalance_delay_ms = 20});
  const auto join = [&](protocols offered) {
    auto r = bench::request();
    r.supported = std::move(offered);
    return b.join(r);
  };
  const auto first = join({{"x", ""}, {"range", ""}, {"sticky", ""}});
  join({{"sticky", ""}, {"range", ""}});
  join({{"sticky", ""}, {"range", ""}});
  while (first->generation == -2) b.loop->turn();
  EXPECT_EQ(first->protocol, "sticky");
}

std::string consumer_metadata(const std::string& topic) {
  return std::string("\0\0\0\0\0\1\0", 7) + static_cast<char>(topic.size()) + topic + std::string("\xff\xff\xff\xff");
}

TEST(coordinator, offsets_of_subscribed_topics_are_kept) {
  bench b({.session_timeout_min_ms = 1, .offsets_retention_ms = 1'000});
  const auto joined = b.join(bench::request("", consumer_metadata("t")));
  b.sync(joined->member_id, 1, {});
  b.groups.commit("g", {{{"t", 0}, {1, -1, "", 0}}, {{"u", 0}, {2, -1, "", 0}}}, nullptr);
  const group& g = *b.groups.find("g");
  EXPECT_TRUE(b.groups.subscriptions_of(g).contain("t"));
  EXPECT_FALSE(b.groups.subscriptions_of(g).contain("u"));
  b.groups.expire(2'000);
  EXPECT_EQ(g.offsets.size(), 1U) << "u is over";
  EXPECT_TRUE(g.offsets.contains({"t", 0}));
  EXPECT_EQ(b.groups.remove("g", nullptr), error_code::non_empty_group);
}

TEST(coordinator, a_subscription_that_cannot_be_read_may_be_to_any_topic) {
  bench b({.session_timeout_min_ms = 1, .offsets_retention_ms = 1'000});
  const auto joined = b.join(bench::request("", "m"));
  b.sync(joined->member_id, 1, {});
  b.groups.commit("g", {{{"t", 0}, {1, -1, "", 0}}}, nullptr);
  const group& g = *b.groups.find("g");
  EXPECT_TRUE(b.groups.subscriptions_of(g).contain("t"));
  b.groups.expire(2'000);
  EXPECT_EQ(g.offsets.size(), 1U);
}

TEST(coordinator, offsets_without_members_expire_by_their_age_and_the_group_with_them) {
  bench b({.offsets_retention_ms = 1'000});
  b.groups.commit("g", {{{"t", 0}, {1, -1, "", 5'000}}, {{"t", 1}, {1, -1, "", 5'000, 9'000}}}, nullptr);
  b.groups.expire(5'999);
  EXPECT_EQ(b.groups.find("g")->offsets.size(), 2U);
  b.groups.expire(6'000);
  EXPECT_EQ(b.groups.find("g")->offsets.size(), 1U) << "a time of its own holds";
  b.groups.set_pending([](std::string_view, const topic_partition* where) { return where != nullptr; });
  b.groups.expire(9'000);
  EXPECT_EQ(b.groups.find("g")->offsets.size(), 1U) << "a transaction is open for it";
  b.groups.set_pending(nullptr);
  b.groups.expire(9'000);
  EXPECT_EQ(b.groups.find("g"), nullptr);
}

// What it removed would stand behind that commit in the log.
TEST(coordinator, what_was_redriven_is_known_as_long_as_its_topic) {
  bench b({.offsets_retention_ms = 1'000});
  b.groups.commit("mes-redrive", {{{"x.dlq", 0}, {3, -1, "", 5'000}}}, nullptr);
  b.groups.expire(1'000'000);
  ASSERT_NE(b.groups.find("mes-redrive"), nullptr);
  EXPECT_EQ(b.groups.find("mes-redrive")->offsets.size(), 1U);
}

TEST(coordinator, nothing_of_a_group_expires_while_a_commit_is_on_its_way) {
  bench b({.offsets_retention_ms = 1'000});
  b.groups.commit("g", {{{"t", 0}, {1, -1, "", 0}}, {{"u", 0}, {1, -1, "", 0}}}, nullptr);
  b.holds = true;
  b.groups.commit("g", {{{"t", 0}, {2, -1, "", 5'000}}}, nullptr);
  b.groups.expire(5'000);
  b.holds = false;
  for (auto& store : b.held) store();
  const group* const g = b.groups.find("g");
  ASSERT_NE(g, nullptr);
  EXPECT_EQ(g->offsets.at({"t", 0}).offset, 2);
  b.groups.expire(5'000);
  EXPECT_EQ(g->offsets.size(), 1U) << "u is over";
}

TEST(coordinator, a_group_is_there_once_a_transaction_has_offsets_for_it) {
  bench b({.groups_max = 1});
  EXPECT_EQ(b.groups.make_for_transaction("g"), error_code::none);
  ASSERT_NE(b.groups.find("g"), nullptr);
  EXPECT_EQ(b.groups.find("g")->state, group_state::empty);
  EXPECT_TRUE(b.stored.empty()) << "nothing is committed yet";
  EXPECT_EQ(b.groups.make_for_transaction("g"), error_code::none);
  EXPECT_EQ(b.groups.make_for_transaction("another"), error_code::policy_violation) << "no room";
  b.groups.set_pending([](std::string_view, const topic_partition* where) { return !where; });
  b.groups.expire(INT64_MAX);
  EXPECT_NE(b.groups.find("g"), nullptr) << "its transaction is open";
}

TEST(coordinator, commit_errors_are_those_of_the_requests_version) {
  bench b;
  EXPECT_EQ(b.groups.check_commit({"g", "m", {}, 3}), error_code::group_id_not_found);
  EXPECT_EQ(b.groups.check_commit({"g", "m", {}, 3}, {.knows_member_epoch = false}), error_code::illegal_generation);
  EXPECT_EQ(b.groups.check_commit({"g", "m", {}, 3}, {.transactional = true}), error_code::illegal_generation);
  const auto joined = b.join(bench::request());
  b.sync(joined->member_id, 1, {});
  EXPECT_EQ(b.groups.check_commit({"g", "", {}, -1}, {.transactional = true}), error_code::none);
  EXPECT_EQ(b.groups.check_commit({"g", joined->member_id, {}, 7}, {.transactional = true}),
            error_code::illegal_generation);
}

}  // namespace
}  // namespace mes::bus::groups
