#include <gtest/gtest.h>

#include "bus/transactions/coordinator_under_test.h"

namespace mes::bus::transactions {
namespace {

TEST(transactions, show_all_of_it_at_the_commit_and_nothing_before) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  const producer_claim p = b.init().producer;
  EXPECT_EQ(p.id, 100);
  EXPECT_EQ(p.epoch, 0);
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  ASSERT_EQ(b.put(p, 1, "b", 0), error_code::none);
  ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
  EXPECT_EQ(b.read_committed(0), strings{});
  EXPECT_EQ(b.offset_of("g"), -1);
  EXPECT_TRUE(b.txns.has_pending_offset("g", {"in", 0}));
  EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 1}));
  EXPECT_FALSE(b.txns.has_pending_offset("h", {"in", 0}));
  const auto ended = b.end(p, true);
  EXPECT_EQ(ended.error, error_code::none);
  EXPECT_EQ(ended.producer.epoch, 1);
  EXPECT_EQ(b.read_committed(0), strings{"a"});
  EXPECT_EQ(b.read_committed(1), strings{"b"});
  EXPECT_EQ(b.offset_of("g"), 17);
  EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 0}));
  EXPECT_EQ(b.end(p, true).error, error_code::none) << "a retry";
  EXPECT_EQ(b.store->find("t")->partitions[0]->high_watermark(), 2) << "writes no second marker";
  EXPECT_EQ(b.put(p, 0, "late", 1), error_code::producer_fenced);
  EXPECT_EQ(b.put({100, 1}, 0, "c", 0), error_code::none);
}

TEST(transactions, have_as_many_ids_as_there_is_room_for) {
  os::sim_file_system files;
  {
    bench b(files, 100, 1 << 20, {.ids_max = 2});
    EXPECT_EQ(b.init("x").error, error_code::none);
    std::vector<error_code> answers;  // of those that come at once, for the one place that is left
    for (const char* id : {"y", "z"})
      b.txns.init({id, 60'000, {}}, [&](const producer_result& got) { answers.push_back(got.error); });
    b.settle();
    EXPECT_EQ(std::ranges::count(answers, error_code::none), 1);
    EXPECT_EQ(std::ranges::count(answers, error_code::policy_violation), 1);
    EXPECT_EQ(b.txns.size(), 2U);
    EXPECT_EQ(b.init("another").error, error_code::policy_violation);
    const auto again = b.init("x");
    EXPECT_EQ(again.error, error_code::none) << "it is known";
    EXPECT_EQ(again.producer.epoch, 1);
    b.now_ms += coordinator_options{}.id_expiry_ms;
    b.txns.expire_ids(b.now_ms);
    b.settle();
    EXPECT_EQ(b.init("another").error, error_code::none) << "there is room again";
    EXPECT_EQ(b.init("third").error, error_code::none);
  }
  bench b(files, 200, 1 << 20, {.ids_max = 1});
  EXPECT_EQ(b.txns.size(), 2U) << "a smaller bound takes nothing away";
  EXPECT_EQ(b.init("third").error, error_code::none);
}

TEST(transactions, show_nothing_of_what_was_aborted) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
  p = b.end(p, false).producer;
  ASSERT_EQ(b.put(p, 0, "b", 0), error_code::none);
  p = b.end(p, true).producer;
  EXPECT_EQ(b.read_committed(0), strings{"b"});
  EXPECT_EQ(b.offset_of("g"), -1);
  EXPECT_EQ(b.end(p, false).producer.epoch, 3) << "of nothing: only the epoch moves";
}

TEST(transactions, commit_no_offsets_of_a_topic_that_was_deleted_meanwhile) {
  for (const bool cut : {false, true}) {
    os::sim_file_system files;
    producer_claim p;
    {
      bench b(files);
      b.store->create_topic("in", 1, {}, nullptr);
      b.settle();
      p = b.init().producer;
      ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
      b.store->delete_topic(b.store->find("in")->id, nullptr);
      b.settle();
      EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 0}));
      if (!cut) {
        ASSERT_EQ(b.end(p, true).error, error_code::none);
        EXPECT_EQ(b.offset_of("g"), -1);
        continue;
      }
    }
    files.crash(1);
    bench b(files);
    EXPECT_FALSE(b.txns.has_pending_offset("g", {"in", 0}));
    ASSERT_EQ(b.end(p, true).error, error_code::none);
    EXPECT_EQ(b.offset_of("g"), -1);
  }
}

