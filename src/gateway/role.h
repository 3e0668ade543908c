// The role `gateway`: listeners, discovery, keys and admin port around the proxy.
#pragma once

#include "runtime/process.h"

namespace mes::gateway {

const runtime::role_definition& role();

}  // namespace mes::gateway
