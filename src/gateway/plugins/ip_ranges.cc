#include "gateway/plugins/ip_ranges.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace mes::gateway {

std::optional<ip_range> ip_range::parse(std::string_view text) {
  ip_range out;
  std::size_t slash = text.find('/');
  std::string address(text.substr(0, slash));
  out.v6 = address.find(':') != std::string::npos;
  unsigned bits_max = out.v6 ? 128 : 32;
  if (inet_pton(out.v6 ? AF_INET6 : AF_INET, address.c_str(), out.address.data()) != 1) return std::nullopt;
  out.prefix_bits = bits_max;
  if (slash != std::string_view::npos) {
    std::string_view bits = text.substr(slash + 1);
    auto [end, failure] = std::from_chars(bits.data(), bits.data() + bits.size(), out.prefix_bits);
    if (failure != std::errc{} || end != bits.data() + bits.size() || out.prefix_bits > bits_max) return std::nullopt;
  }
  static constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (out.v6 && out.prefix_bits >= 96 && std::equal(mapped.begin(), mapped.end(), out.address.begin())) {
    std::copy_n(out.address.begin() + 12, 4, out.address.begin());  // an address of IPv4 in IPv6's form
    out.v6 = false;
    out.prefix_bits -= 96;
  }
  return out;
}

std::optional<ip_range> ip_range::parse_address(std::string_view text) {
  return text.contains('/') ? std::nullopt : parse(text);
}

bool ip_range::contains(const ip_range& one) const {
  if (v6 != one.v6) return false;
  unsigned whole = prefix_bits / 8, rest = prefix_bits % 8;
  if (!std::equal(address.begin(), address.begin() + whole, one.address.begin())) return false;
  return rest == 0 || (address[whole] ^ one.address[whole]) >> (8 - rest) == 0;
}

ip_ranges::ip_ranges(const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    if (auto range = ip_range::parse(text)) _ranges.push_back(*range);
}

std::optional<ip_ranges> ip_ranges::parse(const std::vector<std::string>& texts) {
  ip_ranges all(texts);
  return all._ranges.size() == texts.size() ? std::optional(std::move(all)) : std::nullopt;
}

bool ip_ranges::contains(std::string_view address) const {
  auto one = ip_range::parse_address(address);
  return one && std::ranges::any_of(_ranges, [&](const ip_range& r) { return r.contains(*one); });
}

}  // namespace mes::gateway
