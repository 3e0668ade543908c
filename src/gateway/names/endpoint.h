// An address to connect to.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mes::gateway {

struct endpoint {
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
  std::string text;  // "127.0.0.1:3009"
  int weight = 0;    // of an SRV record; 0: none is given
  std::string name;  // that an SRV record points to; "" = none
};
using endpoints = std::shared_ptr<const std::vector<endpoint>>;

// nullopt if `host` is no IPv4 or IPv6 address.
std::optional<endpoint> parse_endpoint(const std::string& host, std::uint16_t port);

}  // namespace mes::gateway
