// The configuration inside the program: infrastructure/kong/kong.yml.
#pragma once

#include <string>

namespace mes::gateway {

std::string built_in_configuration();
inline constexpr const char* built_in_name = "built-in infrastructure/kong/kong.yml";

}  // namespace mes::gateway
