// Where a service's requests go: its targets, their addresses as this loop last knew them, and whose turn it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/balancer/algorithms.h"
#include "gateway/lua/sandbox.h"
#include "gateway/names/names.h"
#include "gateway/net/client_contexts.h"
#include "gateway/proxy/generation.h"

namespace mes::gateway {

struct backend_target {
  const target* of = nullptr;  // nullptr: the service's own host
  std::string host;
  std::uint16_t port = 80;
  std::string host_header;  // with the port if it is not the protocol's own
  endpoints known;
  bool waiting = false;  // for its name
};

struct backend {
  const service* of = nullptr;
  const upstream* group = nullptr;         // nullptr: the service's host is a name of its own
  std::shared_ptr<upstream_state> shared;  // of the group
  std::unique_ptr<balancer> algorithm;
  std::vector<backend_target> targets;
  std::vector<peer> peers;             // all addresses of all targets
  std::uint64_t known_generation = 0;  // of the names
  std::int64_t known_until_ms = 0;

  // TLS towards the service.
  tls_context context;  // nullptr: none could be made, and nothing is sent
  bool verify = false;
  std::string pool_tag;  // what connections must have in common beside address and name

  struct choice {
    name_state what = name_state::unknown;
    const backend_target* target = nullptr;  // nullptr: none is healthy and has a weight
    std::shared_ptr<peer_state> where;
    std::string_view srv_name;  // "" = none; until the next choice
  };
  // `make_changed` as in dns_names::find.
  choice choose(name_directory& names, choice_input input, const std::function<std::function<void()>()>& make_changed);
  std::size_t addresses() const { return peers.size(); }

 private:
  void look_up(name_directory& names, std::int64_t now_ms, const std::function<std::function<void()>()>& make_changed);
  void rebuild_peers();
  bool is_healthy() const;
};

// A generation with this loop's own state for its services. Loop thread only.
struct loop_plan {
  std::shared_ptr<const generation> current;
  std::vector<backend> backends;  // by index of the service
  lua_sandbox lua;

  loop_plan(std::shared_ptr<const generation> g, const upstream_states& upstreams, client_contexts& client_tls,
            const observe::logger& log);
  backend& backend_of(const service& s) {
    return backends[static_cast<std::size_t>(&s - current->config().services.data())];
  }
};

}  // namespace mes::gateway