TEST(transactions, v1_needs_partitions_and_groups_to_be_added) {
  os::sim_file_system files;
  bench b(files);
  const auto t = b.make_topic();
  const producer_claim p = b.init().producer;
  EXPECT_EQ(b.put(p, 0, "a", 0, false), error_code::transaction_abortable);
  EXPECT_EQ(b.add_offsets(p, "g", 1, false), error_code::transaction_abortable);
  EXPECT_EQ(b.end(p, true, false).error, error_code::invalid_txn_state);
  std::vector<error_code> answers;
  b.txns.add_partitions("x", p, {{t->id, 0}}, [&](error_code e) { answers.push_back(e); });
  b.txns.add_group("x", p, "g", [&](error_code e) { answers.push_back(e); });
  b.txns.add_partitions("x", p, {{t->id, 0}}, [&](error_code e) { answers.push_back(e); });
  EXPECT_TRUE(answers.empty()) << "not durable yet";
  b.settle();
  EXPECT_EQ(answers, std::vector<error_code>(3, error_code::none));
  EXPECT_EQ(b.put(p, 0, "a", 0, false), error_code::none);
  EXPECT_EQ(b.put(p, 1, "b", 0, false), error_code::transaction_abortable);
  EXPECT_EQ(b.add_offsets(p, "g", 1, false), error_code::none);
  const auto ended = b.end(p, true, false);
  EXPECT_EQ(ended.error, error_code::none);
  EXPECT_EQ(ended.producer.epoch, 0);
  EXPECT_EQ(b.offset_of("g"), 1);
  EXPECT_EQ(b.read_committed(0), strings{"a"});
}

TEST(transactions, write_what_is_added_once) {
  constexpr std::size_t name_bytes = 1'000, groups = 100;
  os::sim_file_system files;
  producer_claim p;
  std::string name(name_bytes, 'g');
  {
    bench b(files);
    const auto t = b.make_topic();
    p = b.init().producer;
    error_code last{};
    const auto add_group = [&] {
      b.txns.add_group("x", p, name, [&](error_code e) { last = e; });
      b.settle();
    };
    b.applied_bytes = 0;
    for (std::size_t i = 0; i < groups; ++i) {
      name.replace(0, 3, std::to_string(100 + i));
      add_group();
      ASSERT_EQ(last, error_code::none);
    }
    for (std::int32_t index = 0; index < 2; ++index) b.txns.add_partitions("x", p, {{t->id, index}}, [](error_code) {});
    b.settle();
    EXPECT_LT(b.applied_bytes, groups * name_bytes * 2);
    for (int i = 0; i < 40; ++i) {
      name.assign(32'000, static_cast<char>('A' + i));
      add_group();
    }
    EXPECT_EQ(last, error_code::unknown_server_error) << "there is a bound";
  }
  files.crash(1);
  bench b(files, 200);
  const transaction& x = *b.txns.find("x");
  EXPECT_EQ(x.partitions.size(), 2U);
  EXPECT_GE(x.groups.size(), groups);
  EXPECT_LT(x.groups.size(), groups + 40);
  EXPECT_EQ(b.end(p, true, false).error, error_code::none);
}

TEST(transactions, of_older_logs_get_their_partitions_one_by_one) {
  os::sim_file_system files;
  producer_claim p;
  {
    bench b(files);
    const auto t = b.make_topic();
    p = b.init().producer;
    ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
    kafka::writer out;
    out.int8(static_cast<std::int8_t>(change::partition));
    out.string(true, "x");
    out.uuid(t->id);
    out.int32(1);
    b.store->append_state(std::move(out.buffer()), nullptr);
    b.settle();
  }
  files.crash(1);
  bench b(files, 200);
  EXPECT_EQ(b.put(p, 1, "b", 0, false), error_code::none);
}

TEST(transactions, a_new_instance_aborts_and_fences_the_old_one) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  const producer_claim old = b.init().producer;
  ASSERT_EQ(b.put(old, 0, "old", 0), error_code::none);
  EXPECT_EQ(b.init().error, error_code::concurrent_transactions);
  EXPECT_TRUE(b.all_stable());
  const producer_claim fresh = b.init().producer;
  EXPECT_EQ(fresh.id, old.id);
  EXPECT_EQ(fresh.epoch, 2) << "1 was the abort's";
  EXPECT_EQ(b.put(old, 0, "zombie", 1), error_code::producer_fenced);
  EXPECT_EQ(b.end(old, true).error, error_code::producer_fenced);
  EXPECT_EQ(b.add_offsets(old, "g", 1), error_code::producer_fenced);
  ASSERT_EQ(b.put(fresh, 0, "new", 0), error_code::none);
  ASSERT_EQ(b.end(fresh, true).error, error_code::none);
  EXPECT_EQ(b.read_committed(0), strings{"new"});
}

