// Leader epochs: each start has its own, and a partition keeps those of the records that it has.
#include "bus/log/leader_epochs.h"

#include <gtest/gtest.h>

#include "bus/log/test_store.h"

namespace mes::bus::log {
namespace {

using namespace test_support;
using epoch_end = std::pair<std::int32_t, std::int64_t>;

TEST(leader_epochs, rise_by_the_clock_and_without_it) {
  constexpr std::int64_t new_year_ms = 1'767'225'600'000;
  EXPECT_EQ(next_leader_epoch(0, new_year_ms + 90'000), 90);
  EXPECT_EQ(next_leader_epoch(90, new_year_ms + 90'000), 91);
  EXPECT_EQ(next_leader_epoch(90, new_year_ms - 1'000'000'000), 91);
  EXPECT_EQ(next_leader_epoch(0, 0), 1);
  const std::int32_t far = next_leader_epoch(0, INT64_MAX);
  EXPECT_LT(far, INT32_MAX - 1'000'000);
  EXPECT_EQ(next_leader_epoch(far, INT64_MAX), far + 1);
  EXPECT_EQ(next_leader_epoch(INT32_MAX, new_year_ms), INT32_MAX);
}

TEST(leader_epochs, each_start_has_its_own) {
  os::sim_file_system files;
  enum class end { clean, kill, power_cut };
  std::int32_t expected = 0;
  for (const end last : {end::clean, end::clean, end::kill, end::kill, end::power_cut, end::power_cut, end::clean}) {
    opened o(files);
    ASSERT_TRUE(o.store) << o.why;
    EXPECT_EQ(o.store->leader_epoch(), expected++);
    if (expected == 2) ASSERT_EQ(o.put(o.make("t"), "a"), opened::outcome::stored);
    if (last == end::clean) ASSERT_TRUE(o.store->close());
    if (last == end::power_cut) files.crash(1);
  }
}

// The first start of a folder has 0 whatever the clock says: so have Kafka's topics.
TEST(leader_epochs, are_by_the_clock_from_the_second_start_on) {
  os::sim_file_system files;
  for (const std::int32_t expected : {0, 100, 101}) {
    opened o(files, 1 << 20, {.now_ms = 1'767'225'700'000});
    ASSERT_TRUE(o.store) << o.why;
    EXPECT_EQ(o.store->leader_epoch(), expected);
    ASSERT_TRUE(o.store->close());
  }
}

// A disk that lost its tail leaves zeros there, as one that was never written to: there is nothing to cut.
TEST(leader_epochs, tell_of_a_tail_that_was_lost) {
  os::sim_file_system files;
  const std::string name = "/bus/" + segment_name(1);
  std::uint64_t size = 0;
  {
    opened o(files);
    const auto t = o.make("t");
    ASSERT_EQ(o.put(t, "a"), opened::outcome::stored);
    size = *(*files.open(name, os::open_mode::read))->size();
    ASSERT_EQ(o.put(t, "b"), opened::outcome::stored);
  }
  ASSERT_TRUE((*files.open(name, os::open_mode::read_write))->truncate(size));
  opened o(files);
  ASSERT_TRUE(o.store) << o.why;
  EXPECT_EQ(o.store->recovery().cut_bytes, 0U);
  const auto t = o.store->find("t");
  ASSERT_EQ(o.put(t, "c"), opened::outcome::stored);
  EXPECT_EQ(o.store->leader_epoch(), 1);
  EXPECT_EQ(t->partitions[0]->end_of_epoch(0), epoch_end(0, 1));
}

// It has no room in a checkpoint; the first batch has it then, and the start after that one above it.
TEST(leader_epochs, of_a_start_on_a_full_disk_are_stored_with_the_first_batch) {
  for (const bool clean_stop : {true, false}) {
    os::sim_file_system files;
    {
      opened o(files);
      ASSERT_EQ(o.put(o.make("t"), "a"), opened::outcome::stored);
      if (clean_stop) ASSERT_TRUE(o.store->close());
    }
    {
      files.limit_space(1);
      opened o(files);
      ASSERT_TRUE(o.store) << o.why;
      EXPECT_EQ(o.store->leader_epoch(), 1);
      EXPECT_EQ(values(*o.store->find("t")), std::vector<std::string>{"a"});
      files.limit_space(UINT64_MAX);
      ASSERT_EQ(o.put(o.store->find("t"), "b"), opened::outcome::stored);
    }
    opened o(files);
    ASSERT_TRUE(o.store) << o.why;
    EXPECT_EQ(o.store->leader_epoch(), 2);
    EXPECT_EQ(o.store->find("t")->partitions[0]->end_of_epoch(0), epoch_end(0, 1));
  }
}

// Kafka's answers in the same case (OffsetForLeaderEpoch, ListOffsets).
TEST(leader_epochs, before_the_start_of_the_log_are_forgotten) {
  os::sim_file_system files;
  const auto remove_before = [](opened& o, std::int64_t offset) {
    bool done = false;
    o.store->delete_records(o.store->find("t"), 0, offset, [&](bool) { done = true; });
    ASSERT_TRUE(o.wait(done));
  };
  for (int start = 0; start < 4; ++start) {  // offsets 0 and 1 in epoch 0, 2 and 3 in 1, 4 and 5 in 2, none in 3
    opened o(files);
    const auto t = start == 0 ? o.make("t") : o.store->find("t");
    for (int i = 0; i < 2 && start < 3; ++i) ASSERT_EQ(o.put(t, "v"), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  opened o(files);
  const partition& p = *o.store->find("t")->partitions[0];
  EXPECT_EQ(p.end_of_epoch(0), epoch_end(0, 2));
  EXPECT_EQ(p.end_of_epoch(3), epoch_end(2, 6));
  remove_before(o, 3);
  EXPECT_EQ(p.end_of_epoch(0), epoch_end(0, 3));
  EXPECT_EQ(p.end_of_epoch(1), epoch_end(1, 4));
  EXPECT_EQ(p.epoch_of(3), 1);
  remove_before(o, 6);
  for (const std::int32_t epoch : {0, 1, 2, 3}) EXPECT_EQ(p.end_of_epoch(epoch), epoch_end(epoch, 6));
  EXPECT_EQ(p.epoch_of(6), std::nullopt);
  for (const bool is_new : {false, true}) {
    if (is_new) ASSERT_EQ(o.put(o.store->find("t"), "v"), opened::outcome::stored);
    opened again(files);
    EXPECT_EQ(again.store->find("t")->partitions[0]->end_of_epoch(2), epoch_end(2, 6)) << again.why;
  }
}

}  // namespace
}  // namespace mes::bus::log
