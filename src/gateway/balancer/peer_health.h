// Whether one address of a target takes requests, by what was seen of it: the counters of Kong's health checks
// (lua-resty-healthcheck).
//
// Failures in a row, of one kind, up to its limit make it unhealthy; successes in a row make it healthy. Any success
// starts the failures over, any failure the successes. A limit of 0 counts nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace mes::gateway {

enum class sighting : std::uint8_t { success, tcp_failure, timeout, http_failure };

// Thread-safe.
class peer_health {
 public:
  bool healthy() const { return _healthy.load(std::memory_order_relaxed); }
  // True if this has changed what healthy() says.
  bool note(sighting what, int limit);
  void set(bool healthy);  // from now on, with fresh counters
  // Milliseconds (monotonic) of the last change to unhealthy.
  std::int64_t unhealthy_since_ms() const { return _since_ms.load(std::memory_order_relaxed); }
  void stamp(std::int64_t now_ms) { _since_ms.store(now_ms, std::memory_order_relaxed); }

 private:
  std::atomic<bool> _healthy = true;
  std::atomic<bool> _counting = false;  // some counter is not zero
  std::atomic<std::int64_t> _since_ms = 0;
  std::mutex _lock;
  std::array<int, 4> _counts{};
};

}  // namespace mes::gateway
