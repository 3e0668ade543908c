#include <gtest/gtest.h>

#include <set>

#include "services/resource/oee.h"
#include "services/resource/people.h"

namespace mes::resource {
namespace {

constexpr std::int64_t minute = 60'000'000;
instant at(std::int64_t minutes) { return {minutes * minute}; }
work_interval work(std::int64_t from, std::int64_t to, time_category c = time_category::running) {
  return {at(from), at(to), c};
}
state_change told(std::int64_t when, time_category c, std::string id) {
  return {.id = std::move(id), .at = at(when), .category = c};
}

void expect_tiled(const std::vector<slice>& slices, std::int64_t from, std::int64_t to) {
  ASSERT_FALSE(slices.empty());
  EXPECT_EQ(slices.front().from, at(from));
  EXPECT_EQ(slices.back().to, at(to));
  for (std::size_t i = 1; i < slices.size(); ++i) EXPECT_EQ(slices[i - 1].to, slices[i].from) << "no gap, no overlap";
}

TEST(tile, is_unknown_where_nobody_said_anything) {
  auto slices = tile(at(0), at(60), {}, {});
  expect_tiled(slices, 0, 60);
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_EQ(slices[0].category, time_category::unknown);
}

TEST(tile, takes_reports_where_no_state_was_told) {
  auto slices = tile(at(0), at(60), {},
                     {work(10, 30), work(20, 40, time_category::setup), work(35, 38, time_category::unplanned_down)});
  expect_tiled(slices, 0, 60);
  auto sums = sums_of(slices);
  EXPECT_EQ(sums[0], 20 * minute) << "running 10-30";
  EXPECT_EQ(sums[1], 7 * minute) << "setup 30-35 and 38-40";
  EXPECT_EQ(sums[4], 3 * minute) << "breakdown 35-38";
  EXPECT_EQ(sums[5], 30 * minute) << "0-10 and 40-60";
}

TEST(tile, what_was_told_holds_until_the_next_word) {
  auto slices = tile(
      at(10), at(60),
      {told(0, time_category::idle, "a"), told(20, time_category::running, "b"), told(30, time_category::unknown, "c")},
      {work(0, 40, time_category::setup)});
  expect_tiled(slices, 10, 60);
  ASSERT_EQ(slices.size(), 4U);
  EXPECT_EQ(slices[0].category, time_category::idle);
  EXPECT_EQ(slices[0].id, "a");
  EXPECT_EQ(slices[1].category, time_category::running);
  EXPECT_EQ(slices[2].category, time_category::setup) << "unknown: the report says";
  EXPECT_EQ(slices[3].category, time_category::unknown);
}

TEST(tile, late_data_cuts_anew) {
  std::vector<state_change> changes = {told(0, time_category::running, "a"),
                                       told(30, time_category::unplanned_down, "late"),
                                       told(40, time_category::running, "b")};
  auto sums = sums_of(tile(at(0), at(60), changes, {}));
  EXPECT_EQ(sums[0], 50 * minute);
  EXPECT_EQ(sums[4], 10 * minute);
}

TEST(busy, counts_overlaps_once) {
  EXPECT_EQ(busy_us(at(0), at(100), {work(10, 30), work(20, 40), work(35, 38), work(50, 60), work(60, 60)}),
            40 * minute);
  EXPECT_EQ(busy_us(at(15), at(25), {work(10, 30)}), 10 * minute) << "clipped to the window";
}

TEST(packml, has_the_17_states_by_their_numbers) {
  const char* names[] = {"undefined", "clearing",   "stopped",      "starting",  "idle",       "suspended",
                         "execute",   "stopping",   "aborting",     "aborted",   "holding",    "held",
                         "unholding", "suspending", "unsuspending", "resetting", "completing", "completed"};
  auto ours = wire::enum_names<packml_state>();
  ASSERT_EQ(ours.size(), std::size(names));
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], names[i]) << i;
}

// 2024-01-01 was a Monday.
TEST(calendar, schedules_shifts_in_plant_time) {
  calendar plan{.utc_offset_minutes = 120,
                .shifts = {{1, 360, 840}, {1, 1320, 1800}},  // Monday 06-14 and 22-06
                .days_off = {"2024-01-08"}};
  auto from = *instant::parse("2024-01-01T00:00:00Z"), to = *instant::parse("2024-01-10T00:00:00Z");
  auto spans = scheduled(plan, from, to);
  ASSERT_EQ(spans.size(), 2U) << "the second Monday is a day off";
  EXPECT_EQ(spans[0].from.to_string(), "2024-01-01T04:00:00.000Z");
  EXPECT_EQ(spans[0].to.to_string(), "2024-01-01T12:00:00.000Z");
  EXPECT_EQ(spans[1].from.to_string(), "2024-01-01T20:00:00.000Z");
  EXPECT_EQ(spans[1].to.to_string(), "2024-01-02T04:00:00.000Z");
}

