#include "services/quality/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace mes::quality {

sampling_state after_lot(sampling_state s, const record_lot& lot) {
  if (lot.resubmitted || s.how == sampling_severity::stopped) return s;  // only original inspection counts
  s.recent.push_back(lot.accepted ? 1 : 0);
  if (s.recent.size() > 5) s.recent.erase(s.recent.begin());
  s.accepted_in_row = lot.accepted ? s.accepted_in_row + 1 : 0;
  auto enter = [&](sampling_severity how) {
    s.how = how;
    s.recent.clear();
    s.accepted_in_row = s.rejected_on_tightened = s.switching_score = 0;
  };
  switch (s.how) {
    case sampling_severity::normal: {
      bool counts = lot.accepted && (lot.acceptance_number <= 1 || lot.accepted_tighter);
      s.switching_score = counts ? s.switching_score + (lot.acceptance_number <= 1 ? 2 : 3) : 0;
      if (std::ranges::count(s.recent, 0) >= 2)
        enter(sampling_severity::tightened);
      else if (s.switching_score >= 30)
        enter(sampling_severity::reduced);
      break;
    }
    case sampling_severity::tightened:
      if (!lot.accepted) ++s.rejected_on_tightened;
      if (s.accepted_in_row >= 5)
        enter(sampling_severity::normal);
      else if (s.rejected_on_tightened >= 5)
        enter(sampling_severity::stopped);
      break;
    case sampling_severity::reduced:
      if (!lot.accepted) enter(sampling_severity::normal);
      break;
    case sampling_severity::stopped:
      break;
  }
  return s;
}

namespace {

double number(quantity q) { return static_cast<double>(q.millionths) / quantity::scale; }

// d2: mean of the range of n values from a normal distribution, in sigmas; n = 2 to 10.
constexpr double d2[] = {1.128, 1.693, 2.059, 2.326, 2.534, 2.704, 2.847, 2.970, 3.078};

struct baseline {
  double mean = 0, mean_range = 0;
};

baseline baseline_of(const spc_request& input, const std::vector<double>& means, std::size_t count) {
  baseline b;
  for (std::size_t i = 0; i < count; ++i) {
    auto [low, high] = std::ranges::minmax(input.subgroups[i]);
    b.mean += means[i] / static_cast<double>(count);
    b.mean_range += number(high - low) / static_cast<double>(count);
  }
  return b;
}

// At least `wanted` of the last `window` points beyond `distance` sigmas on one side.
bool beyond(const std::vector<double>& z, std::size_t last, std::size_t window, std::size_t wanted, double distance) {
  if (last + 1 < window) return false;
  std::size_t above = 0, below = 0;
  for (std::size_t i = last + 1 - window; i <= last; ++i) {
    above += z[i] > distance;
    below += z[i] < -distance;
  }
  // The newest point belongs to the pattern, so that each is told of once.
  return (above >= wanted && z[last] > distance) || (below >= wanted && z[last] < -distance);
}

}  // namespace

result<chart> chart_of(const spc_request& input) {
  std::size_t size = input.subgroups.front().size();
  for (std::size_t i = 0; i < input.subgroups.size(); ++i)
    if (input.subgroups[i].size() != size || size < 2 || size > 10)
      return fail({error_code::invalid_argument,
                   "The subgroups are not valid",
                   {{"/subgroups/" + std::to_string(i), "must have 2 to 10 values, as many as the others"}}});
  chart c;
  for (const auto& group : input.subgroups) {
    double sum = 0;
    for (quantity q : group) sum += number(q);
    c.means.push_back(sum / static_cast<double>(size));
  }
  std::size_t count = std::min(input.subgroups.size(), static_cast<std::size_t>(input.baseline));
  baseline b = baseline_of(input, c.means, count);
  c.center = b.mean;
  c.sigma = b.mean_range / d2[size - 2];
  double sigma_of_mean = c.sigma / std::sqrt(static_cast<double>(size));
  c.lower_control = c.center - 3 * sigma_of_mean;
  c.upper_control = c.center + 3 * sigma_of_mean;
  if (c.sigma > 0) {
    std::vector<double> z;
    for (double mean : c.means) z.push_back((mean - c.center) / sigma_of_mean);
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (std::abs(z[i]) > 3) c.signals.push_back({i, "1 beyond 3 sigma"});
      if (beyond(z, i, 3, 2, 2)) c.signals.push_back({i, "2 of 3 beyond 2 sigma"});
      if (beyond(z, i, 5, 4, 1)) c.signals.push_back({i, "4 of 5 beyond 1 sigma"});
      if (beyond(z, i, 8, 8, 0)) c.signals.push_back({i, "8 on one side"});
    }
  }
  if (c.sigma == 0)
    c.capability_reason = "the values of each subgroup are all alike";
  else if (!input.lower && !input.upper)
    c.capability_reason = "there are no specification limits";
  else {
    if (input.lower && input.upper) c.cp = number(*input.upper - *input.lower) / (6 * c.sigma);
    double to_upper = input.upper ? number(*input.upper) - c.center : INFINITY;
    double to_lower = input.lower ? c.center - number(*input.lower) : INFINITY;
    c.cpk = std::min(to_upper, to_lower) / (3 * c.sigma);
  }
  return c;
}

json::object to_json(const chart& c) {
  json::array means, signals;
  for (double m : c.means) means.push_back(m);
  for (const chart_signal& s : c.signals) signals.push_back(json::object{{"subgroup", s.subgroup}, {"rule", s.rule}});
  json::object o{{"center", c.center},
                 {"lower_control", c.lower_control},
                 {"upper_control", c.upper_control},
                 {"sigma", c.sigma},
                 {"means", std::move(means)},
                 {"signals", std::move(signals)},
                 {"cp", nullptr},
                 {"cpk", nullptr}};
  if (c.cp) o["cp"] = *c.cp;
  if (c.cpk) o["cpk"] = *c.cpk;
  if (!c.capability_reason.empty()) o["capability_reason"] = c.capability_reason;
  return o;
}

}  // namespace mes::quality
