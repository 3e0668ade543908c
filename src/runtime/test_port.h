// For tests: a port for a server that listens later, or that is another program.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <stdexcept>

namespace mes::runtime {

// Free a moment ago, and below the ports that Linux gives to outgoing connections and to servers that take any: the
// test programs that run beside this one do not get it meanwhile.
inline std::uint16_t free_port() {
  std::random_device dice;
  for (int i = 0; i < 1'000; ++i) {
    const auto port = std::uniform_int_distribution<std::uint16_t>(10'000, 32'000)(dice);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free = ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    ::close(fd);
    if (is_free) return port;
  }
  throw std::runtime_error("no free port");
}

}  // namespace mes::runtime
