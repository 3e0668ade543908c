// DNS with what getaddrinfo hides: time to live, and SRV records (RFC 2782). Blocking; for the resolver's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/names/endpoint.h"

namespace mes::gateway {

struct dns_answer {
  std::vector<endpoint> where;  // none: the name has no addresses, or nobody knows
  std::int64_t ttl_ms = 0;
  bool unanswered = false;          // a server was silent or in trouble: there may be more than `where`,
  std::vector<std::string> untold;  // namely that of these names of SRV records
};

struct dns_options {
  std::optional<endpoint> server;  // nullopt: /etc/resolv.conf's
  std::string hosts_file = "/etc/hosts";
  int timeout_s = 2, tries = 2;  // of a question; the second one waits twice as long
};

// The hosts file first, then SRV records (of the best priority, with their ports and weights), then addresses; as Kong
// asks. A name without a dot is left to the system's resolver and its search list.
dns_answer look_up(const std::string& host, std::uint16_t port, const dns_options& options = {});

}  // namespace mes::gateway
