// The roles that this binary can play: one table.
#pragma once

#include <span>
#include <string_view>

#include "runtime/process.h"

namespace mes {

std::span<const runtime::role_definition> roles();
const runtime::role_definition* find_role(std::string_view name);  // nullptr if there is none

}  // namespace mes
