#include "gateway/balancer/peer_health.h"

namespace mes::gateway {

bool peer_health::note(sighting what, int limit) {
  if (limit <= 0) return false;
  bool good = what == sighting::success;
  // The common case costs no lock: one more success of what is healthy, one more failure of what is not.
  if (good == healthy() && !_counting.load(std::memory_order_relaxed)) return false;
  std::lock_guard lock(_lock);
  auto count = [&](sighting s) -> int& { return _counts[static_cast<std::size_t>(s)]; };
  int now = ++count(what);
  for (sighting other : {sighting::success, sighting::tcp_failure, sighting::timeout, sighting::http_failure})
    if ((other == sighting::success) != good) count(other) = 0;
  if (good == healthy()) {  // nothing to reach in this direction; it has started the other one over
    count(what) = 0;
  } else if (now >= limit) {
    _counts = {};
    _healthy.store(good, std::memory_order_relaxed);
    _counting.store(false, std::memory_order_relaxed);
    return true;
  }
  _counting.store(_counts != std::array<int, 4>{}, std::memory_order_relaxed);
  return false;
}

void peer_health::set(bool healthy) {
  std::lock_guard lock(_lock);
  _counts = {};
  _counting.store(false, std::memory_order_relaxed);
  _healthy.store(healthy, std::memory_order_relaxed);
}

}  // namespace mes::gateway
