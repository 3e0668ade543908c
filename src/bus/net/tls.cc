#include "bus/net/tls.h"

#include <fmt/format.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/openssl_handles.h"

namespace mes::bus::net {
namespace {

using runtime::openssl_error;

std::unexpected<error> unusable(const std::string& file) {
  return fail(error_code::invalid_argument, fmt::format("{}: {}", file, openssl_error()));
}

// The attributes that RFC 2253 names; others are printed by number, with their encoding in hex.
struct attribute {
  int nid;
  std::string_view keyword;
};
constexpr std::array attributes = {
    attribute{NID_commonName, "CN"},        attribute{NID_countryName, "C"},
    attribute{NID_localityName, "L"},       attribute{NID_stateOrProvinceName, "ST"},
    attribute{NID_organizationName, "O"},   attribute{NID_organizationalUnitName, "OU"},
    attribute{NID_streetAddress, "STREET"}, attribute{NID_domainComponent, "DC"},
    attribute{NID_userId, "UID"},
};

void print_attribute(BIO* out, const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  const auto known = std::ranges::find(attributes, OBJ_obj2nid(type), &attribute::nid);
  if (known != attributes.end()) {
    BIO_write(out, known->keyword.data(), static_cast<int>(known->keyword.size()));
    BIO_write(out, "=", 1);
    ASN1_STRING_print_ex(out, value, ASN1_STRFLGS_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
    return;
  }
  std::array<char, 128> number{};
  OBJ_obj2txt(number.data(), static_cast<int>(number.size()), type, 1);
  BIO_puts(out, number.data());
  BIO_write(out, "=", 1);
  // Java writes the hex digits small.
  const runtime::bio_ptr digits(BIO_new(BIO_s_mem()));
  ASN1_STRING_print_ex(digits.get(), value, ASN1_STRFLGS_DUMP_ALL | ASN1_STRFLGS_DUMP_DER);
  char* data = nullptr;
  const long size = BIO_get_mem_data(digits.get(), &data);
  std::string text(data, static_cast<std::size_t>(size));
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  BIO_write(out, text.data(), static_cast<int>(text.size()));
}

}  // namespace

result<tls_context> make_tls_context(const tls_settings& s) {
  ERR_clear_error();
  tls_context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return fail(error_code::internal, openssl_error());
  SSL_CTX* const raw = context.get();
  if (SSL_CTX_use_certificate_chain_file(raw, s.certificate_file.c_str()) != 1) return unusable(s.certificate_file);
  if (SSL_CTX_use_PrivateKey_file(raw, s.key_file.c_str(), SSL_FILETYPE_PEM) != 1) return unusable(s.key_file);
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  // Frames have their length in front: a connection that just ends cannot be taken for a whole one.
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Sessions of clients with certificates may only be resumed within one context.
  static constexpr std::string_view session_context = "mes-bus";
  SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  if (s.clients == client_auth::none) return context;
  if (s.client_ca_file.empty())
    return fail(error_code::invalid_argument,
                "clients' certificates are asked for, but ssl_client_ca does not say who may sign them");
  if (SSL_CTX_load_verify_file(raw, s.client_ca_file.c_str()) != 1) return unusable(s.client_ca_file);
  SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(s.client_ca_file.c_str()));
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | (s.clients == client_auth::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  return context;
}

std::optional<std::string> peer_subject(const SSL* session) {
  const runtime::certificate_ptr certificate(SSL_get1_peer_certificate(session));
  if (!certificate || SSL_get_verify_result(session) != X509_V_OK) return std::nullopt;
  const X509_NAME* const name = X509_get_subject_name(certificate.get());
  const runtime::bio_ptr out(BIO_new(BIO_s_mem()));
  int last_set = -1;
  for (int i = X509_NAME_entry_count(name) - 1; i >= 0; --i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
    const int set = X509_NAME_ENTRY_set(entry);
    if (last_set >= 0) BIO_write(out.get(), set == last_set ? "+" : ",", 1);
    last_set = set;
    print_attribute(out.get(), entry);
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace mes::bus::net
