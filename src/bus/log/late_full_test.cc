// A disk that is found to be full by a sync alone, as where space is allocated late, or is a quota or a server's. What
// it has in common with one that a write finds full: recovery_test.cc.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bus/log/test_store.h"

namespace mes::bus::log {
namespace {

using namespace test_support;
using strings = std::vector<std::string>;

std::uint64_t bytes_of(os::sim_file_system& files) {
  std::uint64_t used = 0;
  for (const std::string& name : *files.list("/bus"))
    used += *(*files.open("/bus/" + name, os::open_mode::read))->size();
  return used;
}

// One batch for each, all with one sync.
bool put_in_each(opened& o, const std::vector<std::shared_ptr<topic>>& topics, const std::string& value) {
  for (const auto& t : topics) {
    std::string batch = kafka::make_batch({{"key", value, 1'000}});
    o.store->append(t, 0, batch.data(), *kafka::peek_batch(batch));
  }
  bool done = false, stored = false;
  o.store->when_durable([&](bool s) {
    done = true;
    stored = s;
  });
  EXPECT_TRUE(o.wait(done)) << o.fault.error().message;
  return stored;
}

// Part of what was refused is on the disk, in the segment that was written or in the next ones, when the power goes.
TEST(late_full, what_was_refused_does_not_come_back_when_the_power_goes) {
  int refused = 0;
  for (std::uint64_t i = 0; i < 120; ++i) {
    SCOPED_TRACE(i);
    const std::uint32_t segment_bytes = i % 2 == 0 ? 1'024 : 8'192;
    const bool writes_more = i % 4 < 2;
    os::sim_file_system files;
    strings stored = {"one", "two"};
    {
      opened o(files, segment_bytes);
      const std::vector topics = {o.make("a"), o.make("b"), o.make("c")};
      for (const std::string& value : stored) ASSERT_TRUE(put_in_each(o, topics, value));
      files.limit_synced_space(bytes_of(files) + i * 25);
      if (put_in_each(o, topics, "refused" + std::string(700, 'x'))) continue;
      ++refused;
      for (const auto& t : topics) EXPECT_EQ(values(*t), stored);
      files.limit_synced_space(UINT64_MAX);
      if (writes_more) {
        ASSERT_TRUE(put_in_each(o, topics, "three"));
        stored.emplace_back("three");
      }
      files.crash(i);
    }
    for (int start = 0; start < 2; ++start) {
      opened again(files, segment_bytes);
      ASSERT_TRUE(again.store) << again.why;
      for (const char* name : {"a", "b", "c"}) EXPECT_EQ(values(*again.store->find(name)), stored);
    }
  }
  EXPECT_GT(refused, 50);
}

TEST(late_full, a_producer_may_send_again_what_was_refused) {
  os::sim_file_system files;
  kafka::batch_header header;
  header.producer_id = 7;
  header.producer_epoch = 0;
  const auto batch_with = [&](std::int32_t sequence) {
    header.base_sequence = sequence;
    return kafka::make_batch({{"key", std::string(300, 'x'), 1'000}}, header);
  };
  const auto known = [&](const topic& t, std::int32_t sequence) {
    return t.partitions[0]->producers().check(*kafka::peek_batch(batch_with(sequence)), false);
  };
  opened o(files);
  const auto t = o.make("t");
  ASSERT_EQ(o.put_batch(t, batch_with(0)), opened::outcome::stored);
  files.limit_synced_space(bytes_of(files));
  ASSERT_EQ(o.put_batch(t, batch_with(1)), opened::outcome::refused);
  const auto again = known(*t, 1);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again) << "it is taken for one that was stored";
  EXPECT_FALSE(known(*t, 2)) << "one is missing before it";
  files.limit_synced_space(UINT64_MAX);
  ASSERT_EQ(o.put_batch(t, batch_with(1)), opened::outcome::stored);
  EXPECT_EQ(t->partitions[0]->high_watermark(), 2);
}

// Zeros are written ahead of small groups, and would need more than there is.
TEST(late_full, what_fits_is_stored_without_zeros_ahead_of_it) {
  os::sim_file_system files;
  opened o(files, 8U << 20);
  const auto t = o.make("t");
  files.limit_synced_space(500'000);
  int refused = 0;
  for (int i = 0; i < 100; ++i) refused += o.put(t, "x") == opened::outcome::refused ? 1 : 0;
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, 10);
  EXPECT_EQ(t->partitions[0]->high_watermark(), 100 - refused);
}

TEST(late_full, any_other_fault_of_a_sync_stops_the_store) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t");
  ASSERT_EQ(o.put(t, "a"), opened::outcome::stored);
  files.fail_when([](auto what, const auto&) { return what == os::sim_file_system::operation::sync; });
  EXPECT_EQ(o.put(t, "b"), opened::outcome::fatal);
  EXPECT_EQ(o.fault.error().code, error_code::storage_failed);
}

// What it leaves is not known then.
TEST(late_full, a_fault_while_it_is_taken_back_stops_the_store) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t");
  ASSERT_EQ(o.put(t, "a"), opened::outcome::stored);
  files.limit_synced_space(1);
  int syncs = 0;
  files.fail_when([&](auto what, const auto&) { return what == os::sim_file_system::operation::sync && ++syncs == 2; });
  EXPECT_EQ(o.put(t, "b"), opened::outcome::fatal);
  EXPECT_EQ(o.fault.error().code, error_code::storage_failed);
}

}  // namespace
}  // namespace mes::bus::log
