// Switching of sampling severity after ISO 2859-1, and control charts.
#pragma once

#include <string>
#include <vector>

#include "services/quality/inputs.h"

namespace mes::quality {

// The state after one more lot.
sampling_state after_lot(sampling_state s, const record_lot& lot);

struct chart_signal {
  std::size_t subgroup;
  std::string rule;
};
struct chart {
  double center = 0, lower_control = 0, upper_control = 0, sigma = 0;  // of subgroup means; sigma of single values
  std::vector<double> means;
  std::vector<chart_signal> signals;  // Western Electric rules
  std::optional<double> cp, cpk;      // within subgroups
  std::string capability_reason;      // why there is none
};
// X-bar chart with limits frozen from the baseline. Subgroups of 2 to 10 values, all of one size.
result<chart> chart_of(const spc_request& input);
json::object to_json(const chart& c);

}  // namespace mes::quality
