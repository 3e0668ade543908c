#include "gateway/plugins/delivery/datagrams.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace mes::gateway {
namespace {

// Connected, so that it is told where nobody listens.
class datagram_socket {
 public:
  explicit datagram_socket(const addrinfo* where) {
    for (const addrinfo* a = where; a && _fd < 0; a = a->ai_next) {
      int fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
        _fd = fd;
        return;
      }
      failure = errno;
      if (fd >= 0) close(fd);
    }
  }
  ~datagram_socket() {
    if (_fd >= 0) close(_fd);
  }
  datagram_socket(const datagram_socket&) = delete;
  datagram_socket& operator=(const datagram_socket&) = delete;

  bool is_open() const { return _fd >= 0; }
  bool send(std::string_view text) {
    if (::send(_fd, text.data(), text.size(), MSG_NOSIGNAL) >= 0) return true;
    failure = errno;
    return false;
  }

  int failure = EHOSTUNREACH;  // the last one

 private:
  int _fd = -1;
};

}  // namespace

result<batch_losses> datagram_sender::send(const std::vector<std::string>& texts, const wait_end& end) {
  auto where = _lookup.find({.host = _host, .port = _port, .kind = SOCK_DGRAM}, {_timeout, end});
  if (!where) return fail(where.error());
  datagram_socket socket(where->get());
  auto reason = [&] { return fmt::format("{}:{}: {}", _host, _port, std::generic_category().message(socket.failure)); };
  if (!socket.is_open()) return fail(error_code::unavailable, reason());
  batch_losses lost;
  for (const std::string& text : texts) {
    if (socket.send(text)) continue;
    // "Refused" is said of one before; this one has not left yet.
    if (socket.failure == ECONNREFUSED) socket.send(text);
    ++lost.entries;
    lost.reason = reason();
  }
  return lost;
}

}  // namespace mes::gateway
