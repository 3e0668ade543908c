#include "gateway/proxy/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr int accepts_at_once = 64;

std::uint16_t local_port(int fd) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
  if (own.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &own, sizeof in);
    return ntohs(in.sin6_port);
  }
  sockaddr_in in{};
  std::memcpy(&in, &own, sizeof in);
  return ntohs(in.sin_port);
}

}  // namespace

listener::listener(worker& of, int fd, bool tls) : _worker(of), _fd(fd), _tls(tls), _port(local_port(fd)) {
  keep_spare();
}

listener::~listener() {
  close(_fd);
  if (_spare >= 0) close(_spare);
}

void listener::on_events(std::uint32_t) { _worker.accept_some(*this, accepts_at_once); }

void listener::keep_spare() {
  if (_spare < 0) _spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool listener::turn_one_away() {
  if (_spare >= 0) close(std::exchange(_spare, -1));
  const int fd = accept4(_fd, nullptr, nullptr, SOCK_CLOEXEC);
  const bool nobody = fd < 0 && errno == EAGAIN;
  if (fd >= 0) close(fd);
  keep_spare();
  if (fd < 0 && !nobody && !std::exchange(_rests, true)) _worker.loop.rest_accept(_fd, *this);
  return fd >= 0;
}

void listener::look() {
  keep_spare();
  if (std::exchange(_rests, false)) _worker.loop.resume_accept(_fd, *this);
}

}  // namespace mes::gateway
