#include "gateway/net/spares.h"

#include <gtest/gtest.h>

namespace mes::gateway {
namespace {

void use_at_once(spares<int>& kept, int count) {
  std::vector<int> used;
  for (int i = 0; i < count; ++i) used.push_back(kept.take().value_or(i));
  for (int one : used) kept.give(one);
}

TEST(spares, the_newest_goes_first) {
  spares<int> kept;
  EXPECT_FALSE(kept.take());
  kept.give(1);
  kept.give(2);
  EXPECT_EQ(kept.take(), 2);
  EXPECT_EQ(kept.take(), 1);
  EXPECT_FALSE(kept.take());
}

TEST(spares, as_many_stay_as_were_needed_since_the_last_look) {
  spares<int> kept;
  use_at_once(kept, 1'000);
  kept.tidy();
  EXPECT_EQ(kept.size(), 1'000U);
  use_at_once(kept, 300);
  kept.tidy();
  EXPECT_EQ(kept.size(), 300U);
  kept.tidy();
  EXPECT_EQ(kept.size(), spares<int>::few);
  kept.tidy();
  EXPECT_EQ(kept.size(), spares<int>::few);
}

TEST(spares, no_more_than_allowed) {
  spares<int> kept(2);
  use_at_once(kept, 5);
  EXPECT_EQ(kept.size(), 2U);
}

}  // namespace
}  // namespace mes::gateway
