// Cookies of a request (RFC 6265, section 4.2).
#pragma once

#include <string_view>

#include "gateway/http/head.h"

namespace mes::gateway {

// The value of the first of that name in all Cookie fields, or "".
std::string_view cookie_of(const header_table& headers, std::string_view name);

}  // namespace mes::gateway
