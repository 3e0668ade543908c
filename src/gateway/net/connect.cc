#include "gateway/net/connect.h"

#include <unistd.h>

#include <cerrno>

#include "runtime/tcp_options.h"

namespace mes::gateway {

begun_connection begin_connect(const sockaddr& to, socklen_t size) {
  int fd = socket(to.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return {.failure = errno, .own_trouble = true};
  runtime::set_connecting_options(fd, to);
  if (connect(fd, &to, size) == 0 || errno == EINPROGRESS) return {.fd = fd};
  const int failure = errno;
  close(fd);
  return {.failure = failure,
          .own_trouble = failure == EADDRNOTAVAIL || failure == EAGAIN || failure == ENOBUFS || failure == ENOMEM};
}

}  // namespace mes::gateway