// ISO 22400-2: Availability APT/PBT, Effectiveness PRU*PQ/APT, Quality GQ/PQ, OEE = A*E*Q.
// POT 480 min, planned down 30 -> PBT 450; APT 360; 100 pieces of 162 s = 270 min; 95 good.
TEST(oee, is_the_product_of_its_ratios) {
  std::vector<span_of_time> plan = {{at(0), at(480)}};
  auto slices = tile(at(0), at(480),
                     {told(0, time_category::running, "a"), told(360, time_category::planned_down, "b"),
                      told(390, time_category::idle, "c")},
                     {});
  std::vector<counted_report> reports = {{quantity::of(95), quantity::of(100), quantity::of(162)}};
  oee_figures f = oee_of(plan, slices, reports);
  EXPECT_EQ(f.pbt_us, 450 * minute);
  EXPECT_EQ(f.apt_us, 360 * minute);
  EXPECT_DOUBLE_EQ(*f.availability.value, 0.8);
  EXPECT_DOUBLE_EQ(*f.effectiveness.value, 0.75);
  EXPECT_DOUBLE_EQ(*f.quality_ratio.value, 0.95);
  EXPECT_DOUBLE_EQ(*f.oee.value, 0.8 * 0.75 * 0.95);
  EXPECT_TRUE(f.flags.empty());
}

TEST(oee, is_null_with_a_reason_where_inputs_are_missing) {
  auto slices = tile(at(0), at(60), {}, {work(0, 30)});
  std::vector<counted_report> reports = {{quantity::of(5), quantity::of(5), std::nullopt},
                                         {quantity::of(5), quantity::of(5), quantity::of(60)}};
  oee_figures f = oee_of(std::nullopt, slices, reports);
  EXPECT_FALSE(f.availability.value);
  EXPECT_NE(f.availability.reason.find("calendar"), std::string::npos);
  EXPECT_FALSE(f.effectiveness.value);
  EXPECT_NE(f.effectiveness.reason.find("1 of 2 reports"), std::string::npos);
  EXPECT_DOUBLE_EQ(*f.quality_ratio.value, 1.0);
  EXPECT_FALSE(f.oee.value);
  EXPECT_TRUE(to_json(f).at("oee").at("value").is_null());
  f = oee_of(std::vector<span_of_time>{}, tile(at(0), at(60), {}, {}), {});
  EXPECT_FALSE(f.availability.value) << "no planned time: null, not 0 or 100";
  EXPECT_FALSE(f.quality_ratio.value);
}

TEST(oee, above_one_is_flagged_not_capped) {
  std::vector<span_of_time> plan = {{at(0), at(60)}};
  oee_figures f =
      oee_of(plan, tile(at(0), at(60), {}, {work(0, 60)}), {{quantity::of(2), quantity::of(2), quantity::of(3600)}});
  EXPECT_DOUBLE_EQ(*f.effectiveness.value, 2.0);
  EXPECT_EQ(f.flags.size(), 1U);
}

constexpr std::int64_t day = 24 * 60;
certification cert(std::int64_t from_day, std::int64_t to_day, certification_state s = certification_state::valid) {
  return {.code = "welding", .valid_from = at(from_day * day), .valid_to = at(to_day * day), .state = s};
}

TEST(certified, for_the_whole_of_the_planned_time) {
  using vec = std::vector<certification>;
  EXPECT_TRUE(check_certified({}, {}, at(0), at(day)));
  EXPECT_FALSE(check_certified({"welding"}, {}, at(0), at(day)));
  EXPECT_TRUE(check_certified({"welding"}, vec{cert(0, 10)}, at(day), at(2 * day)));
  EXPECT_FALSE(check_certified({"welding"}, vec{cert(0, 10)}, at(9 * day), at(11 * day))) << "ends on the way";
  EXPECT_TRUE(check_certified({"welding"}, vec{cert(0, 10, certification_state::renewed), cert(10, 20)}, at(9 * day),
                              at(11 * day)))
      << "renewed without a gap";
  EXPECT_FALSE(check_certified({"welding"}, vec{cert(0, 10), cert(11, 20)}, at(9 * day), at(12 * day)));
  EXPECT_FALSE(check_certified({"welding"}, vec{cert(0, 10, certification_state::revoked)}, at(day), at(2 * day)));
}

// "expiring (30/7/1 days, one event each)"
TEST(certification, warns_at_30_7_and_1_days_once_each) {
  certification c = cert(0, 100);
  std::vector<std::pair<std::int64_t, std::int64_t>> warnings;
  for (std::int64_t hour = 0; hour < 100 * 24; ++hour)
    if (std::int64_t days = warning_due(c, at(hour * 60))) {
      warnings.emplace_back(hour / 24, days);
      c.warned_days = days;
    }
  EXPECT_EQ(warnings, (std::vector<std::pair<std::int64_t, std::int64_t>>{{70, 30}, {93, 7}, {99, 1}}));
  EXPECT_FALSE(has_expired(c, at(100 * day - 1)));
  EXPECT_TRUE(has_expired(c, at(100 * day)));
}

// "valid→expiring→expired|revoked→renewed", "active→ended"
TEST(states, lead_where_the_design_says) {
  std::set<std::string> rows;
  for (const auto& t : certification_transitions)
    rows.insert(std::string(wire::name_of_enum(t.from)) + ">" + std::string(wire::name_of_enum(t.to)));
  for (const char* named :
       {"valid>expiring", "expiring>expired", "expiring>revoked", "expired>renewed", "revoked>renewed"})
    EXPECT_TRUE(rows.contains(named)) << named;
  for (const std::string& row : rows) EXPECT_FALSE(row.starts_with("renewed>")) << "renewed is final";
  ASSERT_EQ(std::size(assignment_transitions), 1U);
  assignment a;
  auto ended = end(a, "done", at(0));
  ASSERT_TRUE(ended);
  EXPECT_EQ(end(*ended, "again", at(0)).error().code, error_code::illegal_transition);
}

}  // namespace
}  // namespace mes::resource
