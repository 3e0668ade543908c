// Sets of addresses and CIDR ranges, IPv4 and IPv6. As in nginx and lua-resty-ipmatcher no range of IPv6 holds an
// address of IPv4, "::/0" neither; what is written ::ffff:a.b.c.d is one of IPv4.
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
  static std::optional<ip_range> parse_address(std::string_view text);
  bool contains(const ip_range& one) const;
};

class ip_ranges {
 public:
  ip_ranges() = default;
  explicit ip_ranges(const std::vector<std::string>& texts);                     // what is no address is left out
  static std::optional<ip_ranges> parse(const std::vector<std::string>& texts);  // nullopt: one of them is none
  bool contains(std::string_view address) const;
  bool empty() const { return _ranges.empty(); }

 private:
  std::vector<ip_range> _ranges;
};

}  // namespace mes::gateway
