// OpenSSL's objects, owned, and read from PEM. An encrypted key is no usable key: no passphrase is asked for.
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

namespace mes::runtime {

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

inline int no_passphrase(char*, int, int, void*) { return 0; }

// Null if there is none; openssl_error() says why.
inline certificate_ptr read_certificate(std::string_view pem) {
  bio_ptr in = bio_of(pem);
  return certificate_ptr(in ? PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr) : nullptr);
}

// All certificates of a PEM text, the leaf first.
inline std::vector<certificate_ptr> read_certificates(std::string_view pem) {
  std::vector<certificate_ptr> chain;
  bio_ptr in = bio_of(pem);
  while (X509* one = in ? PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr) : nullptr)
    chain.emplace_back(one);
  ERR_clear_error();  // the end of the text
  return chain;
}

// Null if there is none; openssl_error() says why.
inline key_ptr read_key(std::string_view pem) {
  bio_ptr in = bio_of(pem);
  return key_ptr(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr) : nullptr);
}

}  // namespace mes::runtime
