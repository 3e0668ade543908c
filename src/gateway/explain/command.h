// What people may ask of the gateway on the command line.
#pragma once

#include <vector>

#include "runtime/process.h"

namespace mes::gateway {

const std::vector<runtime::role_command>& commands();

}  // namespace mes::gateway
