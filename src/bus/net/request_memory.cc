#include "bus/net/request_memory.h"

namespace mes::bus::net {

std::optional<std::uint64_t> request_memory::next() {
  auto& queue = _holders.empty() ? _readers : _holders;
  if (queue.empty() || !(_holders.empty() ? may_read() : may_begin())) return std::nullopt;
  const std::uint64_t connection = queue.front();
  queue.pop_front();
  return connection;
}

}  // namespace mes::bus::net
