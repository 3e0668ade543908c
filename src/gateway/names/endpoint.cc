#include "gateway/names/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace mes::gateway {
namespace {

std::string text_of(const endpoint& e, std::uint16_t port) {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (e.address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &e.address, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, buffer, sizeof buffer);
    return std::string(buffer) + ':' + std::to_string(port);
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &e.address, sizeof in);
  inet_ntop(AF_INET6, &in.sin6_addr, buffer, sizeof buffer);
  return '[' + std::string(buffer) + "]:" + std::to_string(port);
}

}  // namespace

std::optional<endpoint> parse_endpoint(const std::string& host, std::uint16_t port) {
  endpoint e;
  std::string bare = host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port)};
  sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (inet_pton(AF_INET, bare.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&e.address, &v4, sizeof v4);
    e.address_bytes = sizeof v4;
  } else if (inet_pton(AF_INET6, bare.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&e.address, &v6, sizeof v6);
    e.address_bytes = sizeof v6;
  } else {
    return std::nullopt;
  }
  e.text = text_of(e, port);
  return e;
}

}  // namespace mes::gateway
