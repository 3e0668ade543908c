// Cookies of a request (RFC 6265, section 4.2).
#pragma once

#include <string_view>

namespace mes::gateway {

// The value of the first of that name, or "".
std::string_view cookie_of(std::string_view cookies, std::string_view name);

}  // namespace mes::gateway
