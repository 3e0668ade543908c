// Routes that no request reaches, because another one takes all of theirs.
#pragma once

#include "gateway/config/configuration.h"

namespace mes::gateway {

void warn_of_shadowed_routes(const configuration& all, reporter& report);

}  // namespace mes::gateway
