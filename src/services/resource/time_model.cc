#include "services/resource/time_model.h"

#include <algorithm>
#include <chrono>

namespace mes::resource {
namespace {

constexpr std::int64_t minute_us = 60'000'000, day_us = 24 * 60 * minute_us;

// How many reports of each category run at a moment.
struct running_reports {
  std::array<int, 6> count{};
  time_category now() const {
    for (time_category c : {time_category::unplanned_down, time_category::running, time_category::setup})
      if (count[static_cast<std::size_t>(c)] > 0) return c;
    return time_category::unknown;
  }
};

struct edge {
  std::int64_t at;
  time_category category;
  int step;
};

std::vector<edge> edges_of(const std::vector<work_interval>& work, std::int64_t from, std::int64_t to) {
  std::vector<edge> edges;
  for (const work_interval& w : work) {
    std::int64_t begin = std::max(from, w.from.microseconds), end = std::min(to, w.to.microseconds);
    if (end <= begin) continue;
    edges.push_back({begin, w.category, 1});
    edges.push_back({end, w.category, -1});
  }
  std::ranges::sort(edges, {}, &edge::at);
  return edges;
}

bool same(const slice& a, const slice& b) {
  return a.id == b.id && a.category == b.category && a.packml == b.packml && a.reason == b.reason;
}

slice slice_of(const state_change* told, time_category reported) {
  slice s;
  if (told && told->category != time_category::unknown) {
    s.id = told->id;
    s.category = told->category;
    s.reason = told->reason;
    if (told->packml != packml_state::undefined) s.packml = told->packml;
  } else {
    s.category = reported;
  }
  return s;
}

}  // namespace

std::vector<slice> tile(instant from, instant to, const std::vector<state_change>& changes,
                        const std::vector<work_interval>& work) {
  std::vector<edge> edges = edges_of(work, from.microseconds, to.microseconds);
  std::vector<slice> slices;
  running_reports reports;
  const state_change* told = nullptr;
  std::size_t next_edge = 0, next_change = 0;
  instant at = from;
  while (at < to) {
    while (next_change < changes.size() && changes[next_change].at <= at) told = &changes[next_change++];
    while (next_edge < edges.size() && edges[next_edge].at <= at.microseconds) {
      reports.count[static_cast<std::size_t>(edges[next_edge].category)] += edges[next_edge].step;
      ++next_edge;
    }
    instant end = to;
    if (next_change < changes.size()) end = std::min(end, changes[next_change].at);
    if (next_edge < edges.size()) end = std::min(end, instant{edges[next_edge].at});
    slice s = slice_of(told, reports.now());
    s.from = at;
    s.to = end;
    if (!slices.empty() && same(slices.back(), s))
      slices.back().to = end;
    else
      slices.push_back(std::move(s));
    at = end;
  }
  return slices;
}

std::array<std::int64_t, 6> sums_of(const std::vector<slice>& slices) {
  std::array<std::int64_t, 6> sums{};
  for (const slice& s : slices) sums[static_cast<std::size_t>(s.category)] += (s.to - s.from).count();
  return sums;
}

std::int64_t busy_us(instant from, instant to, std::vector<work_interval> work) {
  std::ranges::sort(work, {}, &work_interval::from);
  std::int64_t busy = 0, reached = from.microseconds;
  for (const work_interval& w : work) {
    std::int64_t begin = std::max(reached, w.from.microseconds), end = std::min(to.microseconds, w.to.microseconds);
    if (end <= begin) continue;
    busy += end - begin;
    reached = end;
  }
  return busy;
}

std::vector<span_of_time> scheduled(const calendar& plan, instant from, instant to) {
  using std::chrono::days, std::chrono::sys_days, std::chrono::year_month_day;
  std::int64_t offset = plan.utc_offset_minutes * minute_us;
  // Days of plant time whose shifts may reach into the window; a shift may last into the second day.
  std::int64_t first = (from.microseconds + offset) / day_us - 2, last = (to.microseconds + offset) / day_us;
  std::vector<span_of_time> spans;
  for (std::int64_t day = first; day <= last; ++day) {
    sys_days date{days{day}};
    year_month_day ymd{date};
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                  static_cast<unsigned>(ymd.day()));
    if (std::ranges::find(plan.days_off, text) != plan.days_off.end()) continue;
    auto weekday = static_cast<std::int64_t>(std::chrono::weekday{date}.iso_encoding());
    for (const shift& s : plan.shifts) {
      if (s.weekday != weekday) continue;
      std::int64_t midnight = day * day_us - offset;
      instant begin = std::max(from, instant{midnight + s.from_minute * minute_us});
      instant end = std::min(to, instant{midnight + s.to_minute * minute_us});
      if (begin < end) spans.push_back({begin, end});
    }
  }
  std::ranges::sort(spans, {}, &span_of_time::from);
  std::vector<span_of_time> merged;
  for (const span_of_time& s : spans) {
    if (!merged.empty() && s.from <= merged.back().to)
      merged.back().to = std::max(merged.back().to, s.to);
    else
      merged.push_back(s);
  }
  return merged;
}

}  // namespace mes::resource
