#include "services/resource/people.h"

#include <algorithm>

namespace mes::resource {

constexpr std::int64_t day_us = 86'400'000'000;

bool is_in_force(certification_state s) {
  return s == certification_state::valid || s == certification_state::expiring;
}

namespace {

// A renewed certification still covered the time before its end.
bool covers(const std::vector<certification>& held, const std::string& code, instant from, instant to) {
  std::vector<const certification*> own;
  for (const certification& c : held)
    if (c.code == code && c.state != certification_state::revoked) own.push_back(&c);
  std::ranges::sort(own, {}, &certification::valid_from);
  instant reached = from;
  for (const certification* c : own)
    if (c->valid_from <= reached && c->valid_to > reached) reached = c->valid_to;
  return reached >= to;
}

}  // namespace

result<void> check_certified(const std::vector<std::string>& required, const std::vector<certification>& held,
                             instant from, instant to) {
  std::vector<field_error> missing;
  for (const std::string& code : required)
    if (!covers(held, code, from, to))
      missing.push_back({"/employee_id", "holds no certification " + code + " for the whole of the planned time"});
  if (missing.empty()) return {};
  return fail({error_code::unprocessable, "The person is not certified for this equipment", std::move(missing)});
}

std::int64_t warning_due(const certification& c, instant now) {
  if (!is_in_force(c.state)) return 0;
  std::int64_t left_us = (c.valid_to - now).count();
  if (left_us <= 0) return 0;
  for (std::int64_t days : {1, 7, 30})
    if (left_us <= days * day_us) return c.warned_days == 0 || days < c.warned_days ? days : 0;
  return 0;
}

bool has_expired(const certification& c, instant now) { return is_in_force(c.state) && c.valid_to <= now; }

result<certification> change(certification c, certification_verb verb) {
  auto next = service::next_state<certification_state, certification_verb>(certification_transitions, c.state, verb);
  if (!next) return std::unexpected(next.error());
  c.state = *next;
  return c;
}

result<assignment> end(assignment a, std::string reason, instant now) {
  auto next =
      service::next_state<assignment_state, assignment_verb>(assignment_transitions, a.state, assignment_verb::end);
  if (!next) return std::unexpected(next.error());
  a.state = *next;
  a.ended_at = now;
  a.end_reason = std::move(reason);
  return a;
}

}  // namespace mes::resource
