#include "wire/kafka/record_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "wire/kafka/compression.h"

namespace mes::wire::kafka {
namespace {

constexpr compression codecs[] = {compression::gzip, compression::snappy, compression::lz4, compression::zstd};

std::string packed(const std::vector<record_to_write>& records, compression codec) {
  return recompress_batch(make_batch(records), std::size_t{1} << 30, codec, {}).value();
}

std::expected<std::int64_t, batch_fault> largest(std::string_view batch, std::size_t bytes_max) {
  return largest_timestamp(*peek_batch(batch), batch, bytes_max);
}

// Bytes that no codec makes smaller, so that records are cut wherever blocks end.
std::string noise(std::size_t size, std::mt19937& random) {
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  return bytes;
}

TEST(record_times, are_those_of_the_records_wherever_pieces_end) {
  std::mt19937 random(7);
  for (const compression codec : codecs)
    for (const std::size_t value : {0, 1, 40, 1'000, 70'000}) {
      std::vector<record_to_write> records;
      const std::int64_t base = 1'700'000'000'000;
      std::int64_t newest = 0;
      for (std::size_t i = 0; i < 200'000 / (value + 10); ++i) {
        const std::int64_t at = base + static_cast<std::int64_t>(random() % 1'000'000'000) - 500'000'000;
        newest = std::max(newest, at);
        records.push_back({i % 3 == 0 ? std::nullopt : std::optional("key"), noise(value, random), at, {{"h", "x"}}});
      }
      EXPECT_EQ(largest(packed(records, codec), 64 << 20), newest) << static_cast<int>(codec) << " " << value;
    }
}

TEST(record_times, are_known_though_the_last_record_is_larger_than_the_bound) {
  for (const compression codec : {compression::gzip, compression::lz4, compression::zstd}) {
    const std::string batch = packed({{"k", "v", 7}, {"k", std::string(3 << 20, 'x'), 5}}, codec);
    EXPECT_EQ(largest(batch, 1 << 20), 7) << static_cast<int>(codec);
  }
}

TEST(record_times, are_looked_for_within_a_bound) {
  for (const compression codec : codecs) {
    const std::string batch = packed({{"k", std::string(3 << 20, 'x'), 7}, {"k", "v", 5}}, codec);
    EXPECT_EQ(largest(batch, 1 << 20), std::unexpected(batch_fault::too_large)) << static_cast<int>(codec);
    EXPECT_EQ(largest(batch, 4 << 20), 7) << static_cast<int>(codec);
  }
}

TEST(record_times, are_not_there_where_records_are_missing_or_none) {
  for (const compression codec : codecs) {
    const std::string batch = packed({{"k", "v", 7}, {"k", "v", 5}}, codec);
    batch_header more = *peek_batch(batch);
    more.count = 3;
    EXPECT_EQ(largest_timestamp(more, batch, 1 << 20), std::unexpected(batch_fault::bad_record));
    for (std::size_t at = batch_header::size; at < batch.size(); ++at) {  // whatever it is, it ends
      std::string broken = batch;
      broken[at] = static_cast<char>(broken[at] ^ 0x55);
      static_cast<void>(largest(broken, 1 << 20));
      std::string cut = batch.substr(0, at);
      more.batch_size = static_cast<std::uint32_t>(at);
      EXPECT_FALSE(largest_timestamp(more, cut, 1 << 20));
    }
  }
}

// With the header of that batch, but for codec, count and length.
std::string repacked(std::string batch, compression codec, char count, std::string_view records) {
  constexpr std::size_t length_at = 8, attributes_low_at = 22, count_low_at = 60;
  batch.resize(batch_header::size);
  batch += compress(codec, records).value();
  const std::size_t length = batch.size() - batch_header::prefix;
  for (std::size_t i = 0; i < 4; ++i) batch[length_at + i] = static_cast<char>(length >> (24 - 8 * i));
  batch[attributes_low_at] = static_cast<char>(codec);
  batch[count_low_at] = count;
  return batch;
}

const std::string two = make_batch({{"k", "v", 7, {{"h", "x"}, {"i", std::nullopt}}}, {std::nullopt, "value", 5}});

// As Kafka's validator of what is produced (LogValidator) sees it.
TEST(record_times, are_not_there_where_records_contradict_the_header) {
  const std::string records = two.substr(batch_header::size);
  for (const compression codec : codecs) {
    const auto with = [&](char count, std::string_view body) {
      return largest(repacked(two, codec, count, body), 1 << 20);
    };
    EXPECT_EQ(with(2, records), 7);
    EXPECT_EQ(with(1, records), std::unexpected(batch_fault::bad_record)) << "more than it tells of";
    EXPECT_EQ(with(3, records), std::unexpected(batch_fault::bad_record)) << "fewer";
    EXPECT_EQ(with(2, records + "x"), std::unexpected(batch_fault::bad_record)) << "something behind them";
    for (std::size_t cut = 1; cut < records.size(); ++cut)
      EXPECT_EQ(with(2, records.substr(0, cut)), std::unexpected(batch_fault::bad_record)) << cut;
    const std::string first = records.substr(0, static_cast<std::size_t>(records[0]) / 2 + 1);  // zigzag
    EXPECT_EQ(with(1, first), 7);
    EXPECT_EQ(with(2, first + first), std::unexpected(batch_fault::bad_record)) << "both are number 0";
  }
}

// What is read piece by piece, and what whole, are the same: compaction reads what this let in.
TEST(record_times, are_those_of_records_that_can_be_read) {
  const std::string records = two.substr(batch_header::size);
  for (std::size_t at = 0; at < records.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      std::string odd = records;
      odd[at] = static_cast<char>(value);
      const std::string batch = repacked(two, compression::lz4, 2, odd);
      EXPECT_EQ(largest(batch, 1 << 20).has_value(),
                for_each_sent_record(batch, 1 << 20, [](const record_view&) {}).has_value())
          << at << " " << value;
    }
}

}  // namespace
}  // namespace mes::wire::kafka
