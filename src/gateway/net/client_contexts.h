// TLS contexts towards services: one for all that show the same certificate and trust the same authorities. They are
// kept for as long as anyone has them, so that a reload makes none anew: the system's authorities, which take 15 ms and
// 2 MB to read, are read once, and connections to services stay good.
//
// Of one thread: OpenSSL 3.0 contends on a context that several have.
#pragma once

#include <map>
#include <memory>

#include "gateway/net/tls.h"

namespace mes::gateway {

class client_contexts {
 public:
  client_contexts() : _plain(make_client_context({})) {}

  result<tls_context> find(const client_tls_settings& wanted);

 private:
  result<tls_context> _plain;  // for those without a certificate, authorities or a depth of their own
  std::map<client_tls_settings, std::weak_ptr<ssl_ctx_st>> _others;
};

}  // namespace mes::gateway
