// Leader epochs tell consumers where offsets were given a second time (KIP-320): what a disk has lost, or a folder that
// was put back from a copy did not have, leaves no other trace. So each start has one of its own, above all before.
//
// What was lost may have been the epoch itself, and what clients heard of since a copy was made is not in it. So it is
// at least the seconds since 2026: no client has heard of it, unless the clock went back; then it is Kafka's, the next
// one. Clients compare epochs, no more. The first start of a folder has 0, as Kafka's topics.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mes::bus::log {

inline std::int32_t next_leader_epoch(std::int32_t last, std::int64_t now_ms) {
  constexpr std::int64_t since_s = 1'767'225'600;  // 2026-01-01
  // Until 2093, and whatever a wrong clock has said: so many starts have room above it.
  constexpr std::int64_t by_clock_max = INT32_MAX - (1 << 24);
  const std::int64_t by_clock = std::clamp<std::int64_t>(now_ms / 1'000 - since_s, 0, by_clock_max);
  return static_cast<std::int32_t>(std::max(by_clock, std::min<std::int64_t>(std::int64_t{last} + 1, INT32_MAX)));
}

}  // namespace mes::bus::log
