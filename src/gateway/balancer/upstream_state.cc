#include "gateway/balancer/upstream_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "gateway/net/loop.h"

namespace mes::gateway {
namespace {

constexpr double decay_us = 10e6;  // as Kong's latency balancer: what was seen ten seconds ago weighs 1/e

std::string text_of(const target& t) { return fmt::format("{}:{}", t.host, t.port); }

bool has_active_checks(const upstream& u) {
  return u.active.healthy_interval_s > 0 || u.active.unhealthy_interval_s > 0;
}

bool has_passive_checks(const upstream& u) {
  return u.passive.tcp_failures > 0 || u.passive.timeouts > 0 || u.passive.http_failures > 0;
}

// Whether some check would ever find it healthy again.
bool has_way_back(const upstream& u) { return u.active.unhealthy_interval_s > 0 || has_passive_checks(u); }

// By hand: what was set unhealthy so gets no other try until somebody, or an active check, says otherwise.
constexpr std::int64_t by_hand_ms = std::numeric_limits<std::int64_t>::max();

void set(peer_state& p, bool healthy) {
  if (!healthy) p.health.stamp(by_hand_ms);
  p.health.set(healthy);
}

bool was_found_unhealthy(const peer_state& p) {
  return !p.health.healthy() && p.health.unhealthy_since_ms() != by_hand_ms;
}

address_report split_address(std::string_view text) {
  address_report a;
  std::size_t colon = text.rfind(':');
  a.ip = text.substr(0, colon);
  if (a.ip.starts_with('[')) a.ip = a.ip.substr(1, a.ip.size() - 2);
  if (colon != std::string_view::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), a.port);
  return a;
}

}  // namespace

void peer_state::note_latency(double ms, std::int64_t now_us) {
  std::int64_t before_us = _latency_us.load(std::memory_order_relaxed);
  double kept =
      before_us == 0 ? 0 : std::exp(-static_cast<double>(std::max<std::int64_t>(0, now_us - before_us)) / decay_us);
  _latency_ms.store(_latency_ms.load(std::memory_order_relaxed) * kept + ms * (1 - kept), std::memory_order_relaxed);
  _latency_us.store(now_us, std::memory_order_relaxed);
}

std::optional<double> peer_state::latency_ms(std::int64_t now_us) const {
  const std::int64_t noted_us = _latency_us.load(std::memory_order_relaxed);
  if (noted_us == 0) return std::nullopt;
  const bool awaited = unanswered.load(std::memory_order_relaxed) > 0;
  const std::int64_t age_us = awaited ? 0 : std::max<std::int64_t>(0, now_us - noted_us);
  return _latency_ms.load(std::memory_order_relaxed) * std::exp(-static_cast<double>(age_us) / decay_us);
}

int weight_of(int target_weight, int srv_weight) {
  return srv_weight > 0 && target_weight > 0 ? srv_weight : target_weight;
}

bool enough_healthy(double threshold_percent, std::int64_t healthy_weight, std::int64_t all_weight) {
  if (healthy_weight == all_weight) return all_weight > 0;
  return static_cast<double>(healthy_weight) * 100 > threshold_percent * static_cast<double>(all_weight);
}

std::string target_report::text() const { return fmt::format("{}:{}", host, port); }

std::string_view text_of(target_health h) {
  switch (h) {
    case target_health::healthchecks_off:
      return "HEALTHCHECKS_OFF";
    case target_health::healthy:
      return "HEALTHY";
    case target_health::unhealthy:
      return "UNHEALTHY";
    case target_health::dns_error:
      break;
  }
  return "DNS_ERROR";
}

