#include "wire/kafka/record_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

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

TEST(record_times, behind_the_head_of_the_last_record_nothing_is_unpacked) {
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

}  // namespace
}  // namespace mes::wire::kafka
