#include "runtime/certificate.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "runtime/openssl_handles.h"

namespace mes::runtime {
namespace {

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, free_with<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

certificate_ptr self_sign(EVP_PKEY* key) {
  certificate_ptr c(X509_new());
  if (!c) return nullptr;
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(c.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(c.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(c.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(c.get()), 10L * 365 * 86400);
  X509_set_pubkey(c.get(), key);
  static constexpr std::string_view common_name = "localhost";
  X509_NAME* name = X509_get_subject_name(c.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_issuer_name(c.get(), name);
  std::array<char, 256> host{};
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (gethostname(host.data(), host.size() - 1) == 0 && host[0] != 0) names += ",DNS:" + std::string(host.data());
  bool fine = add_extension(c.get(), NID_subject_alt_name, names) &&
              add_extension(c.get(), NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(c.get(), NID_ext_key_usage, "serverAuth") && X509_sign(c.get(), key, EVP_sha256()) > 0;
  return fine ? std::move(c) : nullptr;
}

result<void> write_file(const std::filesystem::path& path, BIO* content, mode_t mode) {
  char* data = nullptr;
  long size = BIO_get_mem_data(content, &data);
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return fail(error_code::storage_failed, path.string() + ": " + std::generic_category().message(errno));
  bool written = write(fd, data, static_cast<std::size_t>(size)) == size && fsync(fd) == 0;
  int failure = errno;
  close(fd);
  if (!written)
    return fail(error_code::storage_failed, path.string() + ": " + std::generic_category().message(failure));
  return {};
}

}  // namespace

result<certificate_files> ensure_certificate(const std::filesystem::path& folder) {
  certificate_files files{folder / "certificate.pem", folder / "key.pem"};
  std::error_code ignored;
  if (std::filesystem::exists(files.certificate, ignored) && std::filesystem::exists(files.key, ignored)) return files;
  std::filesystem::remove(files.certificate, ignored);
  std::filesystem::remove(files.key, ignored);
  key_ptr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  certificate_ptr certificate = key ? self_sign(key.get()) : nullptr;
  bio_ptr key_pem(BIO_new(BIO_s_mem())), certificate_pem(BIO_new(BIO_s_mem()));
  if (!certificate || !key_pem || !certificate_pem ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_pem.get(), certificate.get()) != 1)
    return fail(error_code::internal, "no certificate could be made: " + openssl_error());
  if (auto written = write_file(files.key, key_pem.get(), 0600); !written) return fail(written.error());
  if (auto written = write_file(files.certificate, certificate_pem.get(), 0644); !written) return fail(written.error());
  return files;
}

}  // namespace mes::runtime
