// OpenSSL's objects, owned.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mes::gateway {

template <auto Free>
struct free_with {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, free_with<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, free_with<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, free_with<BIO_free>>;

inline std::string openssl_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

inline bio_ptr bio_of(std::string_view text) {
  return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// All certificates of a PEM text, the leaf first.
inline std::vector<certificate_ptr> read_certificates(std::string_view pem) {
  std::vector<certificate_ptr> chain;
  bio_ptr in = bio_of(pem);
  while (X509* one = in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr) chain.emplace_back(one);
  ERR_clear_error();  // the end of the text
  return chain;
}

inline key_ptr read_key(std::string_view pem) {
  bio_ptr in = bio_of(pem);
  return key_ptr(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr);
}

}  // namespace mes::gateway
