// The command line of `mes`: commands for the whole platform, and one command a role.
#pragma once

#include <span>

#include "runtime/process.h"

namespace mes::platform {

// The process' exit code: 0 done, 1 failed, 2 wrong usage or settings.
int run_command_line(int argc, char** argv, std::span<const runtime::role_definition> roles);

}  // namespace mes::platform
