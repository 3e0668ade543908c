#include "bus/cli/sent_back.h"

#include <gtest/gtest.h>

#include <vector>

namespace mes::bus::cli {
namespace {

std::vector<std::int64_t> due(const sent_back& s, std::int64_t end) {
  std::vector<std::int64_t> offsets;
  for (std::int64_t offset = s.first_due(); offset < end; ++offset)
    if (!s.has(offset)) offsets.push_back(offset);
  return offsets;
}

TEST(sent_back, knows_those_that_were_left_when_it_is_read_again) {
  sent_back first(-1, "", 0);
  EXPECT_EQ(due(first, 3), (std::vector<std::int64_t>{0, 1, 2}));
  first.add(0);
  EXPECT_TRUE(first.leave(1));
  EXPECT_TRUE(first.leave(2));
  first.add(3);
  EXPECT_TRUE(first.leave(5));  // what is between holds no record
  first.add(6);
  EXPECT_EQ(first.committed(), 7);
  EXPECT_EQ(first.metadata(), "left 1-2,5");

  sent_back second(first.committed(), first.metadata(), 0);
  EXPECT_EQ(due(second, 9), (std::vector<std::int64_t>{1, 2, 5, 7, 8}));
  second.add(2);
  EXPECT_TRUE(second.leave(5));
  EXPECT_EQ(second.metadata(), "left 1,5");
  second.add(1);
  second.add(5);
  EXPECT_EQ(second.committed(), 7);
  EXPECT_EQ(second.metadata(), "");
}

TEST(sent_back, forgets_what_retention_took) {
  const sent_back s(10, "left 1-2,5-7", 6);
  EXPECT_EQ(due(s, 11), (std::vector<std::int64_t>{6, 7, 10}));
  EXPECT_EQ(sent_back(3, "", 6).first_due(), 6);
}

TEST(sent_back, takes_the_words_of_others_for_an_offset_alone) {
  for (const char* words : {"by hand", "left x", "left 9-3", "left 7-1000", "left "})
    EXPECT_EQ(sent_back(5, words, 0).first_due(), 5) << words;
}

TEST(sent_back, leaves_no_more_than_the_metadata_holds) {
  sent_back s(-1, "", 0);
  std::int64_t offset = 0;
  while (s.leave(offset)) offset += 2;
  EXPECT_EQ(s.committed(), offset - 1);
  EXPECT_LE(s.metadata().size(), sent_back::metadata_bytes_max);
  EXPECT_EQ(sent_back(s.committed(), s.metadata(), 0).metadata(), s.metadata());
}

}  // namespace
}  // namespace mes::bus::cli
