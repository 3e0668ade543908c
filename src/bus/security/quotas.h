// Quotas of clients, as Kafka has them: bytes produced and fetched a second, the share of the request thread, changes
// of topics a second, and connections a second of an address. Who is over his quota is told how long to wait, and is
// not listened to meanwhile (KIP-219).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mes::bus::security {

enum class quota_kind : std::uint8_t { produce, fetch, request, mutation, connection };
inline constexpr std::size_t quota_kinds = 5;

// Kafka's key of it: "producer_byte_rate".
std::string_view name_of(quota_kind k);
std::optional<quota_kind> find_quota_kind(std::string_view name);
bool is_whole(quota_kind k);  // its values have no fraction

// Whom a quota is for: each part is not of it (no value), the default (a value without text) or a name.
struct quota_entity {
  using part = std::optional<std::optional<std::string>>;
  part user, client_id, ip;
  auto operator<=>(const quota_entity&) const = default;
};

// Sum and rate of what was recorded in the last 11 windows of 1 s, as Kafka's `Rate` counts them.
class rate_meter {
 public:
  static constexpr std::int64_t window_ms = 1'000;
  static constexpr std::size_t windows = 11;

  void record(double amount, std::int64_t now_ms);
  // How long to wait until the rate is `limit` a second; 0 if it is at most that now.
  std::int64_t excess_ms(double limit, std::int64_t now_ms);
  bool is_idle(std::int64_t now_ms) const { return now_ms - _last_ms > static_cast<std::int64_t>(windows) * window_ms; }

 private:
  struct sample {
    std::int64_t start_ms = 0;
    double sum = 0;
    bool used = false;
  };
  void forget_old(std::int64_t now_ms);
  std::array<sample, windows> _samples;
  std::size_t _current = 0;
  std::int64_t _last_ms = 0;
};

// KIP-599: changes are paid with tokens that come at the quota's rate; what is missing is waited for.
class token_bucket {
 public:
  bool is_empty(double rate, std::int64_t now_ms);  // there is a debt
  void take(double amount, double rate, std::int64_t now_ms);
  std::int64_t debt_ms(double rate, std::int64_t now_ms);
  bool is_idle(std::int64_t now_ms) const { return static_cast<double>(now_ms) >= _full_ms; }  // as a new one is

 private:
  void refill(double rate, std::int64_t now_ms);
  double _tokens = 0;
  bool _begun = false;
  std::int64_t _last_ms = 0;
  double _full_ms = 0;  // when it will be
};

// Loop thread only.
class quotas {
 public:
  using values = std::map<std::string, double, std::less<>>;  // by Kafka's keys

  void set(const quota_entity& who, values v);  // empty: none any more
  const std::map<quota_entity, values>& all() const { return _all; }
  bool active() const { return !_all.empty(); }

  // The limit that holds for a client, the most specific one; nothing: no limit.
  std::optional<double> limit(quota_kind k, std::string_view user, std::string_view client_id) const;

  // Counts `amount` and says how long the client must wait, in ms. Units: bytes; for requests percent-seconds of the
  // request thread (a second of it is 100).
  std::int64_t record(quota_kind k, std::string_view user, std::string_view client_id, double amount,
                      std::int64_t now_ms);
  // Changes of topics: false if `strict` and there is a debt already; nothing is counted then.
  bool mutate(std::string_view user, std::string_view client_id, double partitions, bool strict, std::int64_t now_ms);
  std::int64_t mutation_wait_ms(std::string_view user, std::string_view client_id, std::int64_t now_ms);
  // A connection of `ip`: how long it is to be held before it is closed; 0: it is within the quota.
  std::int64_t connected(std::string_view ip, std::int64_t now_ms);

  void forget_idle(std::int64_t now_ms);
  std::size_t counted() const;  // clients and addresses of which something is remembered, by kinds

 private:
  struct found {
    double limit = 0;
    std::string who;  // the meter's key
  };
  std::optional<found> find(quota_kind k, std::string_view user, std::string_view client_id) const;

  template <class Count>
  Count& count_of(std::string who, std::unordered_map<std::string, Count>& all, std::int64_t now_ms);

  void count_kinds(const values& v, std::int64_t by);

  std::map<quota_entity, values> _all;
  std::array<std::int64_t, quota_kinds> _of_kind{};          // how many of `_all` have one
  std::set<std::pair<std::string, std::string>> _addresses;  // that have quotas: in their one form, and as written
  std::array<std::unordered_map<std::string, rate_meter>, quota_kinds> _meters;
  std::unordered_map<std::string, token_bucket> _buckets;
  std::int64_t _forgotten_ms = 0;
};

// An entry's key and value in the log (cluster_settings.h).
std::string encode_entity(const quota_entity& e);
std::optional<quota_entity> decode_entity(std::string_view key);
std::string encode_values(const quotas::values& v);
quotas::values decode_values(std::string_view text);

}  // namespace mes::bus::security
