#include "wire/kafka/compression.h"

#include <gtest/gtest.h>

#include <string>

namespace mes::wire::kafka {
namespace {

// RFC 1952, section 2.2: a file is a series of members; RFC 8878, section 3: frames follow each other.
TEST(compression, what_was_packed_in_two_is_unpacked_whole) {
  for (const compression codec : {compression::gzip, compression::zstd}) {
    const std::string both = *compress(codec, "one ") + *compress(codec, std::string(100'000, 'x'));
    EXPECT_EQ(decompress(codec, both, 1 << 20).value_or("broken"), "one " + std::string(100'000, 'x'));
  }
}

// Java's GZIPInputStream ends there as well.
TEST(compression, what_follows_a_gzip_member_and_is_none_is_nothing) {
  const std::string packed = *compress(compression::gzip, "one");
  for (const char* rest : {"x", "\x1f", "no member"})
    EXPECT_EQ(decompress(compression::gzip, packed + rest, 1 << 20).value_or("broken"), "one") << rest;
}

}  // namespace
}  // namespace mes::wire::kafka
