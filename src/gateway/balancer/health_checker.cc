#include "gateway/balancer/health_checker.h"

#include <utility>

#include "gateway/balancer/health_probe.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t tick_ms = 100;  // as often as Kong's looks whose turn it is

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
  for (const auto& u : _upstreams.all()) {
    if (!u->has_active()) continue;
    for (const upstream_state::known_target& k : u->targets()) check(u, *k.of, now_ms);
  }
  return true;
}

// Every address of a target has its own time. A name that is not known yet is asked for again at the next tick.
void health_checker::check(const std::shared_ptr<upstream_state>& of, const target& t, std::int64_t now_ms) {
  if (t.weight == 0) return;
  auto answer = _names.find(t.host, t.port, now_ms, [] {});
  if (answer.what == name_state::waiting) return;
  if (answer.what == name_state::unknown) return of->set_addresses(t, {});
  of->set_addresses(t, *answer.where);
  const active_checks& c = of->config().active;
  for (const endpoint& e : *answer.where) {
    auto p = of->peer(t, e);
    double interval_s = p->health.healthy() ? c.healthy_interval_s : c.unhealthy_interval_s;
    if (interval_s <= 0 || p->probing || now_ms < p->next_probe_ms) continue;
    if (std::cmp_greater_equal(_probes.size(), 1024)) return;
    p->next_probe_ms = now_ms + static_cast<std::int64_t>(interval_s * 1000);
    probe(of, t, std::move(p));
  }
}

void health_checker::probe(const std::shared_ptr<upstream_state>& of, const target& t,
                           std::shared_ptr<peer_state> peer) {
  auto made = std::make_unique<health_probe>(*this, of, std::move(peer), t.host);
  if (made->start()) _probes.insert(std::move(made));
}

ssl_ctx_st* health_checker::tls_of(upstream_state& of) {
  if (!of.probe_tls) {
    const certificate* shown = of.config().client_certificate;
    auto context = _contexts.find(shown ? client_tls_settings{.certificate = shown->cert, .key = shown->key}
                                        : client_tls_settings{});
    if (context) of.probe_tls = std::move(*context);
  }
  return of.probe_tls.get();
}

}  // namespace mes::gateway
