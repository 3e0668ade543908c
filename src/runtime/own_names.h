// The names by which a port on loopback may be asked for. A page whose name was made to mean this machine (DNS
// rebinding) is to a browser the site itself, and asks as any program does: its Host alone tells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mes::runtime {

bool is_loopback(std::string_view address);  // 127.0.0.0/8, "::1", the former as "::ffff:127.0.0.1", "localhost"

std::string_view without_port(std::string_view host);  // "localhost:3000" -> "localhost", "[::1]:3000" -> "::1"

// Whether a request with this Host ("" if it has none, as HTTP/1.0) may be answered: it is a loopback name, one below
// localhost (RFC 6761, section 6.3), or one of `others`, which are in lower case.
bool is_own_name(std::string_view host, const std::vector<std::string>& others);

std::vector<std::string> names_in(std::string_view list);  // by commas or spaces; lower case, no brackets
std::string host_name();                                   // of this machine, in lower case

}  // namespace mes::runtime
