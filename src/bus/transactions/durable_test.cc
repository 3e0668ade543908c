#include <gtest/gtest.h>

#include "bus/transactions/coordinator_under_test.h"

namespace mes::bus::transactions {
namespace {

TEST(transactions, are_there_after_a_clean_stop) {
  os::sim_file_system files;
  producer_claim p;
  {
    bench b(files);
    b.make_topic();
    p = b.init().producer;
    ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
    ASSERT_EQ(b.end(p, false).error, error_code::none);
    p.epoch = 1;
    ASSERT_EQ(b.put(p, 0, "b", 0), error_code::none);
    ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
    ASSERT_TRUE(b.store->close());
  }
  bench b(files, 200);
  ASSERT_TRUE(b.store) << b.why;
  EXPECT_EQ(b.store->recovery().scanned_bytes, 0U);
  EXPECT_EQ(b.txns.find("x")->state, state::ongoing);
  EXPECT_TRUE(b.txns.has_pending_offset("g", {"in", 0}));
  EXPECT_EQ(b.read_committed(0), strings{});
  ASSERT_EQ(b.put(p, 0, "c", 1), error_code::none);
  ASSERT_EQ(b.end(p, true).error, error_code::none);
  EXPECT_EQ(b.read_committed(0), (strings{"b", "c"}));
  EXPECT_EQ(b.offset_of("g"), 17);
}

// Administrators see the group, and may delete it with what the transaction has sent.
TEST(transactions, make_the_groups_of_their_offsets_again_when_the_log_is_read) {
  for (const bool clean_stop : {false, true}) {
    os::sim_file_system files;
    {
      bench b(files);
      const producer_claim p = b.init().producer;
      ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
      if (clean_stop) ASSERT_TRUE(b.store->close());
    }
    const bench b(files, 200);
    ASSERT_TRUE(b.store) << b.why;
    EXPECT_EQ(b.groups, std::set<std::string>{"g"});
    EXPECT_TRUE(b.txns.has_pending_offset("g"));
  }
}

// What a run of a few transactions has told its client before the power went.
struct told {
  bool committed = false, aborted = false;
};

told run_until_cut(os::sim_file_system& files, std::uint32_t segment_bytes) {
  told t;
  bench b(files, 100, segment_bytes);
  if (!b.store || !b.fault || !b.make_topic()) return t;
  producer_claim p = b.init().producer;
  const std::string filler(100, 'x');
  const auto ok = [&](error_code e) { return e == error_code::none && b.fault; };
  if (!ok(b.put(p, 0, "a" + filler, 0)) || !ok(b.put(p, 1, "a" + filler, 0)) || !ok(b.add_offsets(p, "g", 17)))
    return t;
  auto ended = b.end(p, true);
  if (!ok(ended.error)) return t;
  t.committed = true;
  p = ended.producer;
  if (!ok(b.put(p, 1, "b" + filler, 0)) || !ok(b.put(p, 0, "b" + filler, 0)) || !ok(b.add_offsets(p, "g", 18)))
    return t;
  ended = b.end(p, false);
  if (!ok(ended.error)) return t;
  t.aborted = true;
  p = ended.producer;
  if (ok(b.put(p, 0, "c" + filler, 0))) (void)b.store->close();
  return t;
}

// Walks through every point at which the power can go: what is committed is so in all partitions and offsets.
void walk_through_power_cuts(std::uint32_t segment_bytes) {
  bool any_committed = false, any_aborted = false;
  for (std::uint64_t point = 0, seed = 1;; ++point, ++seed) {
    os::sim_file_system files;
    files.cut_power_after(point);
    const told t = run_until_cut(files, segment_bytes);
    if (!files.is_cut()) break;
    files.crash(seed);
    strings first[2];
    for (int round = 0; round < 2; ++round) {
      bench b(files, 200, segment_bytes);
      ASSERT_TRUE(b.store) << "point " << point << ": " << b.why;
      if (!b.store->find("t")) {
        ASSERT_FALSE(t.committed);
        break;
      }
      const transaction* x = b.txns.find("x");
      ASSERT_FALSE(x && x->decided()) << "point " << point;
      const bool open = x && x->state == state::ongoing;
      EXPECT_TRUE(open || b.all_stable()) << "point " << point;
      if (open) {  // its producer is gone: the next one ends it
        ASSERT_EQ(b.init().error, error_code::concurrent_transactions);
        ASSERT_TRUE(b.all_stable()) << "point " << point;
      }
      const strings seen[2] = {b.read_committed(0), b.read_committed(1)};
      ASSERT_EQ(seen[0].size(), seen[1].size()) << "point " << point;
      ASSERT_LE(seen[0].size(), 1U) << "point " << point;
      for (const strings& values : seen)
        for (const auto& v : values) ASSERT_EQ(v[0], 'a') << "point " << point;
      const bool committed = !seen[0].empty();
      ASSERT_EQ(b.offset_of("g"), committed ? 17 : -1) << "point " << point;
      if (t.committed) ASSERT_TRUE(committed) << "point " << point;
      if (round == 1) ASSERT_EQ(seen[0], first[0]) << "point " << point;
      first[0] = seen[0];
      any_committed = any_committed || committed;
      any_aborted = any_aborted || (t.aborted && committed);
    }
  }
  EXPECT_TRUE(any_committed);
  EXPECT_TRUE(any_aborted);
}

TEST(transactions, are_whole_after_a_power_cut_at_any_point) { walk_through_power_cuts(1 << 20); }
TEST(transactions, are_whole_after_a_power_cut_over_many_segments) { walk_through_power_cuts(1'024); }

// A crash that leaves a given number of the frames of one end: the decision, two markers, the completion.
TEST(transactions, an_end_that_was_cut_anywhere_is_ended_again_or_never_was) {
  for (const bool commit : {true, false}) {
    for (int frames = 0; frames <= 4; ++frames) {
      os::sim_file_system files;
      {
        bench b(files);
        b.make_topic();
        const producer_claim p = b.init().producer;
        ASSERT_EQ(b.put(p, 0, "a", 0), error_code::none);
        ASSERT_EQ(b.put(p, 1, "a", 0), error_code::none);
        ASSERT_EQ(b.add_offsets(p, "g", 17), error_code::none);
        ASSERT_EQ(b.end(p, commit).error, error_code::none);
      }
      // The last frames go one by one from the back.
      auto file = files.open("/bus/" + log::segment_name(1), os::open_mode::read_write);
      ASSERT_TRUE(file);
      std::string bytes(64 << 10, '\0');
      bytes.resize(*(*file)->pread(0, bytes));
      std::vector<std::size_t> starts;
      for (std::size_t at = log::segment_header_size;;) {
        const auto h = log::read_frame_header(std::string_view(bytes).substr(std::min(at, bytes.size())), 1);
        if (!h) break;
        starts.push_back(at);
        at += log::frame_header_size + h->payload_size;
      }
      ASSERT_GT(starts.size(), 4U);
      if (frames < 4) {
        ASSERT_TRUE((*file)->truncate(starts[starts.size() - 4 + static_cast<std::size_t>(frames)]));
        ASSERT_TRUE((*file)->sync());
      }
      file->reset();
      bench b(files, 200);
      ASSERT_TRUE(b.store) << b.why;
      const state expected = frames == 0 ? state::ongoing : commit ? state::complete_commit : state::complete_abort;
      EXPECT_EQ(b.txns.find("x")->state, expected) << frames;
      EXPECT_EQ(b.all_stable(), frames > 0) << frames;
      const bool committed = commit && frames > 0;
      EXPECT_EQ(b.read_committed(0), committed ? strings{"a"} : strings{}) << frames;
      EXPECT_EQ(b.read_committed(1), committed ? strings{"a"} : strings{}) << frames;
      EXPECT_EQ(b.offset_of("g"), committed ? 17 : -1) << frames;
      if (frames > 0) {
        for (const auto& p : b.store->find("t")->partitions)
          EXPECT_EQ(p->high_watermark(), 2) << "one marker, frames " << frames;
      }
    }
  }
}

}  // namespace
}  // namespace mes::bus::transactions
