// Rules of inspections: the result is computed from the limits, never typed.
#pragma once

#include "base/error.h"
#include "services/quality/inputs.h"

namespace mes::quality {

result<inspection> change(inspection i, inspection_verb verb);

// Only while in progress; a gauge must be in calibration. Sets `passed` of each measurement.
result<inspection> record(inspection i, std::vector<measurement> measurements, instant now);

// Every characteristic needs a measurement; one that did not pass fails the inspection.
result<inspection> decide(inspection i, const decide_inspection& input, instant now);

// Of the characteristics that failed; minor if none did.
severity worst_of(const inspection& i);

}  // namespace mes::quality
