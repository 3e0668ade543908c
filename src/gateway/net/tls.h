// TLS contexts of the proxy's two sides.
#pragma once

#include <memory>

#include "base/error.h"
#include "runtime/certificate.h"

struct ssl_ctx_st;

namespace mes::gateway {

using tls_context = std::shared_ptr<ssl_ctx_st>;

using runtime::certificate_files;

result<tls_context> make_server_context(const certificate_files& files);  // TLS 1.2 and 1.3, HTTP/1.1 by ALPN
result<tls_context> make_client_context();                                // trusts the system's authorities

}  // namespace mes::gateway
