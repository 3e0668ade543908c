// Who the client is when others stand in front of the gateway (nginx's realip module, Kong's trusted_ips).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/head.h"

namespace mes::gateway {

// A set of address ranges: "10.0.0.0/8", "::1".
class address_ranges {
 public:
  // nullopt: one of them is none.
  static std::optional<address_ranges> parse(const std::vector<std::string>& texts);
  bool empty() const { return _ranges.empty(); }
  bool contains(std::string_view address) const;

 private:
  struct range {
    std::array<std::uint8_t, 16> bits{};  // IPv4 as ::ffff:a.b.c.d
    int length = 0;
  };
  std::vector<range> _ranges;
};

struct real_ip_options {
  address_ranges trusted;
  std::string header = "X-Real-IP";  // or X-Forwarded-For
  bool recursive = false;            // of X-Forwarded-For: the last address that is not trusted
};

// The client's address as `peer`, who is trusted, says; "" if it says nothing of the kind.
std::string real_client(const header_table& headers, const real_ip_options& options);

}  // namespace mes::gateway