TEST(transactions, time_out_and_are_aborted) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  const producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  b.txns.expire(b.now_ms + 60'000);
  b.settle();
  EXPECT_EQ(b.txns.find("x")->state, state::ongoing);
  b.txns.expire(b.now_ms + 60'001);
  b.settle();
  EXPECT_EQ(b.txns.find("x")->state, state::complete_abort);
  EXPECT_EQ(b.txns.stats().timed_out, 1U);
  EXPECT_TRUE(b.all_stable());
  EXPECT_EQ(b.end(p, true).error, error_code::invalid_txn_state);
  EXPECT_EQ(b.end(p, true, false).error, error_code::producer_fenced);
  EXPECT_EQ(b.end(p, false).producer.epoch, 1) << "its producer may take note of the abort and go on";
}

// The clock goes back for a moment, and it is then that somebody begins one.
TEST(transactions, time_out_also_after_a_jump_of_the_clock) {
  os::sim_file_system files;
  bench b(files, 100, 1 << 20, {.look_again_ms = 5});
  b.make_topic();
  const producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  const std::int64_t right = b.now_ms;
  b.now_ms -= 3'600'000;
  const producer_claim other = b.init("y").producer;
  bool done = false;
  b.txns.add_partitions("y", other, {{b.store->find("t")->id, 1}}, [&](error_code) { done = true; });
  b.wait(done);
  b.now_ms = right + 60'001;
  for (int turn = 0; turn < 500 && b.txns.stats().timed_out == 0; ++turn) {
    b.loop->after(10, [] {});  // a turn waits no longer
    b.loop->turn();
    b.settle();
  }
  EXPECT_EQ(b.txns.find("x")->state, state::complete_abort);
}

TEST(transactions, refuse_what_does_not_fit) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  EXPECT_EQ(b.init("").error, error_code::invalid_request);
  error_code e{};
  b.txns.init({"x", 900'001, {}}, [&](producer_result r) { e = r.error; });
  EXPECT_EQ(e, error_code::invalid_transaction_timeout);
  b.txns.init({"x", 0, {}}, [&](producer_result r) { e = r.error; });
  EXPECT_EQ(e, error_code::invalid_transaction_timeout);
  EXPECT_EQ(b.end({1, 0}, true).error, error_code::invalid_producer_id_mapping);
  EXPECT_EQ(b.put({1, 0}, 0, "a", 0), error_code::invalid_producer_id_mapping);
  const producer_claim p = b.init().producer;
  EXPECT_EQ(b.put({p.id + 1, 0}, 0, "a", 0), error_code::invalid_producer_id_mapping);
  EXPECT_EQ(b.put(p, 0, "a", 1), error_code::out_of_order_sequence_number);
}

TEST(transactions, ids_that_are_not_used_expire) {
  os::sim_file_system files;
  bench b(files);
  b.make_topic();
  b.init("old");
  const producer_claim p = b.init().producer;
  ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
  b.txns.expire_ids(b.now_ms + 604'800'000);
  b.settle();
  EXPECT_FALSE(b.txns.find("old"));
  EXPECT_TRUE(b.txns.find("x")) << "open";
}

TEST(transactions, an_id_that_expires_is_let_go_of_before_it_is_used_again) {
  os::sim_file_system files;
  bench b(files);
  const auto t = b.make_topic();
  const producer_claim old = b.init().producer;
  b.txns.expire_ids(b.now_ms + 604'800'000);
  std::vector<error_code> answers;
  b.txns.add_partitions("x", old, {{t->id, 0}}, [&](error_code e) { answers.push_back(e); });
  b.txns.end({"x", old, false, true}, [&](producer_result r) { answers.push_back(r.error); });
  b.txns.init({"x", 60'000, {}}, [&](producer_result r) { answers.push_back(r.error); });
  EXPECT_EQ(answers, std::vector<error_code>(3, error_code::concurrent_transactions));
  b.settle();
  EXPECT_EQ(b.put(old, 0, "a", 0), error_code::invalid_producer_id_mapping);
  const auto fresh = b.init();
  EXPECT_EQ(fresh.error, error_code::none);
  EXPECT_NE(fresh.producer.id, old.id);
  EXPECT_EQ(b.put(fresh.producer, 0, "a", 0), error_code::none);
}

TEST(transactions, a_full_disk_leaves_them_as_they_were) {
  for (const auto limit : {&os::sim_file_system::limit_space, &os::sim_file_system::limit_synced_space}) {
    os::sim_file_system files;
    bench b(files, 100, 256);  // files of their own for nearly every frame: none has room left
    b.make_topic();
    const producer_claim p = b.init().producer;
    ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
    ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
    (files.*limit)(0);
    EXPECT_EQ(b.end(p, true).error, error_code::coordinator_not_available);
    EXPECT_EQ(b.txns.find("x")->state, state::ongoing);
    EXPECT_EQ(b.put(p, 1, "b", 0), error_code::kafka_storage_error);
    EXPECT_EQ(b.txns.find("x")->partitions.size(), 1U);
    EXPECT_EQ(b.init("y").error, error_code::coordinator_not_available);
    EXPECT_FALSE(b.txns.find("y"));
    EXPECT_EQ(b.read_committed(0), strings{});
    (files.*limit)(UINT64_MAX);
    EXPECT_EQ(b.end(p, true).error, error_code::none);
    EXPECT_EQ(b.read_committed(0), strings{"a"});
    EXPECT_EQ(b.offset_of("g"), 17);
  }
}

}  // namespace
}  // namespace mes::bus::transactions
