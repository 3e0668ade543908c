#include "gateway/proxy/backend.h"

#include <algorithm>
#include <numeric>

namespace mes::gateway {
namespace {

constexpr std::int64_t recheck_ms = 5'000;  // a cached address is asked for again, so that DNS can change it

std::string host_header(const service& s, const std::string& host, std::uint16_t port) {
  return port == (s.tls ? 443 : 80) ? host : host + ':' + std::to_string(port);
}

}  // namespace

std::vector<std::uint16_t> spread_turns(const std::vector<int>& weights) {
  static constexpr int turns_max = 1000;
  int divisor = 0, total = 0;
  for (int w : weights) divisor = std::gcd(divisor, w);
  std::vector<int> share(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) total += share[i] = divisor > 0 ? weights[i] / divisor : 0;
  if (total > turns_max)
    for (std::size_t i = 0; i < share.size(); ++i)
      share[i] = share[i] > 0 ? std::max(1, share[i] * turns_max / total) : 0;
  total = std::accumulate(share.begin(), share.end(), 0);
  std::vector<std::uint16_t> turns;
  std::vector<int> credit(share.size());
  for (int t = 0; t < total; ++t) {
    for (std::size_t i = 0; i < share.size(); ++i) credit[i] += share[i];
    auto richest = std::ranges::max_element(credit);
    *richest -= total;
    turns.push_back(static_cast<std::uint16_t>(richest - credit.begin()));
  }
  return turns;
}

loop_plan::loop_plan(std::shared_ptr<const generation> g) : current(std::move(g)) {
  for (const service& s : current->config().services) {
    backend b{.of = &s};
    std::vector<int> weights;
    if (const upstream* u = current->config().find_upstream(s.host)) {
      for (const target& t : u->targets) {
        b.targets.push_back({.host = t.host,
                             .port = t.port,
                             .host_header = u->host_header.empty() ? host_header(s, t.host, t.port) : u->host_header});
        weights.push_back(t.weight);
      }
    } else {
      b.targets.push_back({.host = s.host, .port = s.port, .host_header = host_header(s, s.host, s.port)});
      weights.push_back(1);
    }
    b.turns = spread_turns(weights);
    backends.push_back(std::move(b));
  }
}

backend::choice backend::choose(name_directory& names, std::int64_t now_ms,
                                const std::function<std::function<void()>()>& make_changed) {
  if (turns.empty()) return {};
  if (next_turn >= turns.size()) next_turn = 0;
  backend_target& t = targets[turns[next_turn++]];
  if (!t.known || t.known_generation != names.generation() || t.known_until_ms < now_ms) {
    std::uint64_t generation = names.generation();
    auto answer = names.find(t.host, t.port, now_ms, make_changed());
    if (answer.what != name_directory::state::known) return {.what = answer.what, .target = &t};
    t.known = answer.where;
    t.known_generation = generation;
    t.known_until_ms = now_ms + recheck_ms;
  }
  const endpoint& where = (*t.known)[t.next_endpoint++ % t.known->size()];
  return {.what = name_directory::state::known, .target = &t, .where = &where};
}

std::size_t backend::addresses() const {
  std::size_t count = 0;
  for (const backend_target& t : targets) count += t.known ? t.known->size() : 1;
  return count;
}

}  // namespace mes::gateway
