#include "gateway/plugins/rate_limiting/redis_counting.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mes::gateway {
namespace {

constexpr std::size_t keys_max = 65'536;

}  // namespace

std::string counter_key(const key_scope& scope, std::string_view identifier, period p, std::int64_t now_s) {
  return fmt::format("ratelimit:{}:{}:{}:{}:{}", scope.route, scope.service, identifier,
                     window_start_s(p, now_s) * 1000, period_names[static_cast<std::size_t>(p)]);
}

redis_command count_one(std::vector<std::string> keys, const std::vector<window_limit>& limits) {
  // The keys are not told as such: in cluster mode Redis refuses those of several slots, though one node has them all.
  static constexpr const char* script = R"(
local used, free = {}, true
for i = 1, #ARGV, 3 do
  used[#used + 1] = tonumber(redis.call('get', ARGV[i]) or 0)
  free = free and used[#used] < tonumber(ARGV[i + 1])
end
for i = 1, free and #ARGV or 0, 3 do
  if redis.call('incr', ARGV[i]) == 1 then redis.call('expire', ARGV[i], ARGV[i + 2]) end
end
return used)";
  redis_command out = {"EVAL", script, "0"};
  for (std::size_t i = 0; i < limits.size(); ++i) {
    out.push_back(std::move(keys[i]));
    out.push_back(std::to_string(limits[i].limit));
    out.push_back(std::to_string(length_s(limits[i].length)));
  }
  return out;
}

void redis_answer::take(const redis_replies& replies) {
  for (const redis_reply& r : replies) {
    failed |= !r;
    used.push_back(static_cast<double>(r.value_or(0)));
  }
}

bool synced_counts::look(const std::string& key, double& used) {
  std::lock_guard lock(_lock);
  auto found = _counts.find(key);
  if (found == _counts.end()) return false;
  used = found->second.used + static_cast<double>(found->second.delta);
  return true;
}

void synced_counts::adopt(const std::string& key, period p, double used, std::int64_t expires_s) {
  std::lock_guard lock(_lock);
  if (auto known = _counts.find(key); known != _counts.end())
    known->second.used = std::max(known->second.used, used);
  else if (_counts.size() < keys_max)
    _counts.emplace(key, count{.length = p, .used = used, .expires_s = expires_s});
}

void synced_counts::add(const std::string& key) {
  std::lock_guard lock(_lock);
  auto found = _counts.find(key);
  if (found == _counts.end()) return;
  if (found->second.delta++ == 0) _changed.push_back(key);
  schedule(_rate_s);
}

void synced_counts::schedule(double delay_s) {
  if (std::exchange(_scheduled, true)) return;
  // Strong: a reload may take the plugin away before its counts are sent.
  _link->later(std::chrono::duration<double>(delay_s), [self = shared_from_this()] { self->sync(); });
}

void synced_counts::forget_expired(std::int64_t now_s) {
  std::lock_guard lock(_lock);
  if (now_s == std::exchange(_swept_s, now_s)) return;
  std::erase_if(_counts, [&](const auto& entry) { return entry.second.expires_s <= now_s && entry.second.delta == 0; });
}

// What was added goes to Redis; what others have added comes back with it.
void synced_counts::sync() {
  static constexpr const char* script =
      "local n = redis.call('incrby', KEYS[1], ARGV[1]) if n == tonumber(ARGV[1]) then redis.call('expire', KEYS[1], "
      "ARGV[2]) end return n";
  std::vector<redis_command> commands;
  std::vector<sent_count> sent;
  {
    std::lock_guard lock(_lock);
    _scheduled = false;
    for (const std::string& key : std::exchange(_changed, {})) {
      count& c = _counts.at(key);
      commands.push_back({"EVAL", script, "1", key, std::to_string(c.delta), std::to_string(length_s(c.length))});
      sent.push_back({.key = key, .delta = c.delta});
      c.used += static_cast<double>(c.delta);
      c.delta = 0;
    }
  }
  if (commands.empty()) return;
  auto done = [self = shared_from_this(), sent](const redis_replies& replies) { self->settle(sent, replies); };
  if (!_link->send(std::move(commands), 1, done))
    settle(sent, redis_replies(sent.size(), std::unexpected(redis_failure::not_taken)));
}

// What Redis has surely not taken goes again. What is in doubt does not: a Redis that is slow rather than away carries
// it out, and would count it once more with each try. So the others see it at most once (as with Kong, which forgets
// whatever fails), and this gateway goes on counting it until Redis says what it has. The same holds for what it
// refuses.
void synced_counts::settle(const std::vector<sent_count>& sent, const redis_replies& replies) {
  const std::int64_t now_s = _clock.now_ms() / 1000;
  std::lock_guard lock(_lock);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    auto found = _counts.find(sent[i].key);
    if (found == _counts.end()) continue;
    count& c = found->second;
    if (replies[i]) {
      c.used = static_cast<double>(*replies[i]);
    } else if (replies[i].error() == redis_failure::not_taken && c.expires_s > now_s) {
      c.used -= static_cast<double>(sent[i].delta);
      if (c.delta == 0) _changed.push_back(sent[i].key);
      c.delta += sent[i].delta;
    }
  }
  // While Redis rests, nothing could be sent anyway.
  if (!_changed.empty())
    schedule(std::max(_rate_s, std::chrono::duration<double>(redis_link::rest_after_failure).count()));
}

}  // namespace mes::gateway
