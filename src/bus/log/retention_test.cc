// Retention by time and size, the emptying of segments, and the limit of the disk.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/instant.h"
#include "bus/log/test_cleaning.h"

namespace mes::bus::log {
namespace {

using namespace test_support;

// A topic that is kept for long does not hold the segments of what is beside it.
TEST(retention, empties_segments_of_which_little_is_left) {
  os::sim_file_system files;
  std::vector<std::string> kept;
  {
    opened o(files, 4'096);
    const auto t = o.make("gone", 1, {{"retention.ms", "1"}}), slow = o.make("kept", 1, {{"retention.ms", "-1"}});
    for (int i = 0; i < 60; ++i) {
      ASSERT_EQ(o.put(t, std::string(500, 'x')), opened::outcome::stored);
      if (i % 10 != 0) continue;
      kept.push_back(std::to_string(i));
      ASSERT_EQ(o.put(slow, kept.back()), opened::outcome::stored);
    }
    ASSERT_TRUE(o.housekeeping());
    ASSERT_TRUE(o.housekeeping());
    EXPECT_TRUE(comes_down_to(2, ".log", files));
    EXPECT_EQ(values(*slow), kept);
  }
  files.crash(3);
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("kept")), kept);
}

// One segment of which much is left holds none of those behind it.
TEST(retention, empties_segments_behind_one_of_which_much_is_left) {
  os::sim_file_system files;
  std::vector<std::string> kept, other;
  const auto put = [](opened& o, const std::shared_ptr<topic>& t, std::vector<std::string>& all, std::string value) {
    all.push_back(std::move(value));
    ASSERT_EQ(o.put(t, all.back()), opened::outcome::stored);
  };
  {
    opened o(files, 4'096);
    const auto t = o.make("gone", 1, {{"retention.ms", "1"}}), slow = o.make("kept", 1, {{"retention.ms", "-1"}});
    const auto archive = o.make("archive", 1, {{"retention.ms", "-1"}});
    for (int i = 0; i < 12; ++i) put(o, archive, other, std::to_string(i) + std::string(800, 'a'));
    for (int i = 0; i < 3; ++i) put(o, slow, kept, std::to_string(i) + std::string(500, 'k'));
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(o.put(t, std::string(500, 'x')), opened::outcome::stored);
      if (i % 5 == 0) put(o, slow, kept, std::to_string(i));
    }
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
    EXPECT_TRUE(comes_down_to(5, ".log", files));
    EXPECT_EQ(values(*slow), kept);
    EXPECT_EQ(values(*archive), other);
    EXPECT_EQ(archive->partitions[0]->cleaned().end, 0) << "what lies together need not be written again";
  }
  files.crash(3);
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(values(*again.store->find("kept")), kept);
  EXPECT_EQ(values(*again.store->find("archive")), other);
}

// As Kafka: what has no time is as old as its file.
// One that is compacted at each look holds up nothing, and what was moved little by little becomes one file again.
TEST(retention, empties_segments_beside_a_topic_that_is_always_to_be_compacted) {
  os::sim_file_system files;
  std::vector<std::string> kept;
  opened o(files, 4'096);
  const auto hot = o.make("hot", 1, eager), slow = o.make("kept", 1, {{"retention.ms", "-1"}});
  const auto gone = o.make("gone", 1, {{"retention.ms", "1"}});
  for (int round = 0; round < 60; ++round) {
    kept.push_back(std::to_string(round));
    ASSERT_EQ(o.put(slow, kept.back()), opened::outcome::stored);
    for (int i = 0; i < 8; ++i) ASSERT_EQ(o.put(gone, std::string(500, 'x')), opened::outcome::stored);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(o.put(hot, "x"), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping(false));
  }
  ASSERT_TRUE(o.housekeeping());
  EXPECT_TRUE(comes_down_to(3, ".log", files));
  EXPECT_TRUE(comes_down_to(19, ".clean", files));
  EXPECT_EQ(values(*slow), kept);
}

TEST(retention, by_size_alone_asks_no_clock) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto aged = o.make("aged", 1, {{"retention.ms", "1"}});
  const auto large = o.make("large", 1, {{"retention.ms", "-1"}, {"retention.bytes", "2000"}});
  for (const auto& t : {aged, large})
    for (int i = 0; i < 10; ++i) ASSERT_EQ(o.put(t, std::string(500, 'x')), opened::outcome::stored);
  o.store->delete_expired(retention_by::size);
  EXPECT_EQ(aged->partitions[0]->log_start(), 0);
  EXPECT_GT(large->partitions[0]->log_start(), 0);
  EXPECT_LT(large->partitions[0]->log_start(), 10);
  o.store->delete_expired(retention_by::age_and_size);
  EXPECT_EQ(aged->partitions[0]->log_start(), 10);
}

TEST(retention, of_records_without_a_time_goes_by_their_file) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto t = o.make("t", 1, {{"retention.ms", "3600000"}});
  const auto put = [&] { return o.put_batch(t, batch_of({{"k", std::string(500, 'x'), -1}})); };
  for (int i = 0; i < 20; ++i) ASSERT_EQ(put(), opened::outcome::stored);
  const std::int64_t now = instant::now().ms();
  files.set_modified("/bus/" + segment_name(1), now - 1'000);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(t->partitions[0]->log_start(), 0);
  files.set_modified("/bus/" + segment_name(1), now - 3'700'000);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_GT(t->partitions[0]->log_start(), 0);
  EXPECT_LT(t->partitions[0]->log_start(), 20);
}

// A start between the two would look for records that are in no file, and give back what was deleted in front of them.
TEST(retention, removes_no_file_before_it_is_stored_that_its_records_are_deleted) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = 1'000;
  {
    opened first(files, 4'096, options);
    const auto t = first.make("t");
    for (int i = 0; i < 40; ++i) ASSERT_EQ(first.put(t, std::string(500, 'x')), opened::outcome::stored);
    ASSERT_TRUE(first.store->close());  // with a checkpoint
  }
  opened o(files, 4'096, options);
  const std::uint64_t before = o.store->disk_bytes();
  o.store->delete_expired(retention_by::age_and_size);
  o.store->retire();
  EXPECT_EQ(o.store->disk_bytes(), before);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_LT(o.store->disk_bytes(), before);
}

TEST(retention, by_size_keeps_at_least_so_much) {
  os::sim_file_system files;
  opened o(files, 4'096);
  const auto t = o.make("t", 1, {{"retention.ms", "-1"}, {"retention.bytes", "3000"}});
  for (int i = 0; i < 50; ++i) ASSERT_EQ(o.put(t, std::string(200, 'x')), opened::outcome::stored);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(o.housekeeping());
    const partition& p = *t->partitions[0];
    const std::uint64_t size = p.bytes_between(p.log_start(), p.end_offset());
    EXPECT_GE(size, 3'000U);
    EXPECT_LT(size, 3'400U);
  }
}

// What was moved out of the log is no older than what is in it for that.
TEST(retention, the_disk_limit_takes_the_oldest_wherever_it_is) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 70'000;
  opened o(files, 4'096, options);
  const auto old = o.make("old"), gone = o.make("gone", 1, {{"retention.ms", "1"}}), kept = o.make("kept");
  const auto put = [&](const std::shared_ptr<topic>& t, std::size_t size, std::int64_t time_ms) {
    ASSERT_EQ(o.put_batch(t, kafka::make_batch({{"key", std::string(size, 'x'), time_ms}})), opened::outcome::stored);
  };
  for (int i = 0; i < 15; ++i) put(old, 2'000, 1'000);
  for (int i = 0; i < 20; ++i) {
    put(gone, 500, 2'000);
    if (i % 5 == 0) put(kept, 10, 2'000);
  }
  for (int i = 0; i < 30; ++i) put(gone, 500, 3'000);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
  ASSERT_GT(kept->partitions[0]->cleaned().end, 0) << "moved out of segments behind those of old";
  for (int i = 0; i < 25; ++i) put(old, 2'000, 4'000);
  ASSERT_GT(o.store->disk_bytes(), 70'000U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 70'000U);
  EXPECT_EQ(values(*kept).size(), 4U);
  EXPECT_GT(old->partitions[0]->log_start(), 0);
}

TEST(retention, the_disk_limit_takes_the_oldest_but_nothing_of_compacted_topics) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 30'000;
  opened o(files, 4'096, options);
  const auto first = o.make("first"), second = o.make("second"),
             table = o.make("table", 1, {{"cleanup.policy", "compact"}});
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(o.put_batch(table, batch_of({{"k" + std::to_string(i), std::string(200, 't'), 1}})),
              opened::outcome::stored);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(o.put(first, std::string(200, '1')), opened::outcome::stored);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(o.put(second, std::string(200, '2')), opened::outcome::stored);
  EXPECT_GT(o.store->disk_bytes(), 30'000U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 30'000U);
  EXPECT_EQ(records(*table).size(), 10U);
  EXPECT_GT(first->partitions[0]->log_start(), 0);
  EXPECT_EQ(second->partitions[0]->log_start(), 0);
  EXPECT_GT(o.store->cleaning().bytes_over_limit_deleted, 0U);
  const auto left = values(*first).size();
  ASSERT_TRUE(o.store->close());
  opened again(files, 4'096, options);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(records(*again.store->find("table")).size(), 10U);
  EXPECT_EQ(values(*again.store->find("first")).size(), left);
}

// The writer opens it in its own time: a look may come between.
TEST(retention, the_disk_limit_leaves_alone_the_segment_that_has_just_begun) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 10'000;
  opened o(files, 4'096, options);
  const auto t = o.make("t");
  for (int i = 0; i < 40; ++i) ASSERT_EQ(o.put(t, std::string(500, 'x')), opened::outcome::stored);
  std::string batch = batch_of({{"key", std::string(4'000, 'y'), 1'000}});
  o.store->append(t, 0, batch.data(), *kafka::peek_batch(batch));
  bool stored = false;
  o.store->when_durable([&](bool s) { stored = s; });
  o.store->retire();
  ASSERT_TRUE(o.wait(stored));
  ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 15'000U);
  EXPECT_EQ(values(*t).back().front(), 'y');
}

// What moves out of the oldest segments makes no space: it comes from others, in the same look.
TEST(retention, the_disk_limit_is_held_beside_a_compacted_topic_that_has_not_moved) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 40'000;
  opened o(files, 4'096, options);
  const auto table = o.make("table", 1, {{"cleanup.policy", "compact"}}), events = o.make("events");
  for (int i = 0; i < 40; ++i)
    ASSERT_EQ(o.put_batch(table, batch_of({{"k" + std::to_string(i), std::string(600, 't'), 1}})),
              opened::outcome::stored);
  for (int i = 0; i < 60; ++i) ASSERT_EQ(o.put(events, std::string(600, 'e')), opened::outcome::stored);
  const std::uint64_t excess = o.store->disk_bytes() - options.disk_bytes_max;
  o.store->retire();
  EXPECT_GE(o.store->cleaning().bytes_over_limit_deleted + 4'096, excess);
  ASSERT_TRUE(o.housekeeping());
  EXPECT_EQ(records(*table).size(), 40U);
  EXPECT_GT(records(*events).size(), 0U);
}

// What is to be kept goes only where nothing else makes enough space.
TEST(retention, the_disk_limit_empties_segments_before_it_takes_what_is_kept) {
  os::sim_file_system files;
  store_options options;
  options.retention_ms = -1;
  options.disk_bytes_max = 30'000;
  opened o(files, 4'096, options);
  const auto kept = o.make("kept"), gone = o.make("gone", 1, {{"retention.ms", "1"}});
  std::vector<std::string> all;
  const auto put_kept = [&] {
    all.push_back(std::to_string(all.size()) + std::string(300, 'k'));
    ASSERT_EQ(o.put(kept, all.back()), opened::outcome::stored);
  };
  for (int i = 0; i < 40; ++i) {
    put_kept();
    ASSERT_EQ(o.put(gone, std::string(500, 'x')), opened::outcome::stored);
  }
  EXPECT_GT(o.store->disk_bytes(), 30'000U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 30'000U);
  EXPECT_EQ(values(*kept), all);
  EXPECT_EQ(o.store->cleaning().bytes_over_limit_deleted, 0U);
  for (int i = 0; i < 60; ++i) put_kept();  // nothing else is there now
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(o.housekeeping());
  EXPECT_LE(o.store->disk_bytes(), 30'000U);
  EXPECT_GT(kept->partitions[0]->log_start(), 0);
}

// No checkpoint has room, so none knows of the compaction; that what expired can go all the same, the log tells.
TEST(retention, makes_space_on_a_full_disk_after_a_compaction) {
  os::sim_file_system files;
  {
    opened o(files, 4'096);
    const auto t = o.make("t", 1, eager), gone = o.make("gone", 1, {{"retention.ms", "-1"}});
    bool done = false;
    o.store->append_state("\x10" + std::string(60'000, 's'), [&](bool) { done = true; });
    ASSERT_TRUE(o.wait(done));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(o.put(gone, std::string(1'000, 'x')), opened::outcome::stored);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(o.housekeeping());
    std::uint64_t used = 0;
    for (const std::string& name : *files.list("/bus"))
      used += *(*files.open("/bus/" + name, os::open_mode::read))->size();
    files.limit_space(used + 6'000);
    for (const char* value : {"0", "1", "2"})
      ASSERT_EQ(o.put_batch(t, batch_of({{"a", value, 1}})), opened::outcome::stored);
    ASSERT_TRUE(o.housekeeping(false)) << o.fault.error().message;
    ASSERT_EQ(o.store->cleaning().runs, 1U);
    done = false;
    o.store->set_configs(gone->id, {{"retention.ms", "1"}}, [&](bool) { done = true; });
    ASSERT_TRUE(o.wait(done));
    ASSERT_TRUE(o.housekeeping(false));
    EXPECT_TRUE(comes_down_to(2, ".log", files));
    EXPECT_EQ(o.put(gone, std::string(12'000, 'y')), opened::outcome::stored);
  }
  files.crash(1);
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(records(*again.store->find("t")), (std::vector<kept_record>{{1, "a", "1"}, {2, "a", "2"}}));
  EXPECT_EQ(records(*again.store->find("gone")).back().value, std::string(12'000, 'y'));
}

}  // namespace
}  // namespace mes::bus::log
