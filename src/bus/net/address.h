// Addresses of clients, as rules and quotas name them.
#pragma once

#include <string>
#include <string_view>

namespace mes::bus::net {

// In the one form that all spellings of an address have, which is that of net::peer: "::1" for "0:0:0:0:0:0:0:1",
// "127.0.0.1" for "::ffff:127.0.0.1". Other texts stay as they are.
std::string canonical_address(const std::string& text);

// An IPv6 address is written in brackets where a port follows.
std::string_view without_brackets(std::string_view host);

}  // namespace mes::bus::net
