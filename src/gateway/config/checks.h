// Rules for texts in a configuration, as Kong's typedefs: "" if fine, else what is wrong.
#pragma once

#include <string>
#include <string_view>

namespace mes::gateway {

std::string check_name(std::string_view text);  // letters, digits and . - _ ~, or beyond ASCII
std::string check_uuid(std::string_view text);
std::string check_host(std::string_view text);           // a name or an address, without a port
std::string check_wildcard_host(std::string_view text);  // "*.example.com", "example.*", with an optional port
std::string check_path(std::string_view text);           // "/a/b", percent-encoded
std::string check_router_path(std::string_view text);    // the same, normalised, or "~/" and a regular expression
std::string check_method(std::string_view text);         // upper case letters
std::string check_header_name(std::string_view text);
std::string check_target(std::string_view text);  // host or host:port
std::string check_url(std::string_view text);

}  // namespace mes::gateway
