#include "gateway/proxy/real_ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace mes::gateway {
namespace {

using address_bits = std::array<std::uint8_t, 16>;

std::optional<address_bits> bits_of(std::string_view text) {
  std::string copy(text);
  address_bits bits{};
  if (inet_pton(AF_INET6, copy.c_str(), bits.data()) == 1) return bits;
  bits = {};
  bits[10] = bits[11] = 0xff;
  if (inet_pton(AF_INET, copy.c_str(), bits.data() + 12) == 1) return bits;
  return std::nullopt;
}

// An entry of X-Forwarded-For may have a port.
std::string_view address_of(std::string_view text) {
  if (text.starts_with('[')) {
    std::size_t end = text.find(']');
    return end == std::string_view::npos ? text : text.substr(1, end - 1);
  }
  std::size_t colon = text.find(':');
  return colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos ? text.substr(0, colon)
                                                                                                : text;
}

}  // namespace

std::optional<address_ranges> address_ranges::parse(const std::vector<std::string>& texts) {
  address_ranges all;
  for (const std::string& text : texts) {
    std::size_t slash = text.find('/');
    auto bits = bits_of(std::string_view(text).substr(0, slash));
    if (!bits) return std::nullopt;
    bool v4 = text.find(':') == std::string::npos;
    int length = v4 ? 32 : 128;
    if (slash != std::string::npos) {
      const char* end = text.data() + text.size();
      int given = 0;
      auto [stop, failure] = std::from_chars(text.data() + slash + 1, end, given);
      if (failure != std::errc{} || stop != end || given < 0 || given > length) return std::nullopt;
      length = given;
    }
    all._ranges.push_back({*bits, v4 ? length + 96 : length});
  }
  return all;
}

bool address_ranges::contains(std::string_view address) const {
  if (_ranges.empty()) return false;
  auto bits = bits_of(address);
  if (!bits) return false;
  return std::ranges::any_of(_ranges, [&](const range& r) {
    std::size_t whole = static_cast<std::size_t>(r.length) / 8;
    if (std::memcmp(r.bits.data(), bits->data(), whole) != 0) return false;
    int rest = r.length % 8;
    auto mask = static_cast<std::uint8_t>(0xff00 >> rest);
    return rest == 0 || (r.bits[whole] & mask) == ((*bits)[whole] & mask);
  });
}

std::string real_client(const header_table& headers, const real_ip_options& options) {
  std::vector<std::string_view> said;
  for (const header_view& h : headers)
    if (equals_ignoring_case(h.name, options.header))
      for_each_token(h.value, [&](std::string_view token) { said.push_back(address_of(token)); });
  while (options.recursive && said.size() > 1 && options.trusted.contains(said.back())) said.pop_back();
  return said.empty() || !bits_of(said.back()) ? std::string() : std::string(said.back());
}

}  // namespace mes::gateway
