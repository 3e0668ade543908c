#include "gateway/proxy/backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace mes::gateway {
namespace {

constexpr std::int64_t recheck_ms = 5'000;       // known addresses are asked for again, so that DNS can change them
constexpr std::int64_t another_try_ms = 60'000;  // for what passive checks alone have found unhealthy

std::string host_header(const service& s, const std::string& host, std::uint16_t port) {
  return port == (s.tls ? 443 : 80) ? host : host + ':' + std::to_string(port);
}

client_tls_settings tls_settings_of(const backend& b) {
  const service& s = *b.of;
  client_tls_settings settings{.depth = s.tls_verify_depth.value_or(-1)};
  const certificate* own = s.client_certificate ? s.client_certificate
                           : b.group            ? b.group->client_certificate
                                                : nullptr;
  if (own) settings.certificate = own->cert, settings.key = own->key;
  for (const ca_certificate* ca : s.ca_certificates) settings.authorities.push_back(ca->cert);
  return settings;
}

void prepare_tls(backend& b, client_contexts& contexts, const observe::logger& log) {
  const service& s = *b.of;
  if (!s.tls) {
    b.pool_tag = s.grpc ? "|h2" : "";
    return;
  }
  b.verify = s.tls_verify;
  // None is there for a certificate that can be read, but is too weak for OpenSSL's security level.
  auto found = contexts.find(tls_settings_of(b));
  b.context = found ? std::move(*found) : nullptr;
  if (!found)
    log.error(fmt::format("service {} cannot be reached over TLS: {}", s.name.empty() ? s.id : s.name,
                          found.error().message));
  // Connections of a context are not another one's.
  b.pool_tag = fmt::format("|{}|{}|{}", b.verify ? "verified" : "tls", s.grpc ? "h2" : "",
                           static_cast<const void*>(b.context.get()));
}

}  // namespace

loop_plan::loop_plan(std::shared_ptr<const generation> g, const upstream_states& upstreams, client_contexts& client_tls,
                     const observe::logger& log)
    : current(std::move(g)), lua(&log) {
  std::unordered_map<std::string_view, const upstream*> groups;
  for (const upstream& u : current->config().upstreams) groups.emplace(u.name, &u);
  for (const service& s : current->config().services) {
    auto group = groups.find(s.host);
    backend b{.of = &s, .group = group == groups.end() ? nullptr : group->second};
    if (b.group) {
      b.shared = upstreams[static_cast<std::size_t>(b.group - current->config().upstreams.data())];
      for (const target& t : b.group->targets)
        b.targets.push_back(
            {.of = &t,
             .host = t.host,
             .port = t.port,
             .host_header = b.group->host_header.empty() ? host_header(s, t.host, t.port) : b.group->host_header});
    } else {
      b.targets.push_back({.host = s.host, .port = s.port, .host_header = host_header(s, s.host, s.port)});
    }
    b.algorithm = make_balancer(b.group ? b.group->algorithm : balancing::round_robin);
    prepare_tls(b, client_tls, log);
    backends.push_back(std::move(b));
  }
}

void backend::look_up(name_directory& names, std::int64_t now_ms,
                      const std::function<std::function<void()>()>& make_changed) {
  known_generation = names.generation();
  known_until_ms = now_ms + recheck_ms;
  for (backend_target& t : targets) {
    auto answer = names.find(t.host, t.port, now_ms, make_changed());
    t.waiting = answer.what == name_state::waiting;
    known_until_ms = t.waiting ? 0 : std::min(known_until_ms, answer.until_ms);
    t.known = answer.where;
    if (shared && !t.waiting) shared->set_addresses(*t.of, t.known ? *t.known : std::vector<endpoint>{});
  }
  rebuild_peers();
}

// Addresses that stay keep their state, and their place in the turns: within one round, since what weights were before
// may be far more than what they are now.
void backend::rebuild_peers() {
  std::vector<peer> next;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!targets[i].known) continue;
    for (const endpoint& e : *targets[i].known) {
      const target* t = targets[i].of;
      peer p{.target = i, .name = e.name, .weight = weight_of(t ? t->weight : 100, e.weight)};
      auto same = std::ranges::find_if(
          peers, [&](const peer& o) { return o.target == i && o.state->where.text == e.text && o.name == e.name; });
      if (same != peers.end()) {
        p.state = same->state;
        p.credit = same->credit;
      } else {
        p.state = shared ? shared->peer(*t, e) : std::make_shared<peer_state>(e);
      }
      next.push_back(std::move(p));
    }
  }
  std::int64_t round = 0;
  for (const peer& p : next) round += p.weight;
  for (peer& p : next) p.credit = std::clamp(p.credit, -round, round);
  bool changed = next.size() != peers.size() || !std::ranges::equal(next, peers, [](const peer& a, const peer& b) {
                   return a.state == b.state && a.weight == b.weight;
                 });
  peers = std::move(next);
  if (changed) algorithm->use(peers);
}

bool backend::is_healthy() const {
  if (!group || group->threshold_percent <= 0) return true;
  std::int64_t all = 0, healthy = 0;
  for (const peer& p : peers) {
    all += p.weight;
    if (p.state->health.healthy()) healthy += p.weight;
  }
  return enough_healthy(group->threshold_percent, healthy, all);
}

backend::choice backend::choose(name_directory& names, choice_input input,
                                const std::function<std::function<void()>()>& make_changed) {
  std::int64_t now_ms = input.now_us / 1000;
  if (peers.empty() || known_generation != names.generation() || known_until_ms <= now_ms)
    look_up(names, now_ms, make_changed);
  if (peers.empty()) {
    if (std::ranges::any_of(targets, &backend_target::waiting)) return {.what = name_state::waiting};
    // A name of its own is one that cannot be resolved; a group's targets are all out of reach.
    return {.what = group ? name_state::known : name_state::unknown};
  }
  if (shared && shared->revivable())
    for (peer& p : peers)
      if (p.weight > 0) shared->revive(*p.state, now_ms, another_try_ms);
  std::optional<std::size_t> chosen;
  if (is_healthy()) chosen = algorithm->choose(peers, input);
  if (!chosen) return {.what = name_state::known};
  const peer& p = peers[*chosen];
  return {.what = name_state::known, .target = &targets[p.target], .where = p.state, .srv_name = p.name};
}

}  // namespace mes::gateway
