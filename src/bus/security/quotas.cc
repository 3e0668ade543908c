#include "bus/security/quotas.h"

#include <algorithm>
#include <cmath>

#include "bus/net/address.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::security {
namespace {

constexpr std::array<std::string_view, quota_kinds> names = {"producer_byte_rate", "consumer_byte_rate",
                                                             "request_percentage", "controller_mutation_rate",
                                                             "connection_creation_rate"};
constexpr std::size_t counted_max = 100'000;     // of a kind; clients beyond share one count
constexpr std::size_t client_id_max = 255;       // ids that begin with the same bytes are one: so much memory has each
constexpr std::int64_t forget_pause_ms = 1'000;  // looking through so many takes a while
constexpr double burst_seconds = 11;             // tokens at most, in seconds of the rate

}  // namespace

std::string_view name_of(quota_kind k) { return names[static_cast<std::size_t>(k)]; }

std::optional<quota_kind> find_quota_kind(std::string_view name) {
  const auto it = std::ranges::find(names, name);
  if (it == names.end()) return std::nullopt;
  return static_cast<quota_kind>(it - names.begin());
}

bool is_whole(quota_kind k) { return k != quota_kind::request && k != quota_kind::mutation; }

// ---- Meters ----

void rate_meter::forget_old(std::int64_t now_ms) {
  for (sample& s : _samples)
    if (s.used && now_ms - s.start_ms >= static_cast<std::int64_t>(windows) * window_ms) s = {};
}

void rate_meter::record(double amount, std::int64_t now_ms) {
  _last_ms = now_ms;
  forget_old(now_ms);
  sample& current = _samples[_current];
  if (current.used && now_ms - current.start_ms < window_ms) {
    current.sum += amount;
    return;
  }
  _current = (_current + 1) % windows;
  _samples[_current] = {now_ms, amount, true};
}

std::int64_t rate_meter::excess_ms(double limit, std::int64_t now_ms) {
  forget_old(now_ms);
  double sum = 0;
  std::int64_t oldest = now_ms;
  for (const sample& s : _samples)
    if (s.used) {
      sum += s.sum;
      oldest = std::min(oldest, s.start_ms);
    }
  // All windows but the current one count as full, so that a first burst is no excess.
  constexpr std::int64_t full = static_cast<std::int64_t>(windows) - 1;
  const std::int64_t elapsed = now_ms - oldest;
  const std::int64_t span_ms = elapsed + std::max<std::int64_t>(full - elapsed / window_ms, 0) * window_ms;
  const double rate = sum * 1'000 / static_cast<double>(span_ms);
  if (rate <= limit) return 0;
  return std::llround((rate - limit) / limit * static_cast<double>(span_ms));
}

void token_bucket::refill(double rate, std::int64_t now_ms) {
  const double most = rate * burst_seconds;
  const double came = static_cast<double>(now_ms - _last_ms) / 1'000 * rate;
  _tokens = std::exchange(_begun, true) ? std::min(_tokens + came, most) : most;
  _last_ms = now_ms;
}

bool token_bucket::is_empty(double rate, std::int64_t now_ms) {
  refill(rate, now_ms);
  return _tokens < 0;
}

void token_bucket::take(double amount, double rate, std::int64_t now_ms) {
  refill(rate, now_ms);
  _tokens -= amount;
  _full_ms = static_cast<double>(now_ms) + (rate * burst_seconds - _tokens) / rate * 1'000;
}

