// Kong's plugin prometheus: counts what passes its scope; the figures are on the admin port's /metrics.
#pragma once

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

plugin_kind prometheus_kind();

}  // namespace mes::gateway
