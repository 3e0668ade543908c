// Which of a plugin's configurations serves a request (kong/runloop/plugins_iterator.lua).
#pragma once

#include <algorithm>

#include "gateway/config/configuration.h"

namespace mes::gateway {

// A plugin runs on requests of any protocol, if one of its own is of HTTP.
inline bool runs_on_http(const plugin_entry& p) {
  return std::ranges::any_of(
      p.protocols, [](const std::string& name) { return name.starts_with("http") || name.starts_with("grpc"); });
}

// How well a plugin's scope fits a request of this service, route and consumer; 0 = not at all, higher wins. Kong's
// order: the three together, route and consumer, service and consumer, route and service, consumer, route, service,
// global.
inline int scope_fit(const plugin_entry& p, const service* s, const route* r, const consumer* who) {
  if (p.on_route && p.on_route != r) return 0;
  if (p.on_service && p.on_service != s) return 0;
  if (p.on_consumer && p.on_consumer != who) return 0;
  bool by_route = p.on_route, by_service = p.on_service, by_consumer = p.on_consumer;
  if (by_consumer) return by_route && by_service ? 8 : by_route ? 7 : by_service ? 6 : 4;
  return by_route && by_service ? 5 : by_route ? 3 : by_service ? 2 : 1;
}

}  // namespace mes::gateway
