// Where a target is, as Kong writes it (kong/db/dao/targets.lua): "host", "host:port", an address of IPv6 with brackets
// or without.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mes::gateway {

struct target_address {
  std::string host;  // of IPv6 in brackets
  std::uint16_t port = 8000;
};

target_address read_target(std::string_view text);  // of one that check_target finds nothing wrong with
std::string text_of(const target_address& a);       // always with its port

}  // namespace mes::gateway
