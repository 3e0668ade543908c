// Which certificates are read anew for another configuration.
#include "gateway/net/certificates.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "runtime/openssl_handles.h"

namespace mes::gateway {
namespace {

// A self-signed certificate and its key, in PEM.
certificate make_certificate(const std::string& name) {
  runtime::key_ptr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  runtime::certificate_ptr made(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_sign(made.get(), key.get(), nullptr);
  auto text = [](auto write) {
    runtime::bio_ptr out(BIO_new(BIO_s_mem()));
    write(out.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  };
  certificate c;
  c.cert = text([&](BIO* out) { PEM_write_bio_X509(out, made.get()); });
  c.key = text([&](BIO* out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  c.snis = {name};
  return c;
}

TEST(certificate_store, does_not_read_again_what_the_one_before_has_read) {
  configuration all;
  all.certificates = {make_certificate("a.example"), make_certificate("b.example")};
  const certificate_store first(all);
  all.certificates[1] = make_certificate("b.example");
  const certificate_store second(all, &first);
  const std::unique_ptr<SSL_CTX, runtime::free_with<SSL_CTX_free>> context(SSL_CTX_new(TLS_server_method()));
  const std::unique_ptr<SSL, runtime::free_with<SSL_free>> connection(SSL_new(context.get()));
  auto shown = [&](const certificate_store& of, const char* name) {
    return of.use(connection.get(), name) ? SSL_get_certificate(connection.get()) : nullptr;
  };
  ASSERT_NE(shown(first, "a.example"), nullptr);
  EXPECT_EQ(shown(first, "a.example"), shown(second, "a.example"));
  EXPECT_NE(shown(first, "b.example"), shown(second, "b.example"));
}

}  // namespace
}  // namespace mes::gateway
