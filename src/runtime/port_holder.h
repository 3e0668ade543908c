// Who holds a port that a server wanted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mes::runtime {

// "port 8000 is taken by nginx (pid 123)"; empty if nobody listens on it, or the process is not ours to know.
std::string port_holder(std::uint16_t port);

// Why a TCP socket could not be opened there, by its errno, and what to do.
std::string listen_fault(std::string_view address, std::uint16_t port, int failure);

}  // namespace mes::runtime
