// What may be set at a gateway, and what of it a reload does not change.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/config.h"

namespace mes::gateway {

const std::vector<runtime::setting>& role_settings();

// Names, of all roles' settings too, whose change is used from the next start on.
const std::vector<std::string_view>& settings_of_start();

}  // namespace mes::gateway
