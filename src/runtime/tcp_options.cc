#include "runtime/tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

namespace mes::runtime {
namespace {

bool is_loopback(const sockaddr& peer) {
  constexpr unsigned network = INADDR_LOOPBACK >> IN_CLASSA_NSHIFT;
  if (peer.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
    return ntohl(v4.s_addr) >> IN_CLASSA_NSHIFT == network;
  }
  if (peer.sa_family != AF_INET6) return false;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == network);
}

void set_congestion_control(int fd, std::string_view name) {
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), static_cast<socklen_t>(name.size()));
}

std::string system_congestion_control() {
  std::array<char, 16> name{};  // TCP_CA_NAME_MAX
  socklen_t size = name.size();
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  const bool known = getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) == 0;
  close(fd);
  return known ? name.data() : "";
}

void send_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

constexpr std::string_view to_this_machine = "reno";

}  // namespace

void set_listener_options(int fd) {
  send_at_once(fd);
  set_congestion_control(fd, to_this_machine);
}

void set_accepted_options(int fd, const sockaddr& peer) {
  static const std::string to_others = system_congestion_control();
  if (!is_loopback(peer)) set_congestion_control(fd, to_others);
}

void set_connecting_options(int fd, const sockaddr& peer) {
  send_at_once(fd);
  if (is_loopback(peer)) set_congestion_control(fd, to_this_machine);
}

}  // namespace mes::runtime
