// What Kong's files may ask for and this gateway does not have: refused with its place, never ignored in silence.
#pragma once

#include "gateway/config/configuration.h"

namespace mes::gateway {

// A row of the table is deleted when the feature is there.
void refuse_absent_features(const configuration& all, reporter& report);

}  // namespace mes::gateway
