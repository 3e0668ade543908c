#include "runtime/tcp_options.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>

namespace mes::runtime {
namespace {

class tcp_socket {
 public:
  explicit tcp_socket(int family) : fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  tcp_socket(const tcp_socket&) = delete;
  tcp_socket& operator=(const tcp_socket&) = delete;
  ~tcp_socket() { close(fd); }

  const int fd;
};

sockaddr_storage address_of(const std::string& text) {
  sockaddr_storage out{};
  if (auto& v4 = reinterpret_cast<sockaddr_in&>(out); inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    v4.sin_family = AF_INET;
  else if (auto& v6 = reinterpret_cast<sockaddr_in6&>(out); inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1)
    v6.sin6_family = AF_INET6;
  else
    ADD_FAILURE() << text;
  return out;
}

std::string congestion_control(int fd) {
  std::array<char, 16> name{};
  socklen_t size = name.size();
  EXPECT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size), 0);
  return name.data();
}

bool sends_at_once(int fd) {
  int on = 0;
  socklen_t size = sizeof on;
  EXPECT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
  return on != 0;
}

std::string system_default() {
  std::string name;
  std::ifstream("/proc/sys/net/ipv4/tcp_congestion_control") >> name;
  EXPECT_NE(name, "");
  return name;
}

std::string when_connecting_to(const std::string& address) {
  const sockaddr_storage peer = address_of(address);
  const tcp_socket s(peer.ss_family);
  set_connecting_options(s.fd, reinterpret_cast<const sockaddr&>(peer));
  EXPECT_TRUE(sends_at_once(s.fd));
  return congestion_control(s.fd);
}

TEST(TcpOptions, ConnectionsToThisMachineAreNotPaced) {
  for (const char* here : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_EQ(when_connecting_to(here), "reno") << here;
}

TEST(TcpOptions, ConnectionsToOthersAreAsTheSystemHasThem) {
  for (const char* other : {"192.0.2.1", "128.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "::"})
    EXPECT_EQ(when_connecting_to(other), system_default()) << other;
}

TEST(TcpOptions, AListenerPassesItsOptionsOnAndOthersGetTheSystems) {
  const sockaddr_storage any_port = address_of("127.0.0.1");
  const tcp_socket listener(AF_INET), client(AF_INET);
  set_listener_options(listener.fd);
  ASSERT_EQ(bind(listener.fd, reinterpret_cast<const sockaddr*>(&any_port), sizeof(sockaddr_in)), 0);
  ASSERT_EQ(listen(listener.fd, 1), 0);
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  ASSERT_EQ(getsockname(listener.fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  ASSERT_EQ(connect(client.fd, reinterpret_cast<const sockaddr*>(&at), size), 0);
  sockaddr_storage peer{};
  size = sizeof peer;
  const int accepted = accept4(listener.fd, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
  ASSERT_GE(accepted, 0);
  set_accepted_options(accepted, reinterpret_cast<const sockaddr&>(peer));
  EXPECT_TRUE(sends_at_once(accepted));
  EXPECT_EQ(congestion_control(accepted), "reno");
  const sockaddr_storage other = address_of("192.0.2.1");
  set_accepted_options(accepted, reinterpret_cast<const sockaddr&>(other));
  EXPECT_EQ(congestion_control(accepted), system_default());
  close(accepted);
}

}  // namespace
}  // namespace mes::runtime
