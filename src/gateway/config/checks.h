// Rules for texts in a configuration, as Kong's typedefs: "" if fine, else what is wrong.
// (kong/db/schema/typedefs.lua, kong/tools/utils.lua at 3.4.2)
#pragma once

#include <string>
#include <string_view>

namespace mes::gateway {

std::string check_name(std::string_view text);  // letters, digits and . - _ ~, or beyond ASCII
std::string check_tag(std::string_view text);   // printable, without , and /
std::string check_uuid(std::string_view text);
std::string check_host(std::string_view text);           // a name or an address, without a port
std::string check_wildcard_host(std::string_view text);  // "*.example.com", "example.*", with an optional port
std::string check_wildcard_sni(std::string_view text);   // the same without a port, and no address
std::string check_sni(std::string_view text);            // a name, without a port
std::string check_upstream_name(std::string_view text);
std::string check_ip_or_cidr(std::string_view text);
std::string check_path(std::string_view text);         // "/a/b", percent-encoded
std::string check_router_path(std::string_view text);  // normalised, or "~/" and a regular expression
std::string check_method(std::string_view text);       // upper case letters
std::string check_header_name(std::string_view text);
std::string check_route_header(std::string_view text);  // any but Host
std::string check_cookie_name(std::string_view text);
std::string check_target(std::string_view text);  // host or host:port
std::string check_vault_prefix(std::string_view text);
std::string check_vault_name(std::string_view text);
std::string check_variable_prefix(std::string_view text);
std::string check_header_value(std::string_view text);  // of a route: "~*" and a regular expression, or plain

// "$NAME", "${NAME}" or "${{ env … }}": something that a template engine was to fill in before.
bool is_placeholder(std::string_view text);

}  // namespace mes::gateway
