#include "gateway/plugins/delivery/blocking_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "runtime/tcp_options.h"

namespace mes::gateway {
namespace {

struct free_addresses {
  void operator()(addrinfo* a) const { freeaddrinfo(a); }
};
using addresses = std::unique_ptr<addrinfo, free_addresses>;

std::string text_of(int failure) { return std::generic_category().message(failure); }

result<addresses> resolve(const std::string& host, std::uint16_t port, int kind) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = kind;
  addrinfo* found = nullptr;
  if (int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); failure != 0)
    return fail(error_code::unavailable, fmt::format("{}: {}", host, gai_strerror(failure)));
  return addresses(found);
}

// Connects within the time; 0, or the reason as errno.
int connect_in_time(int fd, const addrinfo& to, std::chrono::milliseconds timeout) {
  if (connect(fd, to.ai_addr, to.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd p{.fd = fd, .events = POLLOUT, .revents = 0};
  if (poll(&p, 1, static_cast<int>(timeout.count())) <= 0) return ETIMEDOUT;
  int failure = 0;
  socklen_t size = sizeof failure;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  return failure;
}

void make_blocking(int fd, std::chrono::milliseconds timeout) {
  timeval t{.tv_sec = timeout.count() / 1000, .tv_usec = (timeout.count() % 1000) * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

std::string tls_error() {
  unsigned long code = ERR_get_error();
  return code == 0                       ? "the connection was closed"
         : ERR_reason_error_string(code) ? ERR_reason_error_string(code)
                                         : "TLS failed";
}

}  // namespace

result<std::unique_ptr<blocking_stream>> blocking_stream::open(const stream_target& to) {
  auto where = resolve(to.host, to.port, SOCK_STREAM);
  if (!where) return fail(where.error());
  int failure = EHOSTUNREACH;
  std::unique_ptr<blocking_stream> out(new blocking_stream());
  for (const addrinfo* a = where->get(); a; a = a->ai_next) {
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) continue;
    runtime::set_connecting_options(fd, *a->ai_addr);
    failure = connect_in_time(fd, *a, to.timeout);
    if (failure == 0) {
      out->_fd = fd;
      break;
    }
    close(fd);
  }
  if (out->_fd < 0) return fail(error_code::unavailable, fmt::format("{}:{}: {}", to.host, to.port, text_of(failure)));
  int flags = fcntl(out->_fd, F_GETFL, 0);
  fcntl(out->_fd, F_SETFL, flags & ~O_NONBLOCK);
  make_blocking(out->_fd, to.timeout);
  if (to.tls)
    if (auto secured = out->start_tls(to); !secured) return fail(secured.error());
  return out;
}

result<void> blocking_stream::start_tls(const stream_target& to) {
  ERR_clear_error();
  _context = {SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  if (!_context) return fail(error_code::internal, tls_error());
  SSL_CTX_set_min_proto_version(_context.get(), TLS1_2_VERSION);
  const std::string& name = to.server_name.empty() ? to.host : to.server_name;
  _tls = {SSL_new(_context.get()), SSL_free};
  if (!_tls) return fail(error_code::internal, tls_error());
  SSL_set_tlsext_host_name(_tls.get(), name.c_str());
  if (to.verify) {
    SSL_CTX_set_default_verify_paths(_context.get());
    SSL_set_verify(_tls.get(), SSL_VERIFY_PEER, nullptr);
    SSL_set1_host(_tls.get(), name.c_str());
  }
  SSL_set_fd(_tls.get(), _fd);
  if (SSL_connect(_tls.get()) != 1)
    return fail(error_code::unavailable, fmt::format("{}:{}: TLS: {}", to.host, to.port, tls_error()));
  return {};
}

blocking_stream::~blocking_stream() {
  if (_tls) SSL_shutdown(_tls.get());
  _tls.reset();
  if (_fd >= 0) close(_fd);
}

result<void> blocking_stream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = 0;
    if (_tls) {
      ERR_clear_error();
      n = SSL_write(_tls.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
      if (n <= 0) return fail(error_code::unavailable, tls_error());
    } else {
      n = ::send(_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail(error_code::unavailable, errno == EAGAIN ? "timed out" : text_of(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

result<std::size_t> blocking_stream::read(char* to, std::size_t room) {
  while (true) {
    if (_tls) {
      ERR_clear_error();
      int n = SSL_read(_tls.get(), to, static_cast<int>(room));
      if (n > 0) return static_cast<std::size_t>(n);
      if (SSL_get_error(_tls.get(), n) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
      return fail(error_code::unavailable, tls_error());
    }
    ssize_t n = recv(_fd, to, room, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    return fail(error_code::unavailable, errno == EAGAIN ? "timed out" : text_of(errno));
  }
}

bool blocking_stream::looks_alive() const {
  pollfd p{.fd = _fd, .events = POLLIN | POLLRDHUP, .revents = 0};
  return poll(&p, 1, 0) == 0;
}

result<std::unique_ptr<datagram_socket>> datagram_socket::open(const std::string& host, std::uint16_t port) {
  auto where = resolve(host, port, SOCK_DGRAM);
  if (!where) return fail(where.error());
  int failure = EHOSTUNREACH;
  for (const addrinfo* a = where->get(); a; a = a->ai_next) {
    int fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
      return std::unique_ptr<datagram_socket>(new datagram_socket(fd));
    failure = errno;
    if (fd >= 0) close(fd);
  }
  return fail(error_code::unavailable, fmt::format("{}:{}: {}", host, port, text_of(failure)));
}

datagram_socket::~datagram_socket() { close(_fd); }

result<void> datagram_socket::send(std::string_view text) {
  if (::send(_fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) return fail(error_code::unavailable, text_of(errno));
  return {};
}

result<void> send_datagrams(const std::string& host, std::uint16_t port, const std::vector<std::string>& texts) {
  auto socket = datagram_socket::open(host, port);
  if (!socket) return fail(socket.error());
  for (const std::string& text : texts)
    if (auto sent = (*socket)->send(text); !sent) return sent;
  return {};
}

}  // namespace mes::gateway
