// Kong's plugin cors: answers preflights and adds the Access-Control-* fields.
#pragma once

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

plugin_kind cors_kind();

}  // namespace mes::gateway
