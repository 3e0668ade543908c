#include "wire/kafka/record_batch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "wire/kafka/crc32c.h"

namespace mes::wire::kafka {
namespace {

// The batches of tests/golden/kafka_messages.txt: the same three records by Kafka's Java client in each codec.
std::string golden_batch(const std::string& codec) {
  std::ifstream file("tests/golden/kafka_messages.txt");
  std::string text;
  while (std::getline(file, text)) {
    std::istringstream in(text);
    std::string kind, name, hex, bytes;
    in >> kind >> name >> hex;
    if (kind != "batch" || name != codec) continue;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return bytes;
  }
  return {};
}

TEST(crc32c, agrees_with_rfc_3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(crc32c, is_the_same_in_pieces) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes.push_back(static_cast<char>(i * 7919 >> 3));
  const auto whole = crc32c(bytes);
  std::uint32_t pieces = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 997)
    pieces = crc32c(std::string_view(bytes).substr(at, 997), pieces);
  EXPECT_EQ(whole, pieces);
}

class by_codec : public testing::TestWithParam<const char*> {};

TEST_P(by_codec, reads_what_the_java_client_wrote) {
  const std::string bytes = golden_batch(GetParam());
  ASSERT_FALSE(bytes.empty());
  const auto header = check_batch(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->producer_id, 4000);
  EXPECT_EQ(header->producer_epoch, 3);
  EXPECT_EQ(header->base_sequence, 17);
  EXPECT_EQ(header->last_sequence(), 19);
  EXPECT_EQ(header->max_timestamp_ms, 1'700'000'000'500);
  std::vector<std::string> seen;
  ASSERT_TRUE(for_each_record(bytes, 1 << 20, [&](const record_view& r) {
    seen.push_back(std::to_string(r.offset) + " " + std::to_string(r.timestamp_ms) + " " +
                   std::string(r.key.value_or("(null)")) + " " + std::string(r.value.value_or("(null)")) + " " +
                   std::to_string(r.headers.size()));
    if (r.offset == 1) {
      EXPECT_EQ(r.headers[0].first, "h");
      EXPECT_EQ(r.headers[0].second, "x");
      EXPECT_EQ(r.headers[1].first, "null");
      EXPECT_FALSE(r.headers[1].second);
    }
    return true;
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"0 1700000000000 key-1 value-1 value-1 value-1 0",
                                            "1 1700000000500 (null) value-2 2", "2 1699999999000 key-3 (null) 0"}));
}

// What KIP-534 and the cleaner of Apache Kafka promise: offsets, producer and sequences of a batch stay.
TEST_P(by_codec, loses_records_and_keeps_the_rest_of_the_batch) {
  std::string bytes = golden_batch(GetParam());
  set_base_offset(bytes.data(), 100);
  const auto without_second = [](const record_view& r) { return r.offset != 101; };
  const auto rewritten = rewrite_batch(bytes, 1 << 20, 1'800'000'000'000, without_second);
  ASSERT_TRUE(rewritten);
  const auto before = check_batch(bytes), after = check_batch_sum(*rewritten);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->codec(), before->codec());
  EXPECT_EQ(after->base_offset, 100);
  EXPECT_EQ(after->last_offset(), 102);
  EXPECT_EQ(after->producer_id, 4000);
  EXPECT_EQ(after->base_sequence, 17);
  EXPECT_EQ(after->last_sequence(), 19);
  EXPECT_EQ(after->count, 2);
  EXPECT_TRUE(after->has_delete_horizon());
  EXPECT_EQ(after->base_timestamp_ms, 1'800'000'000'000);
  EXPECT_EQ(after->max_timestamp_ms, 1'700'000'000'000);
  std::vector<std::string> seen;
  ASSERT_TRUE(for_each_record(*rewritten, 1 << 20, [&](const record_view& r) {
    seen.push_back(std::to_string(r.offset) + " " + std::to_string(r.timestamp_ms) + " " + std::string(*r.key) + " " +
                   std::string(r.value.value_or("(null)")));
    return true;
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"100 1700000000000 key-1 value-1 value-1 value-1",
                                            "102 1699999999000 key-3 (null)"}));
  EXPECT_EQ(rewrite_batch(bytes, 1 << 20, std::nullopt, [](const record_view&) { return false; }).value(), "");
  EXPECT_FALSE(rewrite_batch(bytes.substr(0, 70), 1 << 20, std::nullopt, without_second));
}

