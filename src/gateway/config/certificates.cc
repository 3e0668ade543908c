#include "gateway/config/certificates.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <optional>

#include "gateway/config/check_memory.h"
#include "runtime/openssl_handles.h"

namespace mes::gateway {
namespace {

using runtime::certificate_ptr;
using runtime::key_ptr;
using runtime::read_certificate;
using runtime::read_key;

// What is wrong with a text is said by us: OpenSSL's own words are dropped.
template <class Read>
bool is_there(const Read& read) {
  ERR_clear_error();
  return read != nullptr;
}

// Why OpenSSL does not show it in any handshake, by the level of security that it has by itself; "" if it does.
std::string weakness_of(X509* cert) {
  std::unique_ptr<SSL_CTX, runtime::free_with<SSL_CTX_free>> context(SSL_CTX_new(TLS_method()));
  if (!context || SSL_CTX_use_certificate(context.get(), cert) == 1) return "";
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return reason ? reason : "it is not taken";
}

std::string with_id(const record& source, const std::string& what) {
  return source.is_null("id") ? what : fmt::format("{} {}", what, source.text("id"));
}

// Nothing: something is wrong, and reported.
std::optional<check_memory::finding> look_at_pair(const record& source, std::string_view cert_member,
                                                  std::string_view key_member, std::string_view name,
                                                  const std::string& what, reporter& report) {
  certificate_ptr cert = read_certificate(source.text(cert_member));
  key_ptr key = read_key(source.text(key_member));
  if (!is_there(cert) || !is_there(key)) {
    std::string_view member = cert ? key_member : cert_member;
    report.error(source.mark_of(member), fmt::format("{}, {}: there is none", what, member));
    return std::nullopt;
  }
  if (X509_check_private_key(cert.get(), key.get()) != 1) {
    ERR_clear_error();
    report.error(source.mark_of(key_member), fmt::format("{}: {} does not match key", what, name));
    return std::nullopt;
  }
  return check_memory::finding{.kind = EVP_PKEY_get_base_id(key.get()), .warning = weakness_of(cert.get())};
}

// Checks one pair, and gives its kind of key; EVP_PKEY_NONE if something is wrong.
int check_pair(const record& source, std::string_view cert_member, std::string_view key_member, std::string_view name,
               const std::string& what, reporter& report) {
  const std::string both = source.text(cert_member) + '\0' + source.text(key_member);
  auto found = report.memory ? report.memory->find("pair", both) : std::nullopt;
  if (!found) {
    found = look_at_pair(source, cert_member, key_member, name, what, report);
    if (!found) return EVP_PKEY_NONE;
    if (report.memory) report.memory->keep("pair", both, *found);
  }
  if (!found->warning.empty())  // Kong takes it too
    report.warning(source.mark_of(cert_member), fmt::format("{}: every handshake with {} will fail: {}",
                                                            with_id(source, what), cert_member, found->warning));
  return found->kind;
}

}  // namespace

std::string check_certificate(std::string_view pem) {
  return is_there(read_certificate(pem)) ? "" : "invalid certificate: not one in PEM";
}

std::string check_private_key(std::string_view pem) {
  return is_there(read_key(pem)) ? "" : "invalid key: not one in PEM";
}

void finish_certificate(record& source, const std::string& what, reporter& report) {
  int kind = check_pair(source, "cert", "key", "certificate", what, report);
  if (source.is_null("cert_alt") != source.is_null("key_alt")) {
    report.error(source.mark, fmt::format("{}: all or none of these fields must be set: 'cert_alt', 'key_alt'", what));
    return;
  }
  if (source.is_null("cert_alt")) return;
  int other = check_pair(source, "cert_alt", "key_alt", "alternative certificate", what, report);
  if (kind != EVP_PKEY_NONE && kind == other)
    report.error(source.mark_of("cert_alt"),
                 fmt::format("{}: certificate and alternative certificate need to have different type (e.g. RSA and "
                             "ECDSA), the provided certificates were both of the same type",
                             what));
}

void finish_ca_certificate(record& source, const std::string& what, reporter& report) {
  static constexpr std::string_view opening = "-----BEGIN CERTIFICATE-----";
  std::string pem = source.text("cert");
  wire::yaml_mark mark = source.mark_of("cert");
  if (std::size_t first = pem.find(opening); first != std::string::npos)
    if (pem.find(opening, first + opening.size()) != std::string::npos)
      report.error(mark, fmt::format("{}: please submit only one certificate at a time", what));
  certificate_ptr cert = read_certificate(pem);
  if (X509_cmp_current_time(X509_get0_notAfter(cert.get())) < 0)
    report.outdated(mark, fmt::format("{}: certificate expired, \"Not After\" time is in the past",
                                      report.taken ? with_id(source, what) : what));
  if (X509_check_ca(cert.get()) != 1)
    report.error(mark, fmt::format("{}: certificate does not appear to be a CA because it is missing the \"CA\" basic "
                                   "constraint",
                                   what));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  X509_digest(cert.get(), EVP_sha256(), digest.data(), &bytes);
  std::string hex;
  for (unsigned int i = 0; i < bytes; ++i) hex += fmt::format("{:02x}", digest[i]);
  source.values["cert_digest"] = hex;
}

}  // namespace mes::gateway
