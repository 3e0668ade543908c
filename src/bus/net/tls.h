// TLS for the broker's listeners: contexts, and clients' names from their certificates.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"

struct ssl_ctx_st;
struct ssl_st;
struct X509_name_st;

namespace mes::bus::net {

// Immutable, shared by all connections of its listeners.
using tls_context = std::shared_ptr<ssl_ctx_st>;

// Kafka's ssl.client.auth.
enum class client_auth : std::uint8_t { none, requested, required };

struct tls_settings {
  std::string certificate_file;  // PEM: the server's chain
  std::string key_file;          // PEM
  std::string client_ca_file;    // PEM: who may sign clients' certificates
  client_auth clients = client_auth::none;
};

// TLS 1.2 and 1.3.
result<tls_context> make_tls_context(const tls_settings& settings);

// The subject of the peer's verified certificate as Java's X500Principal prints it (RFC 2253); nothing if it has shown
// none. A certificate may have an empty subject.
std::optional<std::string> peer_subject(const ssl_st* session);
std::string printed_name(const X509_name_st* name);

}  // namespace mes::bus::net
