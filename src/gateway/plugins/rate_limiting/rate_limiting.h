// Kong's plugin rate-limiting, policy local: so many requests a second, minute, hour, day, month, year.
#pragma once

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

plugin_kind rate_limiting_kind();

}  // namespace mes::gateway
