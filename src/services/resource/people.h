// Rules of certifications and assignments.
#pragma once

#include <vector>

#include "base/error.h"
#include "services/resource/inputs.h"

namespace mes::resource {

// Every code of `required` must be held, without a gap, from `from` to `to`; fields name what is missing.
result<void> check_certified(const std::vector<std::string>& required, const std::vector<certification>& held,
                             instant from, instant to);

// What the daily look finds: the warning (30, 7 or 1 days) that is due and not given yet, or 0.
std::int64_t warning_due(const certification& c, instant now);
bool has_expired(const certification& c, instant now);
bool is_in_force(certification_state s);

result<certification> change(certification c, certification_verb verb);
result<assignment> end(assignment a, std::string reason, instant now);

}  // namespace mes::resource