std::int64_t token_bucket::debt_ms(double rate, std::int64_t now_ms) {
  refill(rate, now_ms);
  return _tokens < 0 ? std::llround(-_tokens / rate * 1'000) : 0;
}

// ---- Quotas ----

void quotas::set(const quota_entity& who, values v) {
  if (who.ip && *who.ip) {
    std::pair address(net::canonical_address(**who.ip), **who.ip);
    if (v.empty())
      _addresses.erase(address);
    else
      _addresses.insert(std::move(address));
  }
  values& now = _all[who];
  count_kinds(now, -1);
  now = std::move(v);
  count_kinds(now, 1);
  if (now.empty()) _all.erase(who);
  for (std::size_t k = 0; k < quota_kinds; ++k)
    if (_of_kind[k] == 0) _meters[k] = {};
  if (_of_kind[static_cast<std::size_t>(quota_kind::mutation)] == 0) _buckets = {};
}

void quotas::count_kinds(const values& v, std::int64_t by) {
  for (const auto& [name, value] : v)
    if (const auto k = find_quota_kind(name)) _of_kind[static_cast<std::size_t>(*k)] += by;
}

std::optional<quotas::found> quotas::find(quota_kind k, std::string_view user, std::string_view client_id) const {
  if (_of_kind[static_cast<std::size_t>(k)] == 0) return std::nullopt;
  using part = quota_entity::part;
  const part none, otherwise = std::optional<std::string>();
  const part u = std::optional<std::string>(user), c = std::optional<std::string>(client_id);
  // Kafka's order, the most specific first. A default counts for each whom it covers by himself.
  const quota_entity order[] = {{u, c, none},         {u, otherwise, none},         {u, none, none},
                                {otherwise, c, none}, {otherwise, otherwise, none}, {otherwise, none, none},
                                {none, c, none},      {none, otherwise, none}};
  for (const quota_entity& e : order) {
    const auto it = _all.find(e);
    if (it == _all.end()) continue;
    const auto value = it->second.find(name_of(k));
    if (value == it->second.end()) continue;
    std::string who;
    if (e.user) who += user;
    who += '\0';
    if (e.client_id) who += client_id.substr(0, client_id_max);
    return found{value->second, std::move(who)};
  }
  return std::nullopt;
}

std::optional<double> quotas::limit(quota_kind k, std::string_view user, std::string_view client_id) const {
  const auto found = find(k, user, client_id);
  return found ? std::optional(found->limit) : std::nullopt;
}

// Those for whom there is no room share the one of nobody.
template <class Count>
Count& quotas::count_of(std::string who, std::unordered_map<std::string, Count>& all, std::int64_t now_ms) {
  if (all.size() >= counted_max && !all.contains(who)) {
    if (now_ms - _forgotten_ms >= forget_pause_ms) forget_idle(now_ms);
    if (all.size() >= counted_max) who.clear();
  }
  return all[std::move(who)];
}

std::int64_t quotas::record(quota_kind k, std::string_view user, std::string_view client_id, double amount,
                            std::int64_t now_ms) {
  auto found = find(k, user, client_id);
  if (!found) return 0;
  rate_meter& meter = count_of(std::move(found->who), _meters[static_cast<std::size_t>(k)], now_ms);
  meter.record(amount, now_ms);
  const std::int64_t wait_ms = meter.excess_ms(found->limit, now_ms);
  // Kafka holds a client for a window at most because of its requests.
  return k == quota_kind::request ? std::min(wait_ms, rate_meter::window_ms) : wait_ms;
}

bool quotas::mutate(std::string_view user, std::string_view client_id, double partitions, bool strict,
                    std::int64_t now_ms) {
  auto found = find(quota_kind::mutation, user, client_id);
  if (!found) return true;
  token_bucket& bucket = count_of(std::move(found->who), _buckets, now_ms);
  if (strict && bucket.is_empty(found->limit, now_ms)) return false;
  bucket.take(partitions, found->limit, now_ms);
  return true;
}

std::int64_t quotas::mutation_wait_ms(std::string_view user, std::string_view client_id, std::int64_t now_ms) {
  const auto found = find(quota_kind::mutation, user, client_id);
  if (!found) return 0;
  auto bucket = _buckets.find(found->who);
  if (bucket == _buckets.end()) bucket = _buckets.find({});
  return bucket == _buckets.end() ? 0 : bucket->second.debt_ms(found->limit, now_ms);
}

std::int64_t quotas::connected(std::string_view ip, std::int64_t now_ms) {
  if (_of_kind[static_cast<std::size_t>(quota_kind::connection)] == 0) return 0;
  const auto found = _addresses.lower_bound({std::string(ip), ""});
  quota_entity::part own;
  if (found != _addresses.end() && found->first == ip) own.emplace(found->second);
  for (const quota_entity::part& p : {own, quota_entity::part(std::optional<std::string>())}) {
    const auto it = _all.find({std::nullopt, std::nullopt, p});
    if (it == _all.end()) continue;
    const auto value = it->second.find(name_of(quota_kind::connection));
    if (value == it->second.end()) continue;
    rate_meter& meter = count_of(std::string(ip), _meters[static_cast<std::size_t>(quota_kind::connection)], now_ms);
    meter.record(1, now_ms);
    const std::int64_t wait_ms = meter.excess_ms(value->second, now_ms);
    if (wait_ms > 0) meter.record(-1, now_ms);  // it is not let in: who keeps trying is let in at the quota's rate
    return std::min(wait_ms, rate_meter::window_ms);
  }
  return 0;
}

std::size_t quotas::counted() const {
  std::size_t all = _buckets.size();
  for (const auto& meters : _meters) all += meters.size();
  return all;
}

void quotas::forget_idle(std::int64_t now_ms) {
  _forgotten_ms = now_ms;
  for (auto& meters : _meters) std::erase_if(meters, [&](const auto& m) { return m.second.is_idle(now_ms); });
  std::erase_if(_buckets, [&](const auto& b) { return b.second.is_idle(now_ms); });
}

// ---- In the log ----

std::string encode_entity(const quota_entity& e) {
  wire::kafka::writer out;
  for (const quota_entity::part& p : {e.user, e.client_id, e.ip}) {
    out.boolean(p.has_value());
    if (p) out.nullable_string(true, *p);
  }
  return std::move(out.buffer());
}

std::optional<quota_entity> decode_entity(std::string_view key) {
  wire::kafka::reader in(key);
  quota_entity e;
  for (quota_entity::part* const p : {&e.user, &e.client_id, &e.ip}) {
    if (!in.boolean()) continue;
    const auto name = in.nullable_string(true);
    p->emplace(name ? std::optional<std::string>(*name) : std::nullopt);
  }
  if (!in.ok()) return std::nullopt;
  return e;
}

std::string encode_values(const quotas::values& v) {
  wire::kafka::writer out;
  out.varuint(static_cast<std::uint32_t>(v.size()));
  for (const auto& [key, value] : v) {
    out.string(true, key);
    out.float64(value);
  }
  return std::move(out.buffer());
}

quotas::values decode_values(std::string_view text) {
  wire::kafka::reader in(text);
  quotas::values v;
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    std::string key(in.string(true));
    const double value = in.float64();
    if (in.ok()) v[std::move(key)] = value;
  }
  return v;
}

}  // namespace mes::bus::security
