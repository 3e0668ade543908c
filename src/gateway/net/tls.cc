#include "gateway/net/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/lower_case.h"
#include "base/sha256.h"
#include "gateway/net/certificates.h"
#include "gateway/net/ocsp.h"
#include "runtime/openssl_handles.h"

namespace mes::gateway {
namespace {

using runtime::bio_ptr;
using runtime::certificate_ptr;
using runtime::key_ptr;
using runtime::no_passphrase;
using runtime::openssl_error;
using runtime::read_certificates;
using runtime::read_key;

// The server's choice: HTTP/2 before HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in, unsigned int size,
                    void*) {
  for (std::string_view wanted : {std::string_view("h2"), std::string_view("http/1.1")}) {
    for (unsigned int i = 0; i < size && i + 1 + in[i] <= size; i += in[i] + 1U) {
      if (std::string_view(reinterpret_cast<const char*>(in + i + 1), in[i]) != wanted) continue;
      *out = in + i + 1;
      *length = in[i];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;  // a client that insists on another protocol learns it from the answer
}

// Before the certificate goes out: by name, out of the configuration in use.
int choose_certificate(SSL* connection, void* current) {
  const auto& store = *static_cast<const std::shared_ptr<const certificate_store>*>(current);
  const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  if (store) store->use(connection, name ? name : "");
  return 1;
}

// The host name of a ClientHello's server_name extension (RFC 6066, section 3); "" if it is none.
std::string_view asked_name(SSL* connection) {
  constexpr std::size_t names_head = 5;  // length of the list, kind of name, length of the name
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &data, &size) != 1 || size <= names_head ||
      data[2] != TLSEXT_NAMETYPE_host_name)
    return {};
  return {reinterpret_cast<const char*>(data + names_head), size - names_head};
}

// A session is resumed for the name that it was begun for alone, as the RFC wants it: of another one it would have
// neither the certificate nor the routes.
int bind_session_to_name(SSL* connection, int*, void*) {
  const auto digest = sha256(lower_case(asked_name(connection)));
  SSL_set_session_id_context(connection, digest.data(), static_cast<unsigned int>(digest.size()));
  return SSL_CLIENT_HELLO_SUCCESS;
}

// Whoever takes the name has it kept with the session: of a resumed one of TLS 1.2 there is no other.
int take_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

// After the certificate is chosen, if the client asks what its authority says of it.
int show_staple(SSL* connection, void* store) {
  X509* shown = SSL_get_certificate(connection);
  auto answer =
      shown ? static_cast<const staple_store*>(store)->find(digest_of(shown), instant::now().ms() / 1000) : nullptr;
  if (!answer) return SSL_TLSEXT_ERR_NOACK;
  void* copy = OPENSSL_memdup(answer->data(), answer->size());
  if (!copy) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(connection, static_cast<unsigned char*>(copy), static_cast<long>(answer->size()));
  return SSL_TLSEXT_ERR_OK;
}

// Which setting and which file it is that is wrong.
result<void> use_files(SSL_CTX* context, const certificate_files& files) {
  auto wrong = [](std::string_view setting, const std::filesystem::path& file, error_code code, std::string_view why) {
    return fail(code, fmt::format("{}: {}: {}", setting, file.string(), why));
  };
  auto unusable = [&](std::string_view setting, const std::filesystem::path& file) {
    const bool unread = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SYS;
    return wrong(setting, file, unread ? error_code::storage_failed : error_code::invalid_argument, openssl_error());
  };
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return unusable("tls_certificate", files.certificate);
  bio_ptr in(BIO_new_file(files.key.c_str(), "r"));
  key_ptr key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (!key) return unusable("tls_key", files.key);
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return wrong("tls_key", files.key, error_code::invalid_argument,
                 fmt::format("the key does not belong to the certificate {}", files.certificate.string()));
  }
  return {};
}

}  // namespace

ticket_keys make_ticket_keys() {
  ticket_keys keys{};
  RAND_bytes(keys.data(), static_cast<int>(keys.size()));
  return keys;
}

result<tls_context> make_server_context(const certificate_files& files, const ticket_keys& tickets,
                                        const std::shared_ptr<const certificate_store>* current,
                                        const staple_store* staples) {
  tls_context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return fail(error_code::internal, openssl_error());
  if (auto shown = use_files(context.get(), files); !shown) return fail(shown.error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL");  // for TLS 1.2
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  // Sessions live in tickets alone, which every loop can read.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_client_hello_cb(context.get(), bind_session_to_name, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context.get(), take_name);
  SSL_CTX_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_TICKET_KEYS, static_cast<long>(tickets.size()),
               const_cast<unsigned char*>(tickets.data()));
  if (current)
    SSL_CTX_set_cert_cb(context.get(), choose_certificate, const_cast<void*>(static_cast<const void*>(current)));
  if (staples) {
    SSL_CTX_set_tlsext_status_cb(context.get(), show_staple);
    SSL_CTX_set_tlsext_status_arg(context.get(), const_cast<void*>(static_cast<const void*>(staples)));
  }
  return context;
}

result<tls_context> make_client_context(const client_tls_settings& settings, ssl_ctx_st* trusting) {
  tls_context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) return fail(error_code::internal, openssl_error());
  SSL_CTX* c = context.get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  // As Kong: many services end without close_notify. A body with a length is held against it all the same, and one
  // without is not taken for whole (net_stream::cut_off).
  SSL_CTX_set_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (settings.authorities.empty() && trusting)
    SSL_CTX_set1_cert_store(c, SSL_CTX_get_cert_store(trusting));
  else if (settings.authorities.empty())
    SSL_CTX_set_default_verify_paths(c);
  for (const std::string& pem : settings.authorities)
    for (const certificate_ptr& ca : read_certificates(pem)) X509_STORE_add_cert(SSL_CTX_get_cert_store(c), ca.get());
  if (settings.depth >= 0) SSL_CTX_set_verify_depth(c, settings.depth);
  if (!settings.certificate.empty()) {
    auto chain = read_certificates(settings.certificate);
    key_ptr key = read_key(settings.key);
    if (chain.empty() || !key || SSL_CTX_use_certificate(c, chain.front().get()) != 1 ||
        SSL_CTX_use_PrivateKey(c, key.get()) != 1)
      return fail(error_code::invalid_argument, "client certificate: " + openssl_error());
    for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(c, chain[i].get());
  }
  return context;
}

}  // namespace mes::gateway
