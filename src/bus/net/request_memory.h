// Memory of requests that have not come whole yet, of all connections together.
//
// A request has room for little more than what has come of it, so that what a client only announces takes nothing. At
// the limit none gets more but one at a time, the first that waits within a request: it can always be finished. The
// limit says when that begins, as Kafka's queued.max.request.bytes; the last that got room may go beyond it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace mes::bus::net {

class request_memory {
 public:
  explicit request_memory(std::size_t bytes_max) : _bytes_max(bytes_max == 0 ? SIZE_MAX : bytes_max) {}

  void take(std::size_t bytes) { _used += bytes; }
  void give_back(std::size_t bytes) { _used -= bytes; }
  std::size_t used() const { return _used; }
  bool is_full() const { return _used >= _bytes_max; }
  bool has_room(std::uint64_t connection) const { return !is_full() || connection == _first; }

  // Connections that wait for it, first come, first served; those within a request before the others.
  void wait(std::uint64_t connection, bool within_request) {
    (within_request ? _holders : _readers).push_back(connection);
  }
  std::optional<std::uint64_t> next();  // whose turn has come
  // Its request is whole, or it does not take its turn.
  void done(std::uint64_t connection) {
    if (_first == connection) _first = 0;
  }
  std::size_t waiting() const { return _holders.size() + _readers.size(); }

 private:
  std::size_t _bytes_max;
  std::size_t _used = 0;
  std::uint64_t _first = 0;  // goes beyond the limit; 0: none does
  std::deque<std::uint64_t> _holders, _readers;
};

}  // namespace mes::bus::net
