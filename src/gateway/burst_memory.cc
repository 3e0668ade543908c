#include "gateway/burst_memory.h"

#include <malloc.h>

#include <algorithm>

namespace mes::gateway {
namespace {

constexpr std::uint64_t burst_connections = 500;
constexpr int looks_behind = 5;  // the loops let go of what they keep for the next request first
constexpr std::int64_t pause_ms = 60'000;

}  // namespace

void burst_memory::look(std::uint64_t connections, std::uint64_t most_since_last_look, std::int64_t now_ms) {
  _most = std::max({_most, connections, most_since_last_look});
  _looks = _most - connections < burst_connections ? 0 : _looks + 1;
  if (_looks < looks_behind || now_ms < _next_ms) return;
  malloc_trim(0);
  _most = connections;
  _next_ms = now_ms + pause_ms;
}

}  // namespace mes::gateway
