#include "bus/cli/key_store.h"

#include <openssl/pkcs12.h>

#include <memory>

#include "runtime/openssl_handles.h"

namespace mes::bus::cli {
namespace {

using runtime::bio_ptr;

std::string text_of(const bio_ptr& written) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(written.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

void free_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }

}  // namespace

result<store_form> form_of_store(std::string_view bytes) {
  constexpr std::string_view jks("\xfe\xed\xfe\xed", 4), sequence("\x30", 1);
  if (bytes.contains("-----BEGIN ")) return store_form::pem;
  if (bytes.starts_with(sequence)) return store_form::pkcs12;
  if (bytes.starts_with(jks))
    return fail(error_code::invalid_argument,
                "is a JKS store, which only Java reads: keytool -importkeystore -srckeystore OLD -destkeystore NEW "
                "-deststoretype PKCS12 makes another of it");
  return fail(error_code::invalid_argument, "is neither PEM nor PKCS #12");
}

result<pem_parts> parts_of_pkcs12(std::string_view bytes, const std::string& password) {
  const bio_ptr in = runtime::bio_of(bytes);
  const std::unique_ptr<PKCS12, runtime::free_with<PKCS12_free>> store(d2i_PKCS12_bio(in.get(), nullptr));
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (!store || PKCS12_parse(store.get(), password.c_str(), &key, &own, &others) != 1)
    return fail(error_code::invalid_argument,
                "cannot be read, maybe for a wrong password: " + runtime::openssl_error());
  const runtime::key_ptr key_guard(key);
  const runtime::certificate_ptr own_guard(own);
  const std::unique_ptr<STACK_OF(X509), runtime::free_with<free_stack>> others_guard(others);
  const bio_ptr certificates(BIO_new(BIO_s_mem())), keys(BIO_new(BIO_s_mem()));
  if (own != nullptr) PEM_write_bio_X509(certificates.get(), own);
  for (int i = 0; i < sk_X509_num(others); ++i) PEM_write_bio_X509(certificates.get(), sk_X509_value(others, i));
  if (key != nullptr) PEM_write_bio_PrivateKey(keys.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  pem_parts parts{text_of(certificates), text_of(keys)};
  if (parts.certificates.empty()) return fail(error_code::invalid_argument, "holds no certificates");
  return parts;
}

}  // namespace mes::bus::cli
