#include "gateway/proxy/generation.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "gateway/config/plugin_scope.h"

namespace mes::gateway {

generation::generation(std::shared_ptr<const configuration> all, const plugin_parts& parts, std::uint64_t number,
                       bool told, const generation* before)
    : _all(std::move(all)),
      _number(number),
      _told(told),
      _router(*_all),
      _certificates(std::make_shared<const certificate_store>(*_all, before ? before->_certificates.get() : nullptr)),
      _tables(*_all) {
  plugin_parts shared = parts;
  shared.tables = &_tables;
  for (const plugin_entry& p : _all->plugins) {
    _instances.push_back(p.enabled && runs_on_http(p) ? find_plugin_kind(p.name)->make(p, *_all, shared) : nullptr);
    const void* scope = p.on_route ? static_cast<const void*>(p.on_route) : p.on_service;
    if (_instances.back()) _by_scope[scope].push_back(_instances.size() - 1);
  }
  for (const route& r : _all->routes)
    _plans.push_back({.of = &r, .chain = chain_for(&r), .span_path = r.paths.empty() ? "/" : r.paths.front()});
  _global = chain_for(nullptr);
}

// In the order of the configuration: of those that fit as well, the first holds.
std::vector<std::size_t> generation::plugins_for(const route* r) const {
  std::vector<std::size_t> found;
  for (const void* scope : std::set<const void*>{nullptr, r, r ? r->to : nullptr})
    if (auto bound = _by_scope.find(scope); bound != _by_scope.end())
      found.insert(found.end(), bound->second.begin(), bound->second.end());
  std::ranges::sort(found);
  return found;
}

std::vector<plugin_slot> generation::chain_for(const route* r) const {
  std::vector<plugin_slot> chain;
  std::vector<std::size_t> candidates = plugins_for(r);
  for (const plugin_kind& kind : all_plugins()) {
    std::vector<std::size_t> of_kind;
    std::ranges::copy_if(candidates, std::back_inserter(of_kind),
                         [&](std::size_t i) { return _all->plugins[i].name == kind.name; });
    auto best = [&](const consumer* who) -> const plugin* {
      const plugin* chosen = nullptr;
      int chosen_fit = 0;
      for (std::size_t i : of_kind) {
        int f = scope_fit(_all->plugins[i], r ? r->to : nullptr, r, who);
        if (f <= chosen_fit) continue;
        chosen_fit = f;
        chosen = _instances[i].get();
      }
      return chosen;
    };
    plugin_slot slot{.name = kind.name, .for_anyone = best(nullptr)};
    for (std::size_t i : of_kind) {
      const consumer* who = _all->plugins[i].on_consumer;
      bool there = !who || std::ranges::any_of(slot.for_consumer, [&](const auto& e) { return e.first == who; });
      const plugin* own = there ? nullptr : best(who);
      if (own && own != slot.for_anyone) slot.for_consumer.emplace_back(who, own);
    }
    if (slot.for_anyone || !slot.for_consumer.empty()) chain.push_back(std::move(slot));
  }
  return chain;
}

}  // namespace mes::gateway
