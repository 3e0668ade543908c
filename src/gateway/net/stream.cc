#include "gateway/net/stream.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <memory>
#include <system_error>
#include <utility>

#include "gateway/net/system_calls.h"

namespace mes::gateway {
namespace {

// What OpenSSL reads from and writes to: the socket, and what is known of it. OpenSSL reads ahead; a read that gave
// less than there was room for has emptied the socket, which saves the call that would be told so.
struct tls_socket {
  int fd = -1;
  bool empty = false;          // until the next event
  bool peer_finished = false;  // no event will tell of the end again
  bool ended = false;
};

tls_socket& socket_of(BIO* bio) { return *static_cast<tls_socket*>(BIO_get_data(bio)); }
tls_socket& socket_of(SSL* ssl) { return socket_of(SSL_get_rbio(ssl)); }

int read_socket(BIO* bio, char* to, int room) {
  tls_socket& s = socket_of(bio);
  BIO_clear_retry_flags(bio);
  while (!s.empty) {
    const ssize_t got = receive(s.fd, to, static_cast<std::size_t>(room));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    s.ended = got == 0;
    s.empty = got < 0 || (got > 0 && got < room && !s.peer_finished);
    if (got >= 0) return static_cast<int>(got);
  }
  BIO_set_retry_read(bio);
  return -1;
}

int write_socket(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  while (true) {
    const ssize_t put = transmit(socket_of(bio).fd, {from, static_cast<std::size_t>(size)});
    if (put >= 0) return static_cast<int>(put);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) BIO_set_retry_write(bio);
    return -1;
  }
}

long control_socket(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return socket_of(bio).ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int free_socket(BIO* bio) {
  std::unique_ptr<tls_socket>(&socket_of(bio)).reset();
  return 1;
}

const BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_read(m, read_socket);
    BIO_meth_set_write(m, write_socket);
    BIO_meth_set_ctrl(m, control_socket);
    BIO_meth_set_destroy(m, free_socket);
    return m;
  }();
  return method;
}

ssl_st* make_session(ssl_ctx_st* context, int fd) {
  SSL* ssl = SSL_new(context);
  BIO* bio = BIO_new(socket_method());
  BIO_set_data(bio, std::make_unique<tls_socket>(tls_socket{.fd = fd}).release());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_read_ahead(ssl, 1);
  return ssl;
}

}  // namespace

std::string stream_trouble::text() const {
  if (certificate != 0)
    return fmt::format("certificate: {} ({})", X509_verify_cert_error_string(certificate), certificate);
  const char* reason = tls != 0 ? ERR_reason_error_string(tls) : nullptr;
  if (reason) return reason;
  if (system != 0) return fmt::format("{} ({})", std::generic_category().message(system), system);
  return "connection closed";
}

bool is_tls(std::string_view data) { return data.starts_with("\x15\x03") || data.starts_with("\x16\x03"); }

net_stream::net_stream(net_stream&& other) noexcept { *this = std::move(other); }

net_stream& net_stream::operator=(net_stream&& other) noexcept {
  close();
  _fd = std::exchange(other._fd, -1);
  _ssl = std::exchange(other._ssl, nullptr);
  _sent = std::exchange(other._sent, 0);
  _moved = other._moved;
  _trouble = other._trouble;
  _readable = other._readable;
  _writable = other._writable;
  _hung_up = other._hung_up;
  _peer_finished = other._peer_finished;
  _tls_ready = other._tls_ready;
  return *this;
}

void net_stream::close() {
  if (_ssl) {
    SSL_free(_ssl);
    _ssl = nullptr;
  }
  if (_fd >= 0) ::close(_fd);
  _fd = -1;
}

void net_stream::start_tls_server(ssl_ctx_st* context) {
  _ssl = make_session(context, _fd);
  SSL_set_accept_state(_ssl);
}

// An address is no name: it is not sent, and is looked for among the certificate's addresses.
void net_stream::start_tls_client(ssl_ctx_st* context, const std::string& server_name, bool verify, bool http2) {
  _ssl = make_session(context, _fd);
  SSL_set_connect_state(_ssl);
  std::string bare = server_name.starts_with('[') ? server_name.substr(1, server_name.size() - 2) : server_name;
  std::array<unsigned char, 16> parsed{};
  bool address =
      inet_pton(AF_INET, bare.c_str(), parsed.data()) == 1 || inet_pton(AF_INET6, bare.c_str(), parsed.data()) == 1;
  if (!address && !bare.empty())
    SSL_ctrl(_ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(bare.c_str()));
  if (http2) SSL_set_alpn_protos(_ssl, reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  if (!verify) return;
  if (address)
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(_ssl), bare.c_str());
  else
    SSL_set1_host(_ssl, bare.c_str());
  SSL_set_verify(_ssl, SSL_VERIFY_PEER, nullptr);
}

