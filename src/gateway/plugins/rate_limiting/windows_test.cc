// Windows of the UTC calendar; instants checked with date(1).
#include "gateway/plugins/rate_limiting/windows.h"

#include <gtest/gtest.h>

#include <atomic>

#include "runtime/thread.h"

namespace mes::gateway {
namespace {

TEST(windows, start_with_the_calendar) {
  constexpr std::int64_t now = 1'709'296'496;  // 2024-03-01T12:34:56Z, the day after a leap day
  EXPECT_EQ(window_start_s(period::second, now), 1'709'296'496);
  EXPECT_EQ(window_start_s(period::minute, now), 1'709'296'440);
  EXPECT_EQ(window_start_s(period::hour, now), 1'709'294'400);
  EXPECT_EQ(window_start_s(period::day, now), 1'709'251'200);
  EXPECT_EQ(window_start_s(period::month, now), 1'709'251'200);
  EXPECT_EQ(window_start_s(period::year, now), 1'704'067'200);
  EXPECT_EQ(window_start_s(period::month, 1'709'251'199), 1'706'745'600);  // 2024-02-29T23:59:59Z
  EXPECT_EQ(length_s(period::month), 2'592'000);
}

TEST(windows, begin_anew_with_each_minute) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::minute, 2}};
  EXPECT_FALSE(counters.take("a", limits, 119).stopped_by);
  EXPECT_FALSE(counters.take("a", limits, 119).stopped_by);
  EXPECT_TRUE(counters.take("a", limits, 119).stopped_by);
  EXPECT_FALSE(counters.take("b", limits, 119).stopped_by);
  EXPECT_FALSE(counters.take("a", limits, 120).stopped_by);
  EXPECT_EQ(counters.take("a", limits, 120).usage[0].used, 1);
}

TEST(windows, count_what_is_added_where_its_request_began) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::minute, 3}, {period::hour, 9}};
  counters.look("a", limits, 119);
  counters.look("a", limits, 120);
  counters.add("a", limits, 120, 2);
  counters.add("a", limits, 119, 1);  // ends in the next minute
  auto now = counters.look("a", limits, 121);
  EXPECT_EQ(now.usage[0].used, 2);
  EXPECT_EQ(now.usage[1].used, 3);
  counters.add("a", limits, 180, 1);  // nobody has looked since the minute began
  EXPECT_EQ(counters.look("a", limits, 180).usage[0].used, 1);
}

TEST(windows, take_fractions_and_sums_beyond_any_limit) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::minute, 3}};
  counters.add("a", limits, 120, 1.5);
  EXPECT_EQ(counters.look("a", limits, 120).usage[0].used, 1.5);
  for (int i = 0; i < 3; ++i) counters.add("a", limits, 120, 0x1p63);  // who had asked before the limit was used up
  EXPECT_TRUE(counters.look("a", limits, 120).stopped_by);
}

TEST(windows, stay_for_who_read_the_clock_before_they_began) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::minute, 2}};
  EXPECT_FALSE(counters.take("a", limits, 120).stopped_by);
  EXPECT_FALSE(counters.take("a", limits, 119).stopped_by);
  EXPECT_TRUE(counters.take("a", limits, 119).stopped_by);
  EXPECT_TRUE(counters.take("a", limits, 120).stopped_by);
}

TEST(windows, begin_anew_when_the_clock_is_set_back) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::minute, 1}};
  EXPECT_FALSE(counters.take("a", limits, 1'709'296'496).stopped_by);
  EXPECT_FALSE(counters.take("a", limits, 3600).stopped_by);
  EXPECT_TRUE(counters.take("a", limits, 3601).stopped_by);
}

TEST(windows, count_nothing_for_a_request_that_one_of_them_stops) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::second, 1}, {period::minute, 3}};
  EXPECT_FALSE(counters.take("a", limits, 60).stopped_by);
  EXPECT_EQ(counters.take("a", limits, 60).stopped_by, 0U);
  EXPECT_EQ(counters.take("a", limits, 61).usage[1].used, 1);
}

TEST(windows, are_exact_when_many_ask_at_once) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::hour, 1000}};
  std::atomic<int> passed = 0;
  {
    std::vector<runtime::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back("asker", [&] {
        for (int i = 0; i < 1000; ++i)
          if (!counters.take("a", limits, 3600).stopped_by) ++passed;
      });
  }
  EXPECT_EQ(passed, 1000);
}

TEST(windows, hold_a_bounded_number_of_identifiers) {
  window_counters counters(16 * 4);
  std::vector<window_limit> limits = {{period::hour, 1}};
  for (int i = 0; i < 10'000; ++i)
    EXPECT_FALSE(counters.take("client " + std::to_string(i), limits, 3600 + i / 100).stopped_by);
  EXPECT_TRUE(counters.take("client 9999", limits, 3700).stopped_by);  // the newest are still known
  EXPECT_EQ(counters.identifiers(), 16u * 4);
}

TEST(windows, keep_who_is_heard_of_longest) {
  window_counters counters(16 * 4);
  std::vector<window_limit> limits = {{period::hour, 1}};
  EXPECT_FALSE(counters.take("busy", limits, 3600).stopped_by);
  for (int i = 0; i < 1000; ++i) {
    counters.take("client " + std::to_string(i), limits, 3600);  // all in the same second
    EXPECT_TRUE(counters.take("busy", limits, 3600).stopped_by) << i;
  }
}

TEST(windows, are_forgotten_once_they_are_over) {
  window_counters counters;
  std::vector<window_limit> limits = {{period::second, 9}, {period::minute, 1}};
  for (int i = 0; i < 4000; ++i) counters.take("old " + std::to_string(i), limits, 60);
  for (int i = 0; i < 4000; ++i) counters.take("new " + std::to_string(i), limits, 119);  // the same minute
  EXPECT_EQ(counters.identifiers(), 8000u);
  EXPECT_TRUE(counters.take("old 0", limits, 119).stopped_by);
  for (int i = 0; i < 9000; ++i) counters.take("next " + std::to_string(i), limits, 120);
  EXPECT_LE(counters.identifiers(), 9000u);
}

TEST(rate_limit_store, counters_last_as_long_as_a_plugin_of_their_id) {
  rate_limit_store store;
  auto before = store.counters_of("a");
  EXPECT_EQ(store.counters_of("a"), before);  // the next configuration's, made while the one before is there
  std::weak_ptr<window_counters> gone = before;
  before.reset();
  EXPECT_TRUE(gone.expired());
  EXPECT_NE(store.counters_of("a"), nullptr);
}

TEST(rate_limit_store, forgets_plugins_that_are_gone) {
  rate_limit_store store;
  for (int i = 0; i < 10'000; ++i) store.counters_of(std::to_string(i));
  EXPECT_LE(store.known(), 64U);
}

}  // namespace
}  // namespace mes::gateway
