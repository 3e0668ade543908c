#include "bus/net/tls.h"

#include <fmt/format.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

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

// With backslashes as Java has them: more than RFC 2253 asks for.
std::string escaped(std::string_view text) {
  const auto first = text.find_first_not_of(" \r"), last = text.find_last_not_of(" \r");
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool at_an_end = first == std::string_view::npos || i < first || i > last;
    if (text[i] == '\0') {
      out += "\\00";
      continue;
    }
    if (at_an_end || std::string_view(",=+<>#;\"\\").contains(text[i])) out += '\\';
    out += text[i];
  }
  return out;
}

// What is no text, or of no attribute that has a keyword: its encoding.
std::string in_hex(const ASN1_TYPE& value) {
  unsigned char* bytes = nullptr;
  const int size = i2d_ASN1_TYPE(&value, &bytes);
  std::string out = "#";
  for (int i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  OPENSSL_free(bytes);
  return out;
}

bool is_text(int type) {
  constexpr std::array texts = {V_ASN1_PRINTABLESTRING, V_ASN1_UTF8STRING, V_ASN1_T61STRING,      V_ASN1_IA5STRING,
                                V_ASN1_GENERALSTRING,   V_ASN1_BMPSTRING,  V_ASN1_UNIVERSALSTRING};
  return std::ranges::count(texts, type) > 0;
}

std::string printed(const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
  ASN1_STRING* const value = X509_NAME_ENTRY_get_data(entry);
  const auto known = std::ranges::find(attributes, OBJ_obj2nid(type), &attribute::nid);
  if (known != attributes.end() && is_text(ASN1_STRING_type(value))) {
    unsigned char* text = nullptr;
    if (const int size = ASN1_STRING_to_UTF8(&text, value); size >= 0) {
      std::string out = fmt::format("{}={}", known->keyword,
                                    escaped({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)}));
      OPENSSL_free(text);
      return out;
    }
  }
  std::array<char, 128> number{};
  OBJ_obj2txt(number.data(), static_cast<int>(number.size()), type, 1);
  ASN1_TYPE whole{};
  whole.type = ASN1_STRING_type(value);
  whole.value.asn1_string = value;
  return fmt::format("{}={}", known == attributes.end() ? std::string_view(number.data()) : known->keyword,
                     in_hex(whole));
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
  return printed_name(X509_get_subject_name(certificate.get()));
}

// The last set of attributes first; within one, in the order of the certificate.
std::string printed_name(const X509_NAME* name) {
  std::vector<std::string> sets;
  int last_set = -1;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
    const int set = X509_NAME_ENTRY_set(entry);
    if (set == last_set)
      sets.back() += '+' + printed(entry);
    else
      sets.push_back(printed(entry));
    last_set = set;
  }
  std::ranges::reverse(sets);
  return fmt::format("{}", fmt::join(sets, ","));
}

}  // namespace mes::bus::net
