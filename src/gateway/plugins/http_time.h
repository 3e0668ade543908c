// Dates of HTTP fields (RFC 9110, section 5.6.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mes::gateway {

// Seconds since 1970, UTC; the three forms that a recipient must take. Nothing if it is none of them.
std::optional<std::int64_t> parse_http_time(std::string_view text);

}  // namespace mes::gateway
