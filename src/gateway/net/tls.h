// TLS contexts of the proxy's two sides.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/certificate.h"

struct ssl_ctx_st;

namespace mes::gateway {

using tls_context = std::shared_ptr<ssl_ctx_st>;

using runtime::certificate_files;

// What session tickets are sealed with: the same for all loops, so that a client may come back to any.
using ticket_keys = std::array<unsigned char, 80>;
ticket_keys make_ticket_keys();

class certificate_store;
class staple_store;

// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN. One context a loop: OpenSSL 3.0 contends on a shared one. `current`
// is where the loop has its certificates by name (nullptr: none); it may change between handshakes. `staples` outlives
// the context (nullptr: none are shown).
result<tls_context> make_server_context(const certificate_files& files, const ticket_keys& tickets,
                                        const std::shared_ptr<const certificate_store>* current,
                                        const staple_store* staples);

struct client_tls_settings {
  std::string certificate, key;          // PEM, shown to the service; "" = none
  std::vector<std::string> authorities;  // PEM; none: the system's
  int depth = -1;                        // of a chain; -1: OpenSSL's own limit

  auto operator<=>(const client_tls_settings&) const = default;
};
// The system's authorities are read, or those of `trusting` shared, which then is of the same thread.
result<tls_context> make_client_context(const client_tls_settings& settings, ssl_ctx_st* trusting = nullptr);

}  // namespace mes::gateway