// Addresses of targets that stay keep what is known of them, as in Kong also where other checks look at them now. These
// begin at once; what they would leave unhealthy for good begins as healthy, unless it was set so by hand. As healthy
// begin the addresses of a target that had no weight and has one, too: nobody has looked at them.
upstream_state::upstream_state(std::shared_ptr<const upstream> of, const observe::logger& log,
                               const upstream_state* before)
    : _of(std::move(of)), _log(log), _active(has_active_checks(*_of)), _passive(has_passive_checks(*_of)) {
  auto checks = [](const upstream& u) { return u.source.values.at("healthchecks"); };
  std::vector<known_target> old;
  if (before) old = before->targets();
  const bool other_checks = before && checks(before->config()) != checks(*_of);
  const bool no_way_back = other_checks && !has_way_back(*_of);
  for (const target& t : _of->targets) {
    auto found =
        std::ranges::find_if(old, [&](const known_target& k) { return k.of->port == t.port && k.of->host == t.host; });
    const bool weighed_nothing = found != old.end() && found->of->weight == 0;
    known_target& k = _targets.emplace_back(found == old.end() ? known_target{} : *found);
    k.of = &t;
    for (const auto& [text, p] : k.peers) {
      if (other_checks) p->next_probe_ms = 0;
      if (no_way_back && was_found_unhealthy(*p)) set(*p, true);
    }
    if (weighed_nothing && t.weight > 0) {
      k.healthy = true;
      for (const auto& [text, p] : k.peers) set(*p, true);
    }
    if (auto address = parse_endpoint(t.host, t.port)) set_addresses(t, {*address});  // no name server has a say in it
  }
}

upstream_state::known_target& upstream_state::known(const target& t) {
  return _targets[static_cast<std::size_t>(&t - _of->targets.data())];
}

std::shared_ptr<peer_state> upstream_state::peer(const target& t, const endpoint& where) {
  std::lock_guard lock(_lock);
  auto& slot = known(t).peers[where.text];
  if (!slot) slot = std::make_shared<peer_state>(where);
  return slot;
}

void upstream_state::set_addresses(const target& t, const std::vector<endpoint>& now) {
  std::lock_guard lock(_lock);
  known_target& k = known(t);
  k.resolved = true;
  k.dns_error = now.empty();
  if (now.empty()) return;
  std::erase_if(k.peers, [&](const auto& p) {
    return std::ranges::none_of(now, [&](const endpoint& e) { return e.text == p.first; });
  });
  for (const endpoint& e : now) {
    auto [slot, fresh] = k.peers.try_emplace(e.text);
    if (fresh) {
      slot->second = std::make_shared<peer_state>(e);
      if (!k.healthy) set(*slot->second, false);
    }
    slot->second->srv_weight = e.weight;
  }
  k.healthy = true;
}

void upstream_state::note(peer_state& p, sighting what, int limit, std::string_view by, std::string_view why) {
  if (!p.health.note(what, limit)) return;
  bool healthy = what == sighting::success;
  if (!healthy) p.health.stamp(net_loop::clock_us() / 1000);
  static constexpr std::string_view reasons[] = {"success", "connection failed", "time-out", "status"};
  auto write = [&](auto... more) {
    _log.write(healthy ? observe::level::info : observe::level::warn,
               healthy ? "target is healthy" : "target is unhealthy",
               {{"upstream", std::string_view(_of->name)},
                {"address", std::string_view(p.where.text)},
                {"by", by},
                {"reason", reasons[static_cast<std::size_t>(what)]},
                more...});
  };
  if (why.empty())
    write();
  else
    write(observe::field{"error", why});
}

void upstream_state::note_answer(peer_state& p, int status) {
  const passive_checks& c = _of->passive;
  if (std::ranges::find(c.healthy_statuses, status) != c.healthy_statuses.end())
    note(p, sighting::success, c.successes > 0 ? c.successes : p.health.healthy() ? 1 : 0, "passive");
  else if (std::ranges::find(c.unhealthy_statuses, status) != c.unhealthy_statuses.end())
    note(p, sighting::http_failure, c.http_failures, "passive", fmt::format("status {}", status));
}

void upstream_state::revive(peer_state& p, std::int64_t now_ms, std::int64_t after_ms) {
  if (after_ms <= 0 || p.health.healthy() || now_ms - p.health.unhealthy_since_ms() < after_ms) return;
  p.health.set(true);
  _log.write(observe::level::info, "target gets another try",
             {{"upstream", std::string_view(_of->name)}, {"address", std::string_view(p.where.text)}}, {});
}

std::vector<upstream_state::known_target> upstream_state::targets() const {
  std::lock_guard lock(_lock);
  return _targets;
}

