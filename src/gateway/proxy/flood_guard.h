// Counts what costs the gateway more than its peer, and says when it is too much.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mes::gateway {

// A bucket of tokens: `burst` at once, refilled by `per_second`.
class flood_guard {
 public:
  constexpr flood_guard(std::int64_t burst, std::int64_t per_second)
      : _burst_ms(burst * 1000), _per_second(per_second), _left_ms(burst * 1000) {}

  // False: the bucket is empty.
  bool take(std::int64_t now_ms) {
    _left_ms = std::min(_burst_ms, _left_ms + (now_ms - _last_ms) * _per_second);
    _last_ms = now_ms;
    if (_left_ms < 1000) return false;
    _left_ms -= 1000;
    return true;
  }

 private:
  std::int64_t _burst_ms, _per_second, _left_ms;  // thousandths of a token
  std::int64_t _last_ms = 0;
};

}  // namespace mes::gateway