TEST_P(by_codec, survives_any_single_flipped_bit) {
  const std::string bytes = golden_batch(GetParam());
  for (std::size_t i = batch_header::crc_at; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = bytes;
      broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
      EXPECT_FALSE(check_batch(broken));
      for_each_record(broken, 1 << 20, [](const record_view&) { return true; });
    }
}

// Java's records of every codec, compressed anew, are the very bytes of the batch that Java did not compress.
TEST_P(by_codec, is_compressed_by_another_codec) {
  for (const auto& [codec, level] : std::vector<std::pair<compression, std::optional<int>>>{{compression::none, {}},
                                                                                            {compression::gzip, 9},
                                                                                            {compression::snappy, {}},
                                                                                            {compression::lz4, 17},
                                                                                            {compression::lz4, 1},
                                                                                            {compression::zstd, -5}}) {
    const auto packed = recompress_batch(golden_batch(GetParam()), 1 << 20, codec, level);
    ASSERT_TRUE(packed);
    const auto header = check_batch(*packed);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->codec(), codec);
    EXPECT_EQ(recompress_batch(*packed, 1 << 20, compression::none, {}), golden_batch("none"));
  }
  if (std::string(GetParam()) != "none")
    EXPECT_EQ(recompress_batch(golden_batch(GetParam()), 10, compression::zstd, {}).error(), batch_fault::too_large);
}

INSTANTIATE_TEST_SUITE_P(codecs, by_codec, testing::Values("none", "gzip", "snappy", "lz4", "zstd"));

TEST(record_batch, writes_the_bytes_that_the_java_client_writes) {
  batch_header header;
  header.leader_epoch = -1;
  header.producer_id = 4000;
  header.producer_epoch = 3;
  header.base_sequence = 17;
  const std::string ours =
      make_batch({{"key-1", "value-1 value-1 value-1", 1'700'000'000'000},
                  {std::nullopt, "value-2", 1'700'000'000'500, {{"h", "x"}, {"null", std::nullopt}}},
                  {"key-3", std::nullopt, 1'699'999'999'000}},
                 header);
  EXPECT_EQ(ours, golden_batch("none"));
}

TEST(record_batch, offset_and_epoch_lie_outside_the_sum) {
  std::string bytes = golden_batch("none");
  set_base_offset(bytes.data(), 1'234'567'890'123);
  set_leader_epoch(bytes.data(), 7);
  const auto header = check_batch(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->base_offset, 1'234'567'890'123);
  EXPECT_EQ(header->leader_epoch, 7);
  set_log_append_time(bytes.data(), bytes.size(), 42);
  const auto stamped = check_batch(bytes);
  ASSERT_TRUE(stamped);
  EXPECT_TRUE(stamped->log_append_time());
  EXPECT_EQ(stamped->max_timestamp_ms, 42);
}

TEST(record_batch, refuses_counts_that_do_not_fit) {
  batch_header header;
  header.producer_id = 1;  // without epoch and sequence
  EXPECT_EQ(check_batch(make_batch({{"k", "v", 1}}, header)).error(), batch_fault::bad_header);
  EXPECT_EQ(check_batch(make_batch({})).error(), batch_fault::bad_header);
  EXPECT_EQ(check_batch("").error(), batch_fault::cut_short);
  std::string old(100, '\0');
  old[16] = 1;
  EXPECT_EQ(check_batch(old).error(), batch_fault::unknown_magic);
}

TEST(record_batch, sequences_wrap) {
  batch_header header;
  header.base_sequence = INT32_MAX - 1;
  header.last_offset_delta = 3;
  EXPECT_EQ(header.last_sequence(), 1);
}

TEST(compression, is_bounded) {
  EXPECT_FALSE(for_each_record(golden_batch("zstd"), 10, [](const record_view&) { return true; }));
  EXPECT_FALSE(for_each_record(golden_batch("gzip"), 10, [](const record_view&) { return true; }));
}

}  // namespace
}  // namespace mes::wire::kafka
