// How the time of a piece of equipment is divided: slices that touch, from what was told and what was reported.
#pragma once

#include <array>
#include <vector>

#include "services/resource/model.h"

namespace mes::resource {

// A report's stretch of work: running, setup or unplanned-down.
struct work_interval {
  instant from, to;
  time_category category = time_category::running;
};

// Slices from `from` to `to` without gaps or overlaps. A state that was told (by a machine or a person) holds until
// the next one. Where none is known, reports say: unplanned-down before running before setup; else unknown.
// `changes` in order of time, the last one before `from` included.
std::vector<slice> tile(instant from, instant to, const std::vector<state_change>& changes,
                        const std::vector<work_interval>& work);

// By category, in microseconds.
std::array<std::int64_t, 6> sums_of(const std::vector<slice>& slices);

// Length of the union of the intervals in [from, to), overlaps counted once, in microseconds.
std::int64_t busy_us(instant from, instant to, std::vector<work_interval> work);

// The scheduled intervals of a calendar that touch [from, to), clipped to it, in order.
struct span_of_time {
  instant from, to;
};
std::vector<span_of_time> scheduled(const calendar& plan, instant from, instant to);

}  // namespace mes::resource
