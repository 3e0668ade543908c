#include "services/quality/inspection.h"

#include <algorithm>

namespace mes::quality {
namespace {

error bad(std::size_t index, std::string_view member, std::string message) {
  return {error_code::unprocessable,
          "The measurements do not fit the inspection",
          {{"/measurements/" + std::to_string(index) + "/" + std::string(member), std::move(message)}}};
}

result<bool> judge(const characteristic& c, const measurement& m, std::size_t index, instant now) {
  if (m.gauge_calibrated_until && *m.gauge_calibrated_until < now)
    return fail(bad(index, "gauge", "is out of calibration"));
  if (!c.lower && !c.upper) {
    if (!m.conforming) return fail(bad(index, "conforming", "is required: the characteristic has no limits"));
    return *m.conforming;
  }
  if (!m.value) return fail(bad(index, "value", "is required: the characteristic has limits"));
  return (!c.lower || *m.value >= *c.lower) && (!c.upper || *m.value <= *c.upper);
}

}  // namespace

result<inspection> change(inspection i, inspection_verb verb) {
  auto next = service::next_state<inspection_state, inspection_verb>(inspection_transitions, i.state, verb);
  if (!next) return std::unexpected(next.error());
  i.state = *next;
  return i;
}

result<inspection> record(inspection i, std::vector<measurement> measurements, instant now) {
  constexpr std::size_t measurements_max = 1000;
  if (i.state != inspection_state::in_progress)
    return fail(error_code::illegal_transition, "The inspection is " + std::string(wire::name_of_enum(i.state)) +
                                                    "; it takes measurements in progress");
  if (i.measurements.size() + measurements.size() > measurements_max)
    return fail(error_code::unprocessable,
                "An inspection takes at most " + std::to_string(measurements_max) + " measurements");
  for (std::size_t n = 0; n < measurements.size(); ++n) {
    measurement& m = measurements[n];
    auto c = std::ranges::find(i.characteristics, m.characteristic, &characteristic::number);
    if (c == i.characteristics.end()) return fail(bad(n, "characteristic", "is none of this inspection"));
    auto passed = judge(*c, m, n, now);
    if (!passed) return std::unexpected(passed.error());
    m.passed = *passed;
    i.measurements.push_back(std::move(m));
  }
  return i;
}

result<inspection> decide(inspection i, const decide_inspection& input, instant now) {
  if (i.characteristics.empty())
    return fail(error_code::unprocessable, "The inspection has no characteristics to be judged by");
  std::string failed;
  for (const characteristic& c : i.characteristics) {
    auto of = [&](const measurement& m) { return m.characteristic == c.number; };
    if (std::ranges::none_of(i.measurements, of))
      return fail(error_code::unprocessable, "Characteristic " + c.number + " has not been measured");
    if (std::ranges::any_of(i.measurements, [&](const measurement& m) { return of(m) && !m.passed; }))
      failed += (failed.empty() ? "" : ", ") + c.number;
  }
  auto decided = change(std::move(i), failed.empty() ? inspection_verb::pass : inspection_verb::fail);
  if (!decided) return decided;
  decided->decided_at = now;
  if (failed.empty()) return decided;
  decided->reason = "out of limits: " + failed;
  decided->failed_quantity = input.failed_quantity > quantity{} ? input.failed_quantity : decided->inspected;
  if (decided->inspected > quantity{} && decided->failed_quantity > decided->inspected)
    return fail({error_code::unprocessable,
                 "More pieces failed than were inspected",
                 {{"/failed_quantity", "must be at most " + decided->inspected.to_string()}}});
  return decided;
}

severity worst_of(const inspection& i) {
  severity worst = severity::minor;
  for (const measurement& m : i.measurements) {
    auto c = std::ranges::find(i.characteristics, m.characteristic, &characteristic::number);
    if (!m.passed && c != i.characteristics.end()) worst = std::max(worst, c->if_failed);
  }
  return worst;
}

}  // namespace mes::quality
