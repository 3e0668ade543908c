// What Kong accepts in a configuration, but surely was not meant: warnings.
#pragma once

#include "gateway/config/configuration.h"

namespace mes::gateway {

void advise(const configuration& all, reporter& report);

}  // namespace mes::gateway
