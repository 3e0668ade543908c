#include "gateway/plugins/rate_limiting/windows.h"

#include <algorithm>
#include <chrono>

namespace mes::gateway {

std::int64_t length_s(period p) {
  static constexpr std::array<std::int64_t, period_count> lengths = {1, 60, 3600, 86'400, 2'592'000, 31'536'000};
  return lengths[static_cast<std::size_t>(p)];
}

std::int64_t window_start_s(period p, std::int64_t now_s) {
  using namespace std::chrono;
  if (p < period::month) return now_s - now_s % length_s(p);
  sys_days day = floor<days>(sys_seconds(seconds(now_s)));
  year_month_day date(day);
  auto start = p == period::month ? sys_days(date.year() / date.month() / 1) : sys_days(date.year() / January / 1);
  return duration_cast<seconds>(start.time_since_epoch()).count();
}

window_counters::counts& window_counters::find_or_make(shard& s, std::string_view identifier,
                                                       const std::vector<window_limit>& limits, std::int64_t now_s) {
  if (auto found = s.by_identifier.find(identifier); found != s.by_identifier.end()) {
    s.by_use.splice(s.by_use.begin(), s.by_use, found->second);
    return *found->second;
  }
  // Two go for each that comes, as long as there are some whose windows are all over.
  std::int64_t over_before_s = now_s;
  for (const window_limit& l : limits) over_before_s = std::min(over_before_s, window_start_s(l.length, now_s));
  auto forget_quietest = [&] {
    s.by_identifier.erase(s.by_use.back().identifier);
    s.by_use.pop_back();
  };
  for (int i = 0; i < 2 && !s.by_use.empty() && s.by_use.back().last_s < over_before_s; ++i) forget_quietest();
  if (s.by_use.size() >= _shard_max && !s.by_use.empty()) forget_quietest();
  s.by_use.emplace_front().identifier = identifier;
  s.by_identifier.emplace(s.by_use.front().identifier, s.by_use.begin());
  return s.by_use.front();
}

std::size_t window_counters::identifiers() {
  std::size_t sum = 0;
  for (shard& s : _shards) {
    std::lock_guard lock(s.lock);
    sum += s.by_use.size();
  }
  return sum;
}

window_counters::decision window_counters::look(counts& c, const std::vector<window_limit>& limits,
                                                std::int64_t now_s) {
  decision out;
  c.last_s = now_s;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    auto p = static_cast<std::size_t>(limits[i].length);
    std::int64_t start = window_start_s(limits[i].length, now_s);
    // Who read the clock just before the window began is judged by it; further back, the clock was set.
    bool set_back = now_s + length_s(limits[i].length) < c.window[p];
    if (start > c.window[p] || set_back) {
      c.window[p] = start;
      c.used[p] = 0;
    }
    out.usage[i].used = c.used[p];
    if (c.used[p] >= static_cast<double>(limits[i].limit)) out.stopped_by = i;
  }
  return out;
}

window_counters::decision window_counters::take(std::string_view identifier, const std::vector<window_limit>& limits,
                                                std::int64_t now_s) {
  shard& s = shard_of(identifier);
  std::lock_guard lock(s.lock);
  counts& c = find_or_make(s, identifier, limits, now_s);
  decision out = look(c, limits, now_s);
  if (!out.stopped_by)
    for (const window_limit& l : limits) ++c.used[static_cast<std::size_t>(l.length)];
  return out;
}

window_counters::decision window_counters::look(std::string_view identifier, const std::vector<window_limit>& limits,
                                                std::int64_t now_s) {
  shard& s = shard_of(identifier);
  std::lock_guard lock(s.lock);
  return look(find_or_make(s, identifier, limits, now_s), limits, now_s);
}

void window_counters::add(std::string_view identifier, const std::vector<window_limit>& limits, std::int64_t now_s,
                          double amount) {
  shard& s = shard_of(identifier);
  std::lock_guard lock(s.lock);
  counts& c = find_or_make(s, identifier, limits, now_s);
  c.last_s = std::max(c.last_s, now_s);
  for (const window_limit& l : limits) {
    auto p = static_cast<std::size_t>(l.length);
    std::int64_t start = window_start_s(l.length, now_s);
    if (start < c.window[p]) continue;  // its window is over, and the one of now owes it nothing
    if (start > c.window[p]) c.used[p] = 0;
    c.window[p] = start;
    c.used[p] += amount;
  }
}

std::shared_ptr<window_counters> rate_limit_store::counters_of(const std::string& plugin_id) {
  std::lock_guard lock(_lock);
  // Those that are gone: as seldom as there are twice as many, so that a plugin's share of the work stays the same.
  if (_by_plugin.size() >= _sweep_at) {
    std::erase_if(_by_plugin, [](const auto& c) { return c.second.expired(); });
    _sweep_at = std::max(sweep_at_least, 2 * _by_plugin.size());
  }
  auto counters = _by_plugin[plugin_id].lock();
  if (!counters) _by_plugin[plugin_id] = counters = std::make_shared<window_counters>();
  return counters;
}

std::size_t rate_limit_store::known() {
  std::lock_guard lock(_lock);
  return _by_plugin.size();
}

}  // namespace mes::gateway
