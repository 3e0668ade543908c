#include "bus/net/address.h"

#include <arpa/inet.h>

#include <array>

namespace mes::bus::net {

std::string canonical_address(const std::string& text) {
  const auto scope = text.find('%');  // of an address of one link: "fe80::1%eth0"
  in6_addr address{};
  if (inet_pton(AF_INET6, text.substr(0, scope).c_str(), &address) != 1) return text;
  std::array<char, INET6_ADDRSTRLEN> out{};
  constexpr std::size_t mapped_bytes = 12;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return inet_ntop(AF_INET, &address.s6_addr[mapped_bytes], out.data(), out.size());
  std::string canonical = inet_ntop(AF_INET6, &address, out.data(), out.size());
  return scope == std::string::npos ? canonical : canonical + text.substr(scope);
}

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace mes::bus::net
