#include "bus/net/transport.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace mes::bus::net {

void transport::session_free::operator()(SSL* s) const { SSL_free(s); }

transport::transport(int fd, const tls_context& tls) : _fd(fd) {
  if (!tls) return;
  _session.reset(SSL_new(tls.get()));
  if (!_session || SSL_set_fd(_session.get(), fd) != 1) {
    _failed = true;
    _why = "no TLS session could be made";
    return;
  }
  SSL_set_accept_state(_session.get());
}

transport::~transport() = default;
transport::transport(transport&&) noexcept = default;
transport& transport::operator=(transport&&) noexcept = default;

transport::moved transport::read(char* into, std::size_t room) {
  if (_failed) return {outcome::closed};
  if (!_session) {
    const ssize_t got = recv(_fd, into, room, 0);
    if (got > 0) return {outcome::moved, static_cast<std::size_t>(got)};
    return {got < 0 && (errno == EAGAIN || errno == EINTR) ? outcome::blocked : outcome::closed};
  }
  // A call gives one TLS record at most.
  std::size_t have = 0;
  while (have < room) {
    std::size_t got = 0;
    ERR_clear_error();
    _wants_write = false;
    const int returned = SSL_read_ex(_session.get(), into + have, room - have, &got);
    if (returned != 1) {
      const moved why = tls_outcome(returned);
      return have > 0 ? moved{outcome::moved, have} : why;
    }
    have += got;
  }
  return {outcome::moved, have};
}

transport::moved transport::write(const char* from, std::size_t size) {
  if (_failed) return {outcome::closed};
  if (!_session) {
    const ssize_t sent = send(_fd, from, size, MSG_NOSIGNAL);
    if (sent > 0) return {outcome::moved, static_cast<std::size_t>(sent)};
    return {sent < 0 && errno != EAGAIN && errno != EINTR ? outcome::closed : outcome::blocked};
  }
  std::size_t done = 0;
  while (done < size) {
    std::size_t sent = 0;
    ERR_clear_error();
    const int returned = SSL_write_ex(_session.get(), from + done, size - done, &sent);
    if (returned != 1) {
      const bool wanted_write = _wants_write;
      const moved why = tls_outcome(returned);
      _wants_write = wanted_write;  // that is about reading
      return done > 0 && why.what == outcome::blocked ? moved{outcome::moved, done} : why;
    }
    done += sent;
  }
  return {outcome::moved, done};
}

transport::moved transport::send_file(int file, std::uint64_t offset, std::size_t size) {
  auto at = static_cast<off_t>(offset);
  const ssize_t sent = sendfile(_fd, file, &at, size);
  if (sent > 0) return {outcome::moved, static_cast<std::size_t>(sent)};
  return {sent < 0 && (errno == EAGAIN || errno == EINTR) ? outcome::blocked : outcome::closed};
}

void transport::cork(bool on) {
  if (_corked == on) return;
  const int value = on ? 1 : 0;
  // On failure packets are smaller or leave later, which TCP makes good.
  _corked = setsockopt(_fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value) == 0 ? on : _corked;
}

transport::moved transport::tls_outcome(int returned) {
  switch (SSL_get_error(_session.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {outcome::blocked};
    case SSL_ERROR_WANT_WRITE:
      _wants_write = true;
      return {outcome::blocked};
    case SSL_ERROR_SSL: {
      std::array<char, 256> text{};
      ERR_error_string_n(ERR_get_error(), text.data(), text.size());
      _why = text.data();
      if (const long verified = SSL_get_verify_result(_session.get()); verified != X509_V_OK)
        _why += fmt::format(": {}", X509_verify_cert_error_string(verified));
      break;
    }
    default:
      break;
  }
  _failed = true;
  return {outcome::closed};
}

std::size_t transport::pending() const {
  return _session && !_failed ? static_cast<std::size_t>(SSL_pending(_session.get())) : 0;
}

bool transport::established() const { return !_session || SSL_is_init_finished(_session.get()) == 1; }

std::optional<std::string> transport::subject() const { return _session ? peer_subject(_session.get()) : std::nullopt; }

void transport::say_goodbye() {
  ERR_clear_error();
  if (_session && !_failed && SSL_is_init_finished(_session.get())) SSL_shutdown(_session.get());
}

}  // namespace mes::bus::net
