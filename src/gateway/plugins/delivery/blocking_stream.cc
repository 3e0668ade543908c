#include "gateway/plugins/delivery/blocking_stream.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "runtime/tcp_options.h"

namespace mes::gateway {
namespace {

std::string text_of(int failure) { return std::generic_category().message(failure); }

// Until the socket is ready or has failed; false: the time is over.
bool wait_for(int fd, short what, const deadline& until) {
  while (true) {
    const auto slice = until.slice();
    pollfd p{.fd = fd, .events = what, .revents = 0};
    if (poll(&p, 1, static_cast<int>(slice.count())) > 0) return true;
    if (slice.count() == 0) return false;
  }
}

// 0, or the reason as errno.
int connect_in_time(int fd, const addrinfo& to, const deadline& until) {
  if (connect(fd, to.ai_addr, to.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(fd, POLLOUT, until)) return ETIMEDOUT;
  int failure = 0;
  socklen_t size = sizeof failure;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  return failure;
}

std::unexpected<error> timed_out() { return fail(error_code::unavailable, "timed out"); }

std::string tls_error() {
  unsigned long code = ERR_get_error();
  return code == 0                       ? "the connection was closed"
         : ERR_reason_error_string(code) ? ERR_reason_error_string(code)
                                         : "TLS failed";
}

}  // namespace

result<std::unique_ptr<blocking_stream>> blocking_stream::open(stream_target& to, const deadline& until) {
  auto where = to.lookup.find({.host = to.host, .port = to.port, .kind = SOCK_STREAM}, until);
  if (!where) return fail(where.error());
  std::unique_ptr<blocking_stream> out(new blocking_stream());
  if (auto connected = out->connect(to, where->get(), until); !connected) return fail(connected.error());
  if (to.tls)
    if (auto secured = out->start_tls(to, until); !secured) return fail(secured.error());
  return out;
}

// Each address has its share of the time, so that a dead one is not the last to be tried.
result<void> blocking_stream::connect(const stream_target& to, const addrinfo* where, const deadline& until) {
  int left = 0;
  for (const addrinfo* a = where; a; a = a->ai_next) ++left;
  int failure = EHOSTUNREACH;
  for (const addrinfo* a = where; a; a = a->ai_next) {
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
      runtime::set_connecting_options(fd, *a->ai_addr);
      failure = connect_in_time(fd, *a, until.share(left));
      if (failure == 0) {
        _fd = fd;
        return {};
      }
      close(fd);
    }
    --left;
  }
  return fail(error_code::unavailable, fmt::format("{}:{}: {}", to.host, to.port, text_of(failure)));
}

// Takes the step, which is one of OpenSSL's, until it is done or has failed. 0: the peer has finished.
template <class Step>
result<std::size_t> blocking_stream::step_tls(const deadline& until, Step step) {
  while (true) {
    ERR_clear_error();
    const int n = step();
    if (n > 0) return static_cast<std::size_t>(n);
    const int why = SSL_get_error(_tls.get(), n);
    if (why == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return fail(error_code::unavailable, tls_error());
    if (!wait_for(_fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until)) return timed_out();
  }
}

result<void> blocking_stream::start_tls(const stream_target& to, const deadline& until) {
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
  SSL_set_mode(_tls.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_set_fd(_tls.get(), _fd);
  auto done = step_tls(until, [&] { return SSL_connect(_tls.get()); });
  if (done && *done > 0) return {};
  return fail(error_code::unavailable, fmt::format("{}:{}: TLS: {}", to.host, to.port,
                                                   done ? "the connection was closed" : done.error().message));
}

blocking_stream::~blocking_stream() {
  if (_tls) SSL_shutdown(_tls.get());
  _tls.reset();
  if (_fd >= 0) close(_fd);
}

result<void> blocking_stream::write(std::string_view bytes, const deadline& until) {
  while (!bytes.empty()) {
    std::size_t taken = 0;
    if (_tls) {
      const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20));
      auto written = step_tls(until, [&] { return SSL_write(_tls.get(), bytes.data(), size); });
      if (!written) return fail(written.error());
      if (*written == 0) return fail(error_code::unavailable, "the connection was closed");
      taken = *written;
    } else {
      ssize_t n = ::send(_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno != EAGAIN) return fail(error_code::unavailable, text_of(errno));
      if (n < 0 && !wait_for(_fd, POLLOUT, until)) return timed_out();
      taken = n < 0 ? 0 : static_cast<std::size_t>(n);
    }
    bytes.remove_prefix(taken);
  }
  return {};
}

result<void> blocking_stream::write_long(std::string_view bytes, std::chrono::milliseconds timeout,
                                         const wait_end& end) {
  constexpr std::size_t piece = 64 << 10;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    if (auto written = write(bytes.substr(0, piece), {timeout, end}); !written) return written;
  return {};
}

result<std::size_t> blocking_stream::read(char* to, std::size_t room, const deadline& until) {
  if (until.slice().count() == 0) return timed_out();  // also where there is always something to read
  if (_tls) return step_tls(until, [&] { return SSL_read(_tls.get(), to, static_cast<int>(room)); });
  while (true) {
    ssize_t n = recv(_fd, to, room, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail(error_code::unavailable, text_of(errno));
    if (!wait_for(_fd, POLLIN, until)) return timed_out();
  }
}

bool blocking_stream::looks_alive() const {
  pollfd p{.fd = _fd, .events = POLLIN | POLLRDHUP, .revents = 0};
  if (poll(&p, 1, 0) == 0) return true;
  if (!_tls || (p.revents & ~POLLIN) != 0) return false;
  // What came may be TLS' own: a server of TLS 1.3 sends tickets whether anyone reads or not.
  ERR_clear_error();
  char byte = 0;
  const int peeked = SSL_peek(_tls.get(), &byte, 1);
  return peeked <= 0 && SSL_get_error(_tls.get(), peeked) == SSL_ERROR_WANT_READ;
}

}  // namespace mes::gateway
