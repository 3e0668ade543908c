#include "wire/kafka/end_marker.h"

#include <gtest/gtest.h>

#include "wire/kafka/record_batch.h"

namespace mes::wire::kafka {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    out.push_back("0123456789abcdef"[c >> 4]);
    out.push_back("0123456789abcdef"[c & 15]);
  }
  return out;
}

// KIP-98: key version 0, type 0 abort or 1 commit; value version 0, coordinator epoch.
TEST(end_marker, has_the_bytes_of_the_record_format) {
  const std::string batch = make_end_marker({7, 3, end_marker::commit, 5, 1'000});
  const auto header = check_batch_sum(batch);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->control());
  EXPECT_TRUE(header->transactional());
  EXPECT_EQ(header->count, 1);
  EXPECT_EQ(header->base_sequence, -1);
  // length 16 (zigzag 0x20), attributes, timestamp delta, offset delta, key of 4 bytes, value of 6, no headers
  EXPECT_EQ(hex(batch.substr(batch_header::size)),
            "20000000080000"
            "0001"
            "0c"
            "0000"
            "00000005"
            "00");
}

TEST(end_marker, is_read_back) {
  for (const auto what : {end_marker::abort, end_marker::commit}) {
    const auto got = read_end_marker(make_end_marker({7, 3, what, 5, 1'000}));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->producer_id, 7);
    EXPECT_EQ(got->producer_epoch, 3);
    EXPECT_EQ(got->what, what);
    EXPECT_EQ(got->coordinator_epoch, 5);
    EXPECT_EQ(got->timestamp_ms, 1'000);
  }
}

TEST(end_marker, other_batches_are_none) {
  EXPECT_FALSE(read_end_marker(make_batch({{"key", "value", 0}})));
  batch_header control;
  control.attributes = 32;
  EXPECT_FALSE(read_end_marker(make_batch({{std::string("\0\0\0\2", 4), "value!", 0}}, control)));  // leader change
  EXPECT_FALSE(read_end_marker(make_batch({{std::string("\0"), "", 0}}, control)));
  EXPECT_FALSE(read_end_marker(""));
}

}  // namespace
}  // namespace mes::wire::kafka