// `wanted`: what the caller goes by. A renegotiation makes a write wait for input, and a read for room.
io_result net_stream::from_ssl(int result, bool& wanted) {
  const int system = errno;
  int reason = SSL_get_error(_ssl, result);
  if (reason == SSL_ERROR_SSL || reason == SSL_ERROR_SYSCALL)
    _trouble = {.system = reason == SSL_ERROR_SYSCALL && !socket_of(_ssl).ended ? system : 0,
                .tls = ERR_peek_error(),
                .certificate = SSL_get_verify_mode(_ssl) == SSL_VERIFY_NONE ? X509_V_OK : SSL_get_verify_result(_ssl)};
  ERR_clear_error();
  switch (reason) {
    case SSL_ERROR_WANT_READ:
      wanted = _readable = false;
      return {io_status::again};
    case SSL_ERROR_WANT_WRITE:
      wanted = _writable = false;
      return {io_status::again};
    case SSL_ERROR_ZERO_RETURN:
      return {io_status::closed};
    default:
      return {io_status::failed};
  }
}

io_result net_stream::handshake() {
  if (!_ssl || _tls_ready) return {io_status::ok};
  ERR_clear_error();
  int result = SSL_do_handshake(_ssl);
  const int reason = result == 1 || !SSL_is_server(_ssl) ? 0 : ERR_GET_REASON(ERR_peek_error());
  if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER) {
    SSL_free(std::exchange(_ssl, nullptr));  // an answer that is no TLS either is what such a client understands
    return {io_status::failed};
  }
  if (result != 1) return from_ssl(result, _readable);
  _tls_ready = true;
  return {io_status::ok};
}

std::string net_stream::server_name() const {
  const char* name = _ssl ? SSL_get_servername(_ssl, TLSEXT_NAMETYPE_host_name) : nullptr;
  return name ? name : "";
}

std::string_view net_stream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  if (_ssl) SSL_get0_alpn_selected(_ssl, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

io_result net_stream::done(std::size_t bytes) {
  _moved += bytes;
  return {io_status::ok, bytes};
}

io_result net_stream::failed() {
  _trouble = {.system = errno};
  return {io_status::failed};
}

io_result net_stream::read(char* to, std::size_t room) {
  if (_ssl) {
    ERR_clear_error();
    int got = SSL_read(_ssl, to, static_cast<int>(std::min<std::size_t>(room, INT_MAX)));
    if (got <= 0) return from_ssl(got, _readable);
    if (socket_of(_ssl).empty && !SSL_has_pending(_ssl)) _readable = false;
    return done(static_cast<std::size_t>(got));
  }
  while (true) {
    ssize_t got = receive(_fd, to, room);
    if (got > 0) {
      // Fewer bytes than asked for: the socket is empty, and new bytes make a new event. An end that was announced
      // already makes none.
      if (static_cast<std::size_t>(got) < room && !_peer_finished) _readable = false;
      return done(static_cast<std::size_t>(got));
    }
    if (got == 0) return {io_status::closed};
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return failed();
    _readable = false;
    return {io_status::again};
  }
}

std::ptrdiff_t net_stream::put(std::string_view bytes) {
  const int sent = std::exchange(_sent, 0);
  if (sent == 0) return transmit(_fd, bytes);
  assert(sent < 0 || static_cast<std::size_t>(sent) <= bytes.size());
  if (sent < 0) errno = -sent;
  return sent < 0 ? -1 : sent;
}

io_result net_stream::write(std::string_view bytes) {
  if (_ssl) {
    ERR_clear_error();
    int put = SSL_write(_ssl, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
    return put > 0 ? done(static_cast<std::size_t>(put)) : from_ssl(put, _writable);
  }
  while (true) {
    const std::ptrdiff_t gone = put(bytes);
    if (gone >= 0) {
      if (static_cast<std::size_t>(gone) < bytes.size()) _writable = false;
      return done(static_cast<std::size_t>(gone));
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return failed();
    _writable = false;
    return {io_status::again};
  }
}

void net_stream::shut_down_write() {
  if (_ssl && _tls_ready) {
    ERR_clear_error();
    SSL_shutdown(_ssl);  // sends close_notify; the answer is not waited for
    ERR_clear_error();
  }
  if (_fd >= 0) shutdown(_fd, SHUT_WR);
}

void net_stream::note_events(std::uint32_t epoll_events) {
  if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) _readable = true;
  if (epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) _writable = true;
  if (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) _peer_finished = true;
  if (epoll_events & (EPOLLHUP | EPOLLERR)) _hung_up = true;
  if (!_ssl) return;
  if (epoll_events & (EPOLLIN | EPOLLOUT)) _readable = _writable = true;  // either may wait for the other
  socket_of(_ssl).peer_finished = _peer_finished;
  if (_readable) socket_of(_ssl).empty = false;
}

// OpenSSL reads no further than to that word.
bool net_stream::cut_off() const { return _ssl && socket_of(_ssl).ended; }

std::size_t net_stream::untaken() const {
  int bytes = 0;
  return ioctl(_fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

bool net_stream::stale() const {
  char byte = 0;
  if (_ssl) {  // a session's ticket may come at any time, and is used up by looking
    ERR_clear_error();
    socket_of(_ssl).empty = false;  // what came since the last event counts
    const int found = SSL_peek(_ssl, &byte, 1);
    const bool quiet = found <= 0 && SSL_get_error(_ssl, found) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return !quiet;
  }
  ssize_t got = recv(_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return !(got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

}  // namespace mes::gateway
