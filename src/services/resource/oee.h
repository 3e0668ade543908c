// Overall equipment effectiveness after ISO 22400-2, from sums. What cannot be computed is null with its reason.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/resource/time_model.h"

namespace mes::resource {

// A report that ended in the window.
struct counted_report {
  quantity good, total;                   // total = good + rejected + given to the board
  std::optional<quantity> planned_run_s;  // per piece
};

struct ratio {
  std::optional<double> value;
  std::string reason;  // why there is no value
};

struct oee_figures {
  std::int64_t pbt_us = 0;          // planned busy time: scheduled, less planned down time
  std::int64_t apt_us = 0;          // actual production time
  std::int64_t planned_run_us = 0;  // PRU * PQ, summed over the reports
  quantity produced, good;          // PQ, GQ
  ratio availability, effectiveness, quality_ratio, oee;
  std::vector<std::string> flags;  // what looks wrong without being impossible
};

// `plan`: nullopt = the equipment has no calendar.
oee_figures oee_of(const std::optional<std::vector<span_of_time>>& plan, const std::vector<slice>& slices,
                   const std::vector<counted_report>& reports);

json::object to_json(const oee_figures& f);

}  // namespace mes::resource
