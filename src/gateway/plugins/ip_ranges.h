// Sets of addresses and CIDR ranges, IPv4 and IPv6.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mes::gateway {

struct ip_range {
  std::array<std::uint8_t, 16> address{};  // IPv4 in its first four bytes
  bool v6 = false;
  unsigned prefix_bits = 32;

  static std::optional<ip_range> parse(std::string_view text);  // "10.0.0.0/8", "::1"
  bool contains(const ip_range& one) const;
};

class ip_ranges {
 public:
  ip_ranges() = default;
  explicit ip_ranges(const std::vector<std::string>& texts);  // what is no address is left out
  bool contains(std::string_view address) const;
  bool empty() const { return _ranges.empty(); }

 private:
  std::vector<ip_range> _ranges;
};

}  // namespace mes::gateway
