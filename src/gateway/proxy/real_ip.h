// Who the client is when others stand in front of the gateway (nginx's realip module, Kong's trusted_ips).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/http/head.h"
#include "gateway/plugins/ip_ranges.h"

namespace mes::gateway {

struct real_ip_options {
  ip_ranges trusted;
  std::string header = "X-Real-IP";  // or X-Forwarded-For
  bool recursive = false;            // of X-Forwarded-For: the last address that is not trusted
};

struct told_client {
  std::string address;
  std::uint16_t port = 0;  // 0: not told
};

// Of the peer, who is trusted; nothing if it says nothing of the kind.
std::optional<told_client> real_client(const header_table& headers, const real_ip_options& options);

}  // namespace mes::gateway
