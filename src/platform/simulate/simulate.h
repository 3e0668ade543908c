// `mes simulate`: a simulated plant that drives the gateway, for first sight and for load.
#pragma once

#include "runtime/process.h"

namespace mes::platform {

runtime::role_definition simulate_role();

}  // namespace mes::platform
