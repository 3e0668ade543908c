// Where a service's requests go: its targets, their addresses as this loop last knew them, and whose turn it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/names/names.h"
#include "gateway/proxy/generation.h"

namespace mes::gateway {

struct backend_target {
  std::string host;
  std::uint16_t port = 80;
  std::string host_header;  // with the port if it is not the protocol's own
  endpoints known;
  std::uint64_t known_generation = 0;
  std::int64_t known_until_ms = 0;
  std::size_t next_endpoint = 0;
};

struct backend {
  const service* of = nullptr;
  std::vector<backend_target> targets;
  std::vector<std::uint16_t> turns;  // indexes of targets, as often as their weight, evenly spread
  std::size_t next_turn = 0;

  struct choice {
    name_directory::state what = name_directory::state::unknown;
    const backend_target* target = nullptr;
    const endpoint* where = nullptr;
  };
  // nullptr target: there is none with a weight. `changed` as in name_directory::find.
  choice choose(name_directory& names, std::int64_t now_ms, const std::function<std::function<void()>()>& make_changed);
  std::size_t addresses() const;  // that choose() can take turns between, as far as known
};

// A generation with this loop's own state for its services. Loop thread only.
struct loop_plan {
  std::shared_ptr<const generation> current;
  std::vector<backend> backends;  // by index of the service

  explicit loop_plan(std::shared_ptr<const generation> g);
  backend& backend_of(const service& s) {
    return backends[static_cast<std::size_t>(&s - current->config().services.data())];
  }
};

// Smooth weighted round-robin, written out: {5, 1, 1} -> 0 0 1 0 2 0 0.
std::vector<std::uint16_t> spread_turns(const std::vector<int>& weights);

}  // namespace mes::gateway
