// Whose a request is: "host", "host:port", "[::1]:port" (RFC 9110, section 7.2).
#pragma once

#include <string>
#include <string_view>

namespace mes::gateway {

// Of Host and :authority. What nginx refuses is none: without a host, or with two dots in a row, be it behind the
// colon; nor is what RFC 3986 has in no host and port. The port is not looked at otherwise.
bool is_authority(std::string_view text);
// Of an absolute target, in which nginx takes less: letters, digits, "-" and ".", or an address in brackets; and a port
// is digits.
bool is_target_authority(std::string_view text);

// The host of "host:port", "[::1]:port", "host".
std::string_view without_port(std::string_view authority);
// As nginx' $host, which Kong tells services, logs and traces of: without the port and a last dot, in lower case.
std::string normal_host(std::string_view authority);

}  // namespace mes::gateway
