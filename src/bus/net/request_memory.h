// Memory of requests that have not come whole yet, of all connections together.
//
// A request that has begun has room for all of it, so that it can always be finished; nothing is read of connections
// whose next request cannot begin. The limit says when no more begin, as Kafka's queued.max.request.bytes: the last
// one that began may go beyond it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace mes::bus::net {

class request_memory {
 public:
  explicit request_memory(std::size_t bytes_max) : _bytes_max(bytes_max == 0 ? SIZE_MAX : bytes_max) {}

  // What memory is for: room of a request that has begun, or bytes that were read ahead and wait for their turn.
  enum class use : std::uint8_t { request, read_ahead };
  void take(use what, std::size_t bytes) { used_for(what) += bytes; }
  void give_back(use what, std::size_t bytes) { used_for(what) -= bytes; }
  std::size_t used() const { return _requests + _read_ahead; }

  // Whether a connection may be read that holds nothing.
  bool may_read() const { return used() < _bytes_max; }
  // Whether a request may begin whose first bytes are here. What is read ahead does not count: it may be just that.
  bool may_begin() const { return _requests < _bytes_max; }

  // Connections that wait for it, first come, first served; those that hold bytes already before the others.
  void wait(std::uint64_t connection, bool holds_bytes) { (holds_bytes ? _holders : _readers).push_back(connection); }
  std::optional<std::uint64_t> next();  // whose turn has come
  std::size_t waiting() const { return _holders.size() + _readers.size(); }

 private:
  std::size_t& used_for(use what) { return what == use::request ? _requests : _read_ahead; }

  std::size_t _bytes_max;
  std::size_t _requests = 0, _read_ahead = 0;
  std::deque<std::uint64_t> _holders, _readers;
};

}  // namespace mes::bus::net
