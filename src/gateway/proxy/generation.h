// A configuration made ready to run: router, plugin chains, and what each route needs at hand. Immutable; a reload
// makes a new one, and requests under way end on the one that they began with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/config/configuration.h"
#include "gateway/net/certificates.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/shared_tables.h"
#include "gateway/router/router.h"

namespace mes::gateway {

// One kind of plugin on one route: which instance runs depends on who sends the request.
struct plugin_slot {
  std::string_view name;
  const plugin* for_anyone = nullptr;  // nullptr: only for the consumers below
  std::vector<std::pair<const consumer*, const plugin*>> for_consumer;

  const plugin* choose(const consumer* who) const {
    if (who)
      for (const auto& [c, p] : for_consumer)
        if (c == who) return p;
    return for_anyone;
  }
};

struct route_plan {
  const route* of = nullptr;
  std::vector<plugin_slot> chain;  // by priority
  std::string span_path;           // the route's first path, of low cardinality, for span names
};

class generation {
 public:
  // `told`: each answer says its number. `before`: what was read for it is not read again.
  generation(std::shared_ptr<const configuration> all, const plugin_parts& parts, std::uint64_t number,
             bool told = false, const generation* before = nullptr);

  const configuration& config() const { return *_all; }
  const std::shared_ptr<const configuration>& shared_config() const { return _all; }
  std::uint64_t number() const { return _number; }
  bool is_told() const { return _told; }
  route_match find(const route_query& q) const { return _router.find(q); }
  const route_plan& plan_of(std::size_t route_index) const { return _plans[route_index]; }
  const std::shared_ptr<const certificate_store>& certificates() const { return _certificates; }
  const std::vector<plugin_slot>& global_chain() const { return _global; }  // for what no route takes

 private:
  std::vector<std::size_t> plugins_for(const route* r) const;  // those that may be in its chain
  std::vector<plugin_slot> chain_for(const route* r) const;

  std::shared_ptr<const configuration> _all;
  std::uint64_t _number;
  bool _told;
  router _router;
  std::shared_ptr<const certificate_store> _certificates;
  shared_tables _tables;
  std::vector<std::unique_ptr<plugin>> _instances;  // in the order of the configuration's plugins; nullptr: disabled
  // Positions in it by the route, else the service, that they are bound to; nullptr: neither.
  std::unordered_map<const void*, std::vector<std::size_t>> _by_scope;
  std::vector<route_plan> _plans;
  std::vector<plugin_slot> _global;
};

}  // namespace mes::gateway
