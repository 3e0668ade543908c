#include "gateway/balancer/health_checker.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "gateway/balancer/health_probe.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t tick_ms = 100;     // as often as Kong's looks whose turn it is
constexpr std::size_t probes_max = 1024;  // at once

bool is_due(const peer_state& p, std::int64_t now_ms) { return !p.probing && now_ms >= p.next_probe_ms; }

double interval_s(const active_checks& c, const peer_state& p) {
  return p.health.healthy() ? c.healthy_interval_s : c.unhealthy_interval_s;
}

}  // namespace

health_checker::health_checker(upstream_registry& upstreams, name_directory& names)
    : _upstreams(upstreams), _names(names) {
  _loop.set_sweep([this](std::int64_t now_ms) { return tick(now_ms); }, tick_ms);
  _loop.start_sweeping();
  _thread = runtime::thread("health", [this] { _loop.run(); });
}

health_checker::~health_checker() {
  _loop.stop();
  _thread.join();
}

bool health_checker::tick(std::int64_t now_ms) {
  std::erase_if(_probes, [&](const auto& p) { return p->expire(now_ms); });
  std::vector<turn> turns;
  for (const auto& u : _upstreams.all()) {
    if (!u->has_active()) continue;
    for (const target& t : u->config().targets) find_turns(u, t, now_ms, turns);
  }
  take(turns, now_ms);
  return true;
}

// Every address of a target has its own time. A name that is not known yet is asked for again at the next tick.
void health_checker::find_turns(const std::shared_ptr<upstream_state>& of, const target& t, std::int64_t now_ms,
                                std::vector<turn>& found) {
  if (t.weight == 0) return;
  auto answer = _names.find(t.host, t.port, now_ms, [] {});
  if (answer.what == name_state::waiting) return;
  if (answer.what == name_state::unknown) return of->set_addresses(t, {});
  of->set_addresses(t, *answer.where);
  const active_checks& c = of->config().active;
  for (const endpoint& e : *answer.where) {
    auto p = of->peer(t, e);
    if (interval_s(c, *p) <= 0) continue;
    if (p->next_probe_ms == 0) p->next_probe_ms = now_ms;  // a new one comes after those that wait
    if (is_due(*p, now_ms)) found.push_back({of, &t, std::move(p)});
  }
}

// Who has waited longest comes first. The probes of an upstream are counted by its name: those that an earlier
// configuration has begun count too.
void health_checker::take(std::vector<turn>& turns, std::int64_t now_ms) {
  std::ranges::sort(turns, {}, [](const turn& t) { return t.peer->next_probe_ms.load(); });
  std::unordered_map<std::string_view, int> running;
  for (const auto& p : _probes) ++running[p->upstream()];
  _some_wait = false;
  for (const turn& t : turns) {
    if (!is_due(*t.peer, now_ms)) continue;  // a name may have an address twice
    const upstream& u = t.of->config();
    int& of_upstream = running[u.name];
    if (of_upstream >= u.active.concurrency || _probes.size() >= probes_max)
      _some_wait = true;
    else if (probe(t, now_ms))
      ++of_upstream;
  }
}

bool health_checker::probe(const turn& t, std::int64_t now_ms) {
  const double wait_s = interval_s(t.of->config().active, *t.peer);
  t.peer->next_probe_ms = now_ms + static_cast<std::int64_t>(wait_s * 1000);
  auto made = std::make_unique<health_probe>(*this, t.of, t.peer, t.named->host);
  if (!made->start()) return false;
  _probes.insert(std::move(made));
  return true;
}

void health_checker::probe_has_ended() {
  if (_some_wait) _loop.sweep_by(_loop.now_ms());
}

result<ssl_ctx_st*> health_checker::tls_of(upstream_state& of) {
  if (!of.probe_tls) {
    const certificate* shown = of.config().client_certificate;
    auto context = _contexts.find(shown ? client_tls_settings{.certificate = shown->cert, .key = shown->key}
                                        : client_tls_settings{});
    if (!context) return std::unexpected(context.error());
    of.probe_tls = std::move(*context);
  }
  return of.probe_tls.get();
}

}  // namespace mes::gateway
