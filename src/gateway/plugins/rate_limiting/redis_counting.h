// Counting in Redis, with Kong's keys and expirations, so that gateways and Kong nodes share their limits.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/plugins/rate_limiting/periods.h"
#include "gateway/plugins/redis/redis_link.h"

namespace mes::gateway {

// "ratelimit:<route>:<service>:<identifier>:<start of the window, ms>:<period>"
std::string counter_key(const key_scope& scope, std::string_view identifier, period p, std::int64_t now_s);

// Counts one request against all limits, or against none if one of them is used up, and gives what was there before, by
// limit; the first of a window sets its expiration. One atomic step, as `window_counters::take`.
redis_command count_one(std::vector<std::string> keys, const std::vector<window_limit>& limits);

// What Redis says to a request that waits for it; written on the link's thread before the request goes on.
struct redis_answer {
  std::vector<double> used;  // by limit
  bool failed = false;

  void take(const redis_replies& replies);
};

// Counts that are kept here and brought to Redis every `sync_rate` seconds (Kong's sync_rate): cheap, and as exact as
// the time between two of them. What Redis has not taken is sent again until its window is over. Thread-safe.
class synced_counts : public std::enable_shared_from_this<synced_counts> {
 public:
  // The clock outlives it.
  synced_counts(std::shared_ptr<redis_link> link, const wall_clock& clock, double rate_s)
      : _link(std::move(link)), _clock(clock), _rate_s(rate_s) {}

  // False: this key has not been asked for yet; `adopt` what Redis says of it. While very many are known it stays so:
  // Redis is asked each time. What is known already takes what others have added meanwhile.
  bool look(const std::string& key, double& used);
  void adopt(const std::string& key, period p, double used, std::int64_t expires_s);
  void add(const std::string& key);
  void forget_expired(std::int64_t now_s);  // once a second, however often it is called

 private:
  struct count {
    period length = period::second;
    double used = 0;
    std::int64_t delta = 0, expires_s = 0;
  };
  struct sent_count {
    std::string key;
    std::int64_t delta = 0;
  };
  void schedule(double delay_s);  // under the lock
  void sync();
  void settle(const std::vector<sent_count>& sent, const redis_replies& replies);

  std::shared_ptr<redis_link> _link;
  const wall_clock& _clock;
  const double _rate_s;
  std::mutex _lock;
  std::unordered_map<std::string, count> _counts;
  std::vector<std::string> _changed;  // those with a delta, which are never forgotten
  std::int64_t _swept_s = 0;
  bool _scheduled = false;
};

}  // namespace mes::gateway
