// The store in use: what it keeps, and over restarts.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "bus/log/test_store.h"

namespace mes::bus::log {
namespace {

using namespace test_support;

TEST(store, keeps_records_over_a_clean_stop_without_reading_the_log) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    ASSERT_EQ(o.put(t, "a"), opened::outcome::stored);
    ASSERT_EQ(o.put(t, "b"), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  opened o(files);
  ASSERT_TRUE(o.store) << o.why;
  EXPECT_EQ(o.store->recovery().scanned_bytes, 0U);
  EXPECT_EQ(values(*o.store->find("t")), (std::vector<std::string>{"a", "b"}));
}

TEST(store, reads_through_many_segments_before_and_after_a_restart) {
  os::sim_file_system files;
  std::vector<std::string> written;
  const auto check = [&](opened& o) {
    EXPECT_EQ(values(*o.store->find("t")), written);
    const partition& p = *o.store->find("t")->partitions[0];
    EXPECT_GT(p.ranges().size(), 5U);
  };
  {
    opened o(files, 4'096);
    const auto t = o.make("t");
    for (int i = 0; i < 200; ++i) {
      written.push_back(std::to_string(i) + std::string(100, 'x'));
      ASSERT_EQ(o.put(t, written.back()), opened::outcome::stored);
    }
    check(o);
    ASSERT_TRUE(o.store->close());
  }
  opened again(files, 4'096);
  ASSERT_TRUE(again.store) << again.why;
  check(again);
  EXPECT_EQ(again.put(again.store->find("t"), "more"), opened::outcome::stored);
  written.push_back("more");
  check(again);
}

// Small ones are copied, large ones written from where they lie, and segments end anywhere among them.
TEST(store, keeps_batches_of_all_sizes_that_come_together) {
  os::sim_file_system files;
  std::vector<std::string> written;
  {
    opened o(files, 300'000);
    const auto t = o.make("t");
    for (std::size_t round = 0; round < 20; ++round) {
      std::vector<std::string> together;
      for (const std::size_t size : {10UZ, 100'000UZ, 70'000UZ, 500UZ, 30'000UZ, 65'000UZ, 1UZ})
        together.push_back(std::string(size + round * 1'000, static_cast<char>('a' + together.size())));
      std::ranges::rotate(together, together.begin() + static_cast<std::ptrdiff_t>(round % together.size()));
      ASSERT_TRUE(o.put_together(t, together));
      std::ranges::copy(together, std::back_inserter(written));
    }
    EXPECT_TRUE(values(*t) == written);
  }
  files.crash(1);
  opened again(files, 300'000);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_TRUE(values(*again.store->find("t")) == written);
}

kafka::batch_header by_producer(std::int16_t epoch, std::int32_t sequence) {
  kafka::batch_header h;
  h.producer_id = 7;
  h.producer_epoch = epoch;
  h.base_sequence = sequence;
  return h;
}

TEST(store, knows_an_idempotent_producer_after_a_crash) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    for (int i = 0; i < 8; ++i) ASSERT_EQ(o.put(t, "v", by_producer(0, i)), opened::outcome::stored);
  }
  files.crash(1);
  opened o(files);
  ASSERT_TRUE(o.store) << o.why;
  const partition& p = *o.store->find("t")->partitions[0];
  const auto check = [&](std::int16_t epoch,
                         std::int32_t sequence) -> std::expected<std::optional<std::int64_t>, kafka::error_code> {
    kafka::batch_header h = by_producer(epoch, sequence);
    h.last_offset_delta = 0;
    const auto known = p.producers().check(h);
    if (!known) return std::unexpected(known.error());
    return *known ? std::optional((*known)->base_offset) : std::nullopt;
  };
  EXPECT_EQ(check(0, 7).value(), std::optional<std::int64_t>(7));  // there already
  EXPECT_EQ(check(0, 3).value(), std::optional<std::int64_t>(3));  // the fifth last
  EXPECT_EQ(check(0, 8).value(), std::nullopt);                    // next
  EXPECT_EQ(check(0, 9).error(), kafka::error_code::out_of_order_sequence_number);
  EXPECT_EQ(check(0, 2).error(), kafka::error_code::out_of_order_sequence_number);  // forgotten
  EXPECT_EQ(check(1, 0).value(), std::nullopt);
  EXPECT_EQ(check(1, 5).error(), kafka::error_code::out_of_order_sequence_number);
}

TEST(store, an_open_transaction_stays_unread_when_records_of_it_are_deleted) {
  os::sim_file_system files;
  opened o(files);
  const auto t = o.make("t");
  constexpr std::int16_t transactional = 16;
  const kafka::batch_header of_a_transaction{
      .attributes = transactional, .producer_id = 7, .producer_epoch = 0, .base_sequence = 0};
  ASSERT_EQ(o.put_batch(t, kafka::make_batch({{"k", "a", 1}, {"k", "b", 1}, {"k", "c", 1}}, of_a_transaction)),
            opened::outcome::stored);
  partition& p = *t->partitions[0];
  ASSERT_TRUE(p.delete_before(1));
  EXPECT_EQ(p.last_stable_offset(), 1);
  std::vector<kafka::external_bytes> parts;
  EXPECT_EQ(p.read(1, 1'000, true, parts, p.last_stable_offset()).bytes, 0U);
  EXPECT_GT(p.read(1, 1'000, true, parts).bytes, 0U);
}

TEST(store, forgets_old_segments_whole) {
  os::sim_file_system files;
  opened o(files, 1'024);
  const auto t = o.make("t");
  for (int i = 0; i < 30; ++i) ASSERT_EQ(o.put(t, std::string(200, 'x')), opened::outcome::stored);
  bool done = false;
  o.store->set_configs(t->id, {{"retention.ms", "1"}}, [&](bool) { done = true; });
  ASSERT_TRUE(o.wait(done));
  const auto before = files.list("/bus")->size();
  o.store->delete_expired(retention_by::age_and_size);  // the records are of 1970
  o.store->retire();
  done = false;
  o.store->when_durable([&](bool) { done = true; });
  ASSERT_TRUE(o.wait(done));
  const partition& p = *t->partitions[0];
  EXPECT_GT(p.log_start(), 20);
  EXPECT_EQ(p.high_watermark(), 30);
  const auto start = p.log_start();
  ASSERT_TRUE(o.store->close());
  EXPECT_LT(files.list("/bus")->size(), before);
  opened again(files, 1'024);
  ASSERT_TRUE(again.store) << again.why;
  EXPECT_EQ(again.store->find("t")->partitions[0]->log_start(), start);
  EXPECT_EQ(again.store->find("t")->partitions[0]->high_watermark(), 30);
}

TEST(store, looks_for_the_latest_timestamp_only_where_it_is) {
  os::sim_file_system files;
  {
    opened o(files, 1'024);
    const auto t = o.make("t");
    for (int i = 0; i < 30; ++i) {
      const std::int64_t time = i <= 20 ? 1'000 + i : 500;
      ASSERT_EQ(o.put_batch(t, kafka::make_batch({{"key", std::string(200, 'x'), time}})), opened::outcome::stored);
    }
    ASSERT_TRUE(o.store->close());
  }
  opened again(files, 1'024);
  ASSERT_TRUE(again.store) << again.why;
  const partition& p = *again.store->find("t")->partitions[0];
  std::multiset<std::string> reads;
  files.fail_when([&](os::sim_file_system::operation what, const std::string& path) {
    if (what == os::sim_file_system::operation::read) reads.insert(path);
    return false;
  });
  const auto found = p.max_timestamp();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->offset, 20);
  EXPECT_EQ(found->timestamp_ms, 1'020);
  EXPECT_LE(reads.size(), 2U) << "one chunk of an index and the batch";
}

}  // namespace
}  // namespace mes::bus::log
