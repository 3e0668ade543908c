// For tests: a port for a server that listens later, or that is another program; and one that is taken.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
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

// A port that another process listens on, a copy of this one.
class taken_port {
 public:
  taken_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(fd, address, size) != 0 || ::listen(fd, 1) != 0 || ::getsockname(fd, address, &size) != 0)
      throw std::runtime_error("no port to take");
    _port = ntohs(at.sin_port);
    const pid_t parent = ::getpid();
    _holder = ::fork();
    if (_holder == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (::getppid() == parent) ::pause();
      ::_exit(0);
    }
    ::close(fd);
  }
  ~taken_port() {
    ::kill(_holder, SIGKILL);
    ::waitpid(_holder, nullptr, 0);
  }
  taken_port(const taken_port&) = delete;
  taken_port& operator=(const taken_port&) = delete;

  std::uint16_t port() const { return _port; }
  pid_t holder() const { return _holder; }

 private:
  std::uint16_t _port = 0;
  pid_t _holder = 0;
};

}  // namespace mes::runtime
