// Counts of requests in windows of the UTC calendar, exact under concurrency.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_map.h"

namespace mes::gateway {

enum class period : std::uint8_t { second, minute, hour, day, month, year };
inline constexpr std::size_t period_count = 6;

// Kong's lengths: a month is 30 days, a year 365, whatever the calendar says.
std::int64_t length_s(period p);
// Start of the calendar window that `now_s` (since 1970, UTC) lies in.
std::int64_t window_start_s(period p, std::int64_t now_s);

// Counts are numbers as Lua has them: what an answer costs may have a fraction. Up to here they are exact, and no limit
// and no cost is more.
inline constexpr double whole_max = 9'007'199'254'740'992;  // 2^53

struct window_limit {
  period length = period::minute;
  std::int64_t limit = 0;
};

struct window_usage {
  double used = 0;  // before this request
};

// The counters of all limits with one scope (a plugin's). Thread-safe; an identifier is forgotten some time after its
// windows are over. They are bounded: beyond, whoever was quiet longest loses its counts.
class window_counters {
 public:
  explicit window_counters(std::size_t identifiers_max = 65'536) : _shard_max(identifiers_max / shards) {}

  struct decision {
    std::array<window_usage, period_count> usage;  // by index in `limits`
    std::optional<std::size_t> stopped_by;         // index in `limits`; then nothing was counted
  };

  // Counts one request against all limits, or against none if one of them is used up: one atomic step.
  decision take(std::string_view identifier, const std::vector<window_limit>& limits, std::int64_t now_s);

  // What was used, and adding to it: for limits whose cost is known only afterwards. What is added counts in the
  // windows of `now_s`, when its request was looked at: not where they are over by now.
  decision look(std::string_view identifier, const std::vector<window_limit>& limits, std::int64_t now_s);
  void add(std::string_view identifier, const std::vector<window_limit>& limits, std::int64_t now_s, double amount);

  std::size_t identifiers();  // that are known now

 private:
  static constexpr std::size_t shards = 16;
  struct counts {
    std::string identifier;
    std::array<std::int64_t, period_count> window{};  // start, by period
    std::array<double, period_count> used{};
    std::int64_t last_s = 0;
  };
  struct shard {
    std::mutex lock;
    std::list<counts> by_use;  // the latest first
    std::unordered_map<std::string_view, std::list<counts>::iterator, text_hash> by_identifier;
  };

  counts& find_or_make(shard& s, std::string_view identifier, const std::vector<window_limit>& limits,
                       std::int64_t now_s);
  shard& shard_of(std::string_view identifier) { return _shards[text_hash{}(identifier) % shards]; }
  static decision look(counts& c, const std::vector<window_limit>& limits, std::int64_t now_s);

  std::array<shard, shards> _shards;
  std::size_t _shard_max;
};

// Counters by plugin id: they outlive a reload that leaves the plugin, whose instances hold them.
class rate_limit_store {
 public:
  std::shared_ptr<window_counters> counters_of(const std::string& plugin_id);
  std::size_t known();  // also some that are gone

 private:
  static constexpr std::size_t sweep_at_least = 64;
  std::mutex _lock;
  std::size_t _sweep_at = sweep_at_least;
  std::unordered_map<std::string, std::weak_ptr<window_counters>> _by_plugin;
};

}  // namespace mes::gateway
