// Whose turn it is among the addresses of an upstream's targets: Kong's four ways.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/balancer/upstream_state.h"

namespace mes::gateway {

// One address of a target, as one loop sees it.
struct peer {
  std::shared_ptr<peer_state> state;
  std::size_t target = 0;  // index
  std::string name;        // of the SRV record; another one may lead to the same address
  int weight = 100;
  std::int64_t credit = 0;  // of round-robin
};

struct choice_input {
  std::optional<std::uint64_t> hash;   // of what consistent hashing goes by
  std::span<peer_state* const> tried;  // by this exchange: the last resort
  std::int64_t now_us = 0;
};

// Of one loop; not thread-safe.
class balancer {
 public:
  virtual ~balancer() = default;
  // The peers in use from now on; indexes are answers of choose().
  virtual void use(std::span<const peer>) {}
  // Nothing: no peer is healthy and has a weight.
  virtual std::optional<std::size_t> choose(std::span<peer> peers, const choice_input& input) = 0;
};

std::unique_ptr<balancer> make_balancer(balancing algorithm);

std::uint64_t balancer_hash(std::string_view text);

}  // namespace mes::gateway