// A name that nobody has asked for yet counts as one address; one that cannot be resolved has none.
target_report upstream_state::report_on(const known_target& k) const {
  target_report t{.id = k.of->id, .host = k.of->host, .port = k.of->port, .weight = k.of->weight};
  if (k.dns_error) {
    t.health = target_health::dns_error;
    return t;
  }
  bool any_healthy = false;
  auto health_of = [&](bool healthy) {
    return !checked() || t.weight == 0 ? target_health::healthchecks_off
           : healthy                   ? target_health::healthy
                                       : target_health::unhealthy;
  };
  auto count = [&](bool healthy, int weight) {
    any_healthy |= healthy;
    t.weighs.total += weight;
    if (healthy) t.weighs.available += weight;
  };
  for (const auto& [text, p] : k.peers) {
    address_report a = split_address(text);
    a.weight = weight_of(k.of->weight, p->srv_weight);
    a.available = p->health.healthy();
    a.health = health_of(a.available);
    count(a.available, a.weight);
    t.addresses.push_back(std::move(a));
  }
  if (k.peers.empty()) count(k.healthy, k.of->weight);
  t.health = health_of(any_healthy);
  return t;
}

upstream_report upstream_state::report() const {
  upstream_report all;
  for (const known_target& k : targets()) {
    const target_report& t = all.targets.emplace_back(report_on(k));
    all.weighs.total += t.weighs.total;
    all.weighs.available += t.weighs.available;
  }
  all.available = enough_healthy(_of->threshold_percent, all.weighs.available, all.weighs.total);
  if (checked()) all.health = all.available ? target_health::healthy : target_health::unhealthy;
  return all;
}

bool upstream_state::set_health(std::string_view target_text, std::string_view address, bool healthy) {
  std::lock_guard lock(_lock);
  bool found = false;
  for (known_target& k : _targets) {
    if (text_of(*k.of) != target_text && k.of->id != target_text) continue;
    if (k.peers.empty() && address.empty()) {
      k.healthy = healthy;
      found = true;
    }
    for (const auto& [text, p] : k.peers) {
      if (!address.empty() && text != address) continue;
      set(*p, healthy);
      found = true;
    }
  }
  return found;
}

upstream_states upstream_registry::use(const std::shared_ptr<const configuration>& newest) {
  std::unordered_map<std::string_view, const upstream_state*> before;
  for (const auto& s : _states) before[s->config().name] = s.get();
  upstream_states next;
  for (const upstream& u : newest->upstreams)
    next.push_back(std::make_shared<upstream_state>(std::shared_ptr<const upstream>(newest, &u), _log, before[u.name]));
  std::lock_guard lock(_lock);
  return _states = std::move(next);
}

upstream_states upstream_registry::all() const {
  std::lock_guard lock(_lock);
  return _states;
}

std::shared_ptr<upstream_state> upstream_registry::find(std::string_view name_or_id) const {
  for (auto& s : all())
    if (s->config().name == name_or_id || s->config().id == name_or_id) return s;
  return nullptr;
}

std::string upstream_registry::expose() const {
  std::string out =
      "# HELP kong_upstream_target_health Health status of targets of upstream. States = "
      "healthchecks_off|healthy|unhealthy|dns_error, value is 1 when state is populated.\n"
      "# TYPE kong_upstream_target_health gauge\n";
  auto rows = [&](const std::string& name, const std::string& target, std::string_view address, target_health is) {
    for (auto [state, label] :
         {std::pair(target_health::healthchecks_off, "healthchecks_off"), std::pair(target_health::healthy, "healthy"),
          std::pair(target_health::unhealthy, "unhealthy"), std::pair(target_health::dns_error, "dns_error")})
      fmt::format_to(std::back_inserter(out),
                     "kong_upstream_target_health{{upstream=\"{}\",target=\"{}\",address=\"{}\",state=\"{}\","
                     "subsystem=\"http\"}} {}\n",
                     name, target, address, label, state == is ? 1 : 0);
  };
  for (const auto& s : all()) {
    for (const target_report& t : s->report().targets) {
      if (t.addresses.empty()) rows(s->config().name, t.text(), "", t.health);
      for (const address_report& a : t.addresses)
        rows(s->config().name, t.text(), fmt::format("{}:{}", a.ip, a.port), a.health);
    }
  }
  return out;
}

}  // namespace mes::gateway
