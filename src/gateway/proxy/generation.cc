#include "gateway/proxy/generation.h"

#include <algorithm>

#include "gateway/config/plugin_scope.h"

namespace mes::gateway {

generation::generation(std::shared_ptr<const configuration> all, const plugin_parts& parts, std::uint64_t number,
                       bool told)
    : _all(std::move(all)),
      _number(number),
      _told(told),
      _router(*_all),
      _certificates(std::make_shared<const certificate_store>(*_all)),
      _tables(*_all) {
  plugin_parts shared = parts;
  shared.tables = &_tables;
  for (const plugin_entry& p : _all->plugins)
    _instances.push_back(p.enabled && runs_on_http(p) ? find_plugin_kind(p.name)->make(p, *_all, shared) : nullptr);
  for (const route& r : _all->routes)
    _plans.push_back({.of = &r, .chain = chain_for(&r), .span_path = r.paths.empty() ? "/" : r.paths.front()});
  _global = chain_for(nullptr);
}

std::vector<plugin_slot> generation::chain_for(const route* r) const {
  std::vector<plugin_slot> chain;
  for (const plugin_kind& kind : all_plugins()) {
    auto best = [&](const consumer* who) -> const plugin* {
      const plugin* chosen = nullptr;
      int chosen_fit = 0;
      for (std::size_t i = 0; i < _all->plugins.size(); ++i) {
        const plugin_entry& p = _all->plugins[i];
        int f = p.name == kind.name && _instances[i] ? scope_fit(p, r ? r->to : nullptr, r, who) : 0;
        if (f <= chosen_fit) continue;
        chosen_fit = f;
        chosen = _instances[i].get();
      }
      return chosen;
    };
    plugin_slot slot{.for_anyone = best(nullptr)};
    for (const plugin_entry& p : _all->plugins) {
      if (p.name != kind.name || !p.on_consumer) continue;
      bool there = std::ranges::any_of(slot.for_consumer, [&](const auto& e) { return e.first == p.on_consumer; });
      const plugin* own = best(p.on_consumer);
      if (!there && own && own != slot.for_anyone) slot.for_consumer.emplace_back(p.on_consumer, own);
    }
    if (slot.for_anyone || !slot.for_consumer.empty()) chain.push_back(std::move(slot));
  }
  return chain;
}

}  // namespace mes::gateway
