// TLS contexts, and the self-signed certificate that is made at first start.
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.h"

struct ssl_ctx_st;

namespace mes::gateway {

using tls_context = std::shared_ptr<ssl_ctx_st>;

struct certificate_files {
  std::filesystem::path certificate;  // PEM
  std::filesystem::path key;          // PEM, readable by the owner alone
};

// Makes a self-signed certificate for localhost and this host's name (P-256, ten years), if the files are not there.
result<certificate_files> ensure_certificate(const std::filesystem::path& folder);

result<tls_context> make_server_context(const certificate_files& files);  // TLS 1.2 and 1.3, HTTP/1.1 by ALPN
result<tls_context> make_client_context();                                // trusts the system's authorities

}  // namespace mes::gateway
