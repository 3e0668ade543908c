#include "runtime/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <limits>

namespace mes::runtime {
namespace {

std::string last_errors() {
  std::string text;
  std::array<char, 256> line{};
  while (unsigned long code = ERR_get_error()) {
    ERR_error_string_n(code, line.data(), line.size());
    text += (text.empty() ? "" : "; ") + std::string(line.data());
  }
  return text.empty() ? "unknown TLS error" : text;
}

std::unexpected<error> tls_failure(error_code code, const std::string& what) {
  return fail(code, what + ": " + last_errors());
}

bool is_ip_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

struct context_free {
  void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
};
struct session_free {
  void operator()(SSL* s) const { SSL_free(s); }
};
using context_ptr = std::unique_ptr<SSL_CTX, context_free>;

context_ptr make_context(const SSL_METHOD* method) {
  context_ptr context(SSL_CTX_new(method));
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  return context;
}

}  // namespace

struct tls_context::state {
  context_ptr context;
};

tls_context::tls_context(std::unique_ptr<state> s) : _state(std::move(s)) {}
tls_context::~tls_context() = default;

result<std::shared_ptr<tls_context>> tls_context::for_server(const std::string& chain, const std::string& key) {
  ERR_clear_error();
  context_ptr context = make_context(TLS_server_method());
  if (!context) return tls_failure(error_code::internal, "cannot set up TLS");
  if (SSL_CTX_use_certificate_chain_file(context.get(), chain.c_str()) != 1)
    return tls_failure(error_code::invalid_argument, "cannot use the certificate " + chain);
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return tls_failure(error_code::invalid_argument, "cannot use the key " + key);
  if (SSL_CTX_check_private_key(context.get()) != 1)
    return tls_failure(error_code::invalid_argument, key + " is not the key of " + chain);
  return std::shared_ptr<tls_context>(new tls_context(std::make_unique<state>(std::move(context))));
}

result<std::shared_ptr<tls_context>> tls_context::for_client(const std::string& ca_file) {
  ERR_clear_error();
  context_ptr context = make_context(TLS_client_method());
  if (!context) return tls_failure(error_code::internal, "cannot set up TLS");
  int trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                : SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
  if (trusted != 1) return tls_failure(error_code::invalid_argument, "cannot read the trusted certificates " + ca_file);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return std::shared_ptr<tls_context>(new tls_context(std::make_unique<state>(std::move(context))));
}

struct tls_session::state {
  std::shared_ptr<tls_context> context;
  std::unique_ptr<SSL, session_free> ssl;
  BIO* in = nullptr;    // owned by ssl
  BIO* out = nullptr;   // owned by ssl
  std::string waiting;  // plain text that the handshake holds back
  bool peer_closed = false;

  void drain(std::string& to_peer) const {
    std::array<char, 16 << 10> buffer;
    for (int n = 0; (n = BIO_read(out, buffer.data(), static_cast<int>(buffer.size()))) > 0;)
      to_peer.append(buffer.data(), static_cast<std::size_t>(n));
  }

  // False when the peer must speak first.
  result<bool> progressed(int returned) {
    if (returned > 0) return true;
    switch (SSL_get_error(ssl.get(), returned)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return false;
      case SSL_ERROR_ZERO_RETURN:
        peer_closed = true;
        return false;
      default:
        return tls_failure(error_code::unavailable, "TLS failed");
    }
  }

  result<void> push() {
    ERR_clear_error();
    if (!SSL_is_init_finished(ssl.get())) {
      auto done = progressed(SSL_do_handshake(ssl.get()));
      if (!done) return fail(done.error());
      if (!*done) return {};
    }
    std::size_t sent = 0;
    while (sent < waiting.size()) {
      std::size_t n = 0;
      auto done = progressed(SSL_write_ex(ssl.get(), waiting.data() + sent, waiting.size() - sent, &n));
      if (!done) return fail(done.error());
      if (!*done) break;
      sent += n;
    }
    waiting.erase(0, sent);
    return {};
  }
};

tls_session::tls_session(std::unique_ptr<state> s) : _state(std::move(s)) {}
tls_session::~tls_session() = default;

result<std::unique_ptr<tls_session>> tls_session::make_server(std::shared_ptr<tls_context> context) {
  auto s = std::make_unique<state>();
  s->ssl.reset(SSL_new(context->_state->context.get()));
  s->context = std::move(context);
  s->in = BIO_new(BIO_s_mem());
  s->out = BIO_new(BIO_s_mem());
  if (!s->ssl || !s->in || !s->out) return tls_failure(error_code::internal, "cannot start a TLS session");
  SSL_set_bio(s->ssl.get(), s->in, s->out);
  SSL_set_accept_state(s->ssl.get());
  return std::unique_ptr<tls_session>(new tls_session(std::move(s)));
}

result<std::unique_ptr<tls_session>> tls_session::make_client(std::shared_ptr<tls_context> context,
                                                              const std::string& host) {
  auto made = make_server(std::move(context));
  if (!made) return made;
  SSL* ssl = (*made)->_state->ssl.get();
  SSL_set_connect_state(ssl);
  bool named = is_ip_address(host)
                   ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1
                   : SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (!named) return tls_failure(error_code::invalid_argument, "cannot verify the host " + host);
  return made;
}

result<void> tls_session::send(std::string_view plain, std::string& to_peer) {
  _state->waiting += plain;
  auto pushed = _state->push();
  _state->drain(to_peer);
  return pushed;
}

result<void> tls_session::receive(std::string_view from_peer, std::string& plain, std::string& to_peer) {
  state& s = *_state;
  constexpr std::size_t step = 1 << 20;  // BIO_write counts in int
  for (; !from_peer.empty(); from_peer.remove_prefix(std::min(from_peer.size(), step)))
    BIO_write(s.in, from_peer.data(), static_cast<int>(std::min(from_peer.size(), step)));
  auto pushed = s.push();  // the handshake may go on, and let go what waits
  std::array<char, 16 << 10> buffer;
  while (pushed && SSL_is_init_finished(s.ssl.get())) {
    std::size_t n = 0;
    ERR_clear_error();
    auto done = s.progressed(SSL_read_ex(s.ssl.get(), buffer.data(), buffer.size(), &n));
    if (!done) pushed = fail(done.error());
    if (!done || !*done) break;
    plain.append(buffer.data(), n);
  }
  s.drain(to_peer);  // also after a failure: the alert tells the peer why
  return pushed;
}

void tls_session::close(std::string& to_peer) {
  ERR_clear_error();
  if (SSL_is_init_finished(_state->ssl.get())) SSL_shutdown(_state->ssl.get());
  _state->drain(to_peer);
}

bool tls_session::peer_closed() const { return _state->peer_closed; }

}  // namespace mes::runtime
