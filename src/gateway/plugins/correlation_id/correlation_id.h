// Kong's plugin correlation-id: a header that ties a request's traces together.
#pragma once

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

plugin_kind correlation_id_kind();

}  // namespace mes::gateway
