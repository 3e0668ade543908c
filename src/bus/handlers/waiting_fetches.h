// Fetches that wait for data, one of a connection at most: what came behind it is not looked at before it is answered,
// as in Kafka. Each counts what its partitions have as they grow, so that a record costs a look at its own partition
// alone. Their memory has a bound; beyond it the largest is answered with what there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "bus/handlers/data.h"

namespace mes::bus {

class waiting_fetches {
 public:
  waiting_fetches(broker& of, std::size_t bytes_max) : _of(of), _bytes_max(bytes_max == 0 ? SIZE_MAX : bytes_max) {}

  void add(std::unique_ptr<waiting_fetch> fetch);
  void grew(const log::partition& p) { _grown.insert(&p); }  // or was deleted; wake() looks at it
  void wake();
  void hurry(std::uint64_t connection);  // its fetch is answered now
  void forget(std::uint64_t connection);

  std::size_t size() const { return _fetches.size(); }
  std::size_t bytes() const { return _bytes; }
  std::uint64_t cut_short() const { return _cut_short; }

 private:
  struct watcher {
    waiting_fetch* fetch;
    const waiting_fetch::topic_part* topic;
    waiting_fetch::part* part;
  };
  std::unique_ptr<waiting_fetch> take(std::uint64_t connection);
  void answer(std::uint64_t connection);
  void make_room();

  broker& _of;
  const std::size_t _bytes_max;
  std::size_t _bytes = 0;
  std::uint64_t _cut_short = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<waiting_fetch>> _fetches;  // by connection
  std::set<std::pair<std::size_t, std::uint64_t>> _by_size;                    // bytes, connection
  std::unordered_map<const log::partition*, std::unordered_map<std::uint64_t, watcher>> _watchers;
  std::unordered_set<const log::partition*> _grown;
};

}  // namespace mes::bus
