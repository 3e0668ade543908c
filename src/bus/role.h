// The role `bus`: settings, threads, and the HTTP side of the broker.
#pragma once

#include "runtime/process.h"

namespace mes::bus {

const runtime::role_definition& role();

}  // namespace mes::bus
