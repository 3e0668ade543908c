// Kong's plugin jwt: a request needs a token that one of our credentials has signed.
#pragma once

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

plugin_kind jwt_kind();

}  // namespace mes::gateway
