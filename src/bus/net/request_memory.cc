#include "bus/net/request_memory.h"

namespace mes::bus::net {

std::optional<std::uint64_t> request_memory::next() {
  if (is_full() && (_first != 0 || _holders.empty())) return std::nullopt;
  auto& queue = _holders.empty() ? _readers : _holders;
  if (queue.empty()) return std::nullopt;
  const std::uint64_t connection = queue.front();
  queue.pop_front();
  if (is_full()) _first = connection;
  return connection;
}

}  // namespace mes::bus::net
