// What becomes of clients for whom no descriptor is left, and what there is afterwards.
#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

constexpr std::string_view ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// As long as it lives the process has no descriptors but those that are open, and each of these is used.
class all_taken {
 public:
  // `all`: none at all can be opened, also where one is closed.
  explicit all_taken(bool all) {
    getrlimit(RLIMIT_NOFILE, &_before);
    int highest = 0;
    for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd"))
      highest = std::max(highest, std::stoi(one.path().filename()));
    rlimit limit{.rlim_cur = all ? 3 : static_cast<rlim_t>(highest) + 1, .rlim_max = _before.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) ADD_FAILURE();
    for (int fd = 0; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) _filling.emplace_back(fd);
  }
  ~all_taken() { setrlimit(RLIMIT_NOFILE, &_before); }

 private:
  rlimit _before{};
  std::vector<socket_handle> _filling;
};

// For when there is no descriptor any more.
class later {
 public:
  later() : _socket(socket(AF_INET, SOCK_STREAM, 0)) {}
  const socket_handle& connect(std::uint16_t port) const {
    sockaddr_in at{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (::connect(_socket.fd(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) ADD_FAILURE();
    return _socket;
  }

 private:
  socket_handle _socket;
};

bool is_closed(const socket_handle& s) {
  pollfd p{.fd = s.fd(), .events = POLLIN};
  char byte = 0;
  return poll(&p, 1, 10'000) == 1 && recv(s.fd(), &byte, 1, 0) <= 0;
}

TEST(descriptors, who_comes_while_there_is_none_is_turned_away) {
  gateway_under_test g(service_yaml(1, "  routes: [{name: elsewhere, paths: [/elsewhere]}]\n"));
  const later first, second;
  const all_taken none(false);
  EXPECT_TRUE(is_closed(first.connect(g.plane().port())));
  EXPECT_TRUE(is_closed(second.connect(g.plane().port())));
}

TEST(descriptors, whoever_nothing_can_be_done_for_waits_and_the_next_shortage_is_as_the_first) {
  gateway_under_test g(service_yaml(1, "  routes: [{name: elsewhere, paths: [/elsewhere]}]\n"));
  const later late, turned_away;
  const socket_handle* waits = nullptr;
  {
    const all_taken none(true);  // the one kept for a shortage is lost to it
    waits = &late.connect(g.plane().port());
    waits->send(ask);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(has(waits->receive_until("}"), "HTTP/1.1 404"));
  const all_taken none(false);
  EXPECT_TRUE(is_closed(turned_away.connect(g.plane().port())));
}

}  // namespace
}  // namespace mes::gateway
