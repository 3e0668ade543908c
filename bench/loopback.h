// What the benchmarks' own programs share: their arguments, and sockets of this machine. A benchmark that cannot go on
// says why and ends.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace mes::bench {

[[noreturn]] inline void fail(const char* what, std::string_view text = {}) {
  std::fprintf(stderr, "%s: %s %.*s\n", program_invocation_short_name, what, static_cast<int>(text.size()), text.data());
  std::exit(1);
}

inline int number(const char* text) {
  int value = 0;
  std::from_chars(text, text + std::string_view(text).size(), value);
  return value > 0 ? value : (fail("a number above 0 was expected, not", text), 0);
}

inline void send_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Several may listen on one port and share its connections.
inline int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  const auto address = loopback(port);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, 4096) != 0)
    fail("the port is taken");
  return fd;
}

// As the gateway's sockets are (src/runtime/tcp_options.h); before the connection is made.
inline void use_reno(int fd) { setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4); }

// -1: nobody listens there.
inline int connect_to(int port, bool reno = false) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  if (reno) use_reno(fd);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  send_at_once(fd);
  return fd;
}

inline void watch(int epoll, int fd, void* target) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = target}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("a socket cannot be watched");
}

}  // namespace mes::bench
