// Compaction on a disk that is full, fails or loses its power.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "bus/log/test_cleaning.h"

namespace mes::bus::log {
namespace {

using namespace test_support;

std::uint64_t bytes_of_files(os::sim_file_system& files) {
  std::uint64_t sum = 0;
  for (const std::string& name : *files.list("/bus"))
    sum += *(*files.open("/bus/" + name, os::open_mode::read))->size();
  return sum;
}

// What lies behind a change in its group is not in effect yet when the change is.
TEST(compaction, makes_no_checkpoint_that_leaves_out_what_was_stored_with_it) {
  os::sim_file_system files;
  {
    opened o(files, 2'048);
    const auto t = o.make("t", 1, eager), other = o.make("other");
    for (int i = 0; i < 60; ++i)
      ASSERT_EQ(o.put_batch(t, batch_of({{"k", std::to_string(i) + std::string(50, 'x'), i}})),
                opened::outcome::stored);
    o.store->retire();
    while (o.fault && o.store->cleaning().runs == 0) {
      o.fault = o.store->collect();
      std::this_thread::yield();
    }
    std::string batch = batch_of({{"a", "acknowledged", 1}});
    o.store->append(other, 0, batch.data(), *kafka::peek_batch(batch));
    bool done = false;
    o.store->append_state("\x10 state", [&](bool stored) { done = stored; });
    ASSERT_TRUE(o.wait(done)) << o.fault.error().message;
  }
  opened again(files);  // without a clean stop
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(again.store->recovery().cut_bytes, 0U);
  EXPECT_EQ(values(*again.store->find("other")), std::vector<std::string>{"acknowledged"});
  EXPECT_EQ(again.beside.applied, std::vector<std::string>{"\x10 state"});
}

TEST(compaction, leaves_a_partition_alone_that_cannot_be_read_back) {
  os::sim_file_system files;
  opened o(files);
  const auto bad = o.make("bad", 1, eager), good = o.make("good", 1, eager);
  for (const auto& t : {bad, good})
    for (const char* value : {"0", "1", "2"})
      ASSERT_EQ(o.put_batch(t, batch_of({{"a", value, 1}})), opened::outcome::stored);
  std::vector<kafka::external_bytes> parts;
  bad->partitions[0]->read(0, 1, true, parts);
  files.flip_bit("/bus/" + segment_name(1), parts.at(0).position + 30, 1);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(o.store->cleaning().uncleanable_partitions, 1U);
  EXPECT_EQ(records(*good).size(), 2U);
  EXPECT_EQ(bad->partitions[0]->cleaned().end, 0);
  bool deleted = false;
  o.store->delete_topic(bad->id, [&](bool) { deleted = true; });
  ASSERT_TRUE(o.wait(deleted));
  EXPECT_EQ(o.store->cleaning().uncleanable_partitions, 0U);
}

// A run names a segment that stays as it is; its records expire while that is on its way to the disk.
TEST(compaction, finds_what_it_names_wherever_the_power_goes) {
  bool is_cut = true;
  for (std::uint64_t point = 0; is_cut; ++point) {
    SCOPED_TRACE("power cut at operation " + std::to_string(point));
    os::sim_file_system files;
    {
      opened o(files, 4'096);
      const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}}), gone = o.make("gone", 1, {{"retention.ms", "1"}});
      const auto put = [&] {
        ASSERT_EQ(o.put(slow, "x"), opened::outcome::stored);
        for (int i = 0; i < 10; ++i) ASSERT_EQ(o.put(gone, std::string(500, 'x')), opened::outcome::stored);
      };
      put();
      ASSERT_TRUE(o.housekeeping());
      ASSERT_EQ(slow->partitions[0]->cleaned().segments.size(), 1U);
      put();
      o.store->delete_expired(retention_by::age_and_size);
      bool done = false;
      o.store->set_configs(slow->id, {{"retention.ms", "1"}}, [&](bool) { done = true; });
      ASSERT_TRUE(o.wait(done));
      files.cut_power_after(point);
      const auto go_on = [&] {
        o.fault = o.store->collect();
        std::this_thread::yield();
        return o.fault && !files.is_cut();
      };
      o.store->retire();
      while (o.store->cleaning().runs < 2 && go_on()) {
      }
      if (o.fault) o.store->delete_expired(retention_by::age_and_size);
      if (o.fault) o.store->retire();
      for (int i = 0; i < 10'000 && o.fault && o.store->unused_segments() > 0 && go_on(); ++i) {
      }
      do {
        o.store->submit();
      } while (go_on() && (!o.store->idle() || o.store->unused_segments() > 0));
      is_cut = files.is_cut();
    }
    files.crash(point + 1);
    opened again(files, 4'096);
    ASSERT_TRUE(again.store) << again.why;
    EXPECT_TRUE(again.store->recovery().missing.empty());
  }
}

TEST(compaction, an_error_at_any_write_of_it_loses_nothing) {
  using operation = os::sim_file_system::operation;
  for (const auto broken : {operation::write, operation::sync, operation::change_name}) {
    os::sim_file_system files;
    opened o(files);
    const auto t = o.make("t", 1, eager);
    for (const char* value : {"0", "1", "2"})
      ASSERT_EQ(o.put_batch(t, batch_of({{"a", value, 1}})), opened::outcome::stored);
    files.fail_when(
        [broken](operation what, const std::string& path) { return what == broken && path.contains(".clean"); });
    ASSERT_TRUE(o.housekeeping()) << o.fault.error().message;
    EXPECT_EQ(o.store->cleaning().failed_runs, 1U);
    EXPECT_EQ(records(*t).size(), 3U);
    ASSERT_EQ(o.put_batch(t, batch_of({{"b", "3", 1}})), opened::outcome::stored);
    files.fail_when(nullptr);
    ASSERT_TRUE(o.housekeeping());
    EXPECT_EQ(records(*t), (std::vector<kept_record>{{2, "a", "2"}, {3, "b", "3"}}));
  }
}

// A run is all or nothing: what has room for itself must not wait for what has none.
TEST(compaction, of_one_partition_goes_on_where_there_is_no_space_for_all) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}}), gone = o.make("gone", 1, {{"retention.ms", "1"}});
  const auto t = o.make("t", 1, eager);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(o.put(gone, std::string(3'000, 'x')), opened::outcome::stored);
    ASSERT_EQ(o.put(slow, std::string(400, 'y')), opened::outcome::stored);
    ASSERT_EQ(o.put_batch(t, batch_of({{"k", std::to_string(i), i}})), opened::outcome::stored);
  }
  files.limit_space(bytes_of_files(files) + 3'000);
  for (int look = 0; look < 10 && records(*t).size() > 2; ++look) ASSERT_TRUE(o.housekeeping(false));
  EXPECT_EQ(records(*t).size(), 2U);
  EXPECT_EQ(values(*slow).size(), 40U);
}

// There is room for what one segment or two need, not for all of it: each that goes makes some.
TEST(compaction, empties_a_full_disk_segment_by_segment) {
  os::sim_file_system files;
  std::vector<std::string> kept;
  {
    opened o(files, 16'384);
    const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}}), gone = o.make("gone", 1, {{"retention.ms", "1"}});
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(o.put(gone, std::string(3'000, 'x')), opened::outcome::stored);
      kept.push_back(std::to_string(i) + std::string(400, 'y'));
      ASSERT_EQ(o.put(slow, kept.back()), opened::outcome::stored);
    }
    files.limit_space(bytes_of_files(files) + 8'000);
    for (int look = 0; look < 50; ++look) ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
    EXPECT_TRUE(comes_down_to(2, ".log", files));
    EXPECT_EQ(o.store->cleaning().failed_runs, 0U);
    EXPECT_EQ(values(*slow), kept);
    EXPECT_EQ(o.put(gone, std::string(50'000, 'x')), opened::outcome::stored);
  }
  files.crash(1);
  opened again(files, 16'384);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("kept")), kept);
}

// Records that come faster than it makes space leave it what it needs for that.
TEST(compaction, empties_a_disk_that_records_have_filled) {
  os::sim_file_system files;
  opened o(files, 16'384);
  const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}}), gone = o.make("gone", 1, {{"retention.ms", "-1"}});
  std::vector<std::string> kept;
  const auto put = [&](std::size_t size) {
    if (o.put(gone, std::string(size, 'x')) != opened::outcome::stored) return false;
    const std::string value = std::to_string(kept.size()) + std::string(size / 8, 'y');
    if (o.put(slow, value) != opened::outcome::stored) return false;
    kept.push_back(value);
    return true;
  };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(put(3'000));
  ASSERT_TRUE(o.housekeeping());
  files.limit_space(bytes_of_files(files) + 100'000);
  for (const std::size_t size : {3'000U, 500U, 50U, 1U})
    while (put(size)) {
    }
  bool done = false, stored = false;
  o.store->set_configs(gone->id, {{"retention.ms", "1"}}, [&](bool s) {
    done = true;
    stored = s;
  });
  ASSERT_TRUE(o.wait(done));
  EXPECT_TRUE(stored) << "it makes space";
  for (int look = 0; look < 50; ++look) ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
  EXPECT_TRUE(comes_down_to(2, ".log", files));
  EXPECT_EQ(values(*slow), kept);
  EXPECT_TRUE(put(3'000));
}

// Behind a segment of which much is left none can be emptied without it.
TEST(compaction, empties_a_full_disk_whose_oldest_segment_is_dense) {
  os::sim_file_system files;
  opened o(files, 16'384);
  const auto slow = o.make("kept", 1, {{"retention.ms", "-1"}}), gone = o.make("gone", 1, {{"retention.ms", "-1"}});
  std::vector<std::string> kept;
  const auto put = [&](std::size_t slow_size, std::size_t gone_size) {
    if (o.put(gone, std::string(gone_size, 'x')) != opened::outcome::stored) return false;
    const std::string value = std::to_string(kept.size()) + std::string(slow_size, 'y');
    if (o.put(slow, value) != opened::outcome::stored) return false;
    kept.push_back(value);
    return true;
  };
  ASSERT_TRUE(put(10'000, 5'000));
  for (int i = 0; i < 14; ++i) ASSERT_TRUE(put(1'200, 14'000));
  ASSERT_TRUE(o.housekeeping());
  files.limit_space(bytes_of_files(files) + 60'000);
  for (const std::size_t size : {14'000U, 1'000U, 10U})
    while (put(size / 12, size)) {
    }
  bool done = false;
  o.store->set_configs(gone->id, {{"retention.ms", "1"}}, [&](bool) { done = true; });
  ASSERT_TRUE(o.wait(done));
  for (int look = 0; look < 50; ++look) ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
  EXPECT_TRUE(comes_down_to(3, ".log", files));
  EXPECT_EQ(values(*slow), kept);
  EXPECT_TRUE(put(1'200, 14'000));
}

// What stays of a partition may have room though all of it has none: that is tried, and not again in vain.
TEST(compaction, without_room_is_not_tried_at_each_look) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto large = o.make("large", 1, eager), t = o.make("t", 1, eager);
  for (int i = 0; i < 40; ++i)
    ASSERT_EQ(o.put_batch(large, batch_of({{std::to_string(i), std::string(1'000, 'x'), 1}})), opened::outcome::stored);
  for (const char* value : {"0", "1", "2"})
    ASSERT_EQ(o.put_batch(t, batch_of({{"k", value, 1}})), opened::outcome::stored);
  files.limit_space(bytes_of_files(files) + 20'000);
  for (int look = 0; look < 10; ++look) ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
  EXPECT_EQ(o.store->cleaning().failed_runs, 1U);
  EXPECT_EQ(records(*t).size(), 2U) << "what has room went on";
  EXPECT_EQ(large->partitions[0]->cleaned().end, 0);
  files.limit_space(UINT64_MAX);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(large->partitions[0]->cleaned().end, 39);
}

TEST(compaction, a_full_disk_puts_it_off) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t", 1, eager);
  for (const char* value : {"0", "1", "2"})
    ASSERT_EQ(o.put_batch(t, batch_of({{"a", value + std::string(5'000, 'x'), 1}})), opened::outcome::stored);
  files.limit_space(1);
  ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
  EXPECT_EQ(records(*t).size(), 3U);
  files.limit_space(UINT64_MAX);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(records(*t).size(), 2U);
}

}  // namespace
}  // namespace mes::bus::log
