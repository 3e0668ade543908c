// Things that are dear to make, kept from one use to the next: as many as were needed at once of late.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mes::gateway {

// Of one loop; not thread-safe. What was used last goes first: it is warm in the cache.
template <class Thing>
class spares {
 public:
  static constexpr std::size_t few = 64;  // stay whatever happens

  explicit spares(std::size_t max = SIZE_MAX) : _max(max) {}

  std::optional<Thing> take() {
    if (_kept.empty()) return std::nullopt;
    std::optional<Thing> newest(std::move(_kept.back()));
    _kept.pop_back();
    _fewest = std::min(_fewest, _kept.size());
    return newest;
  }

  void give(Thing used) {
    if (_kept.size() < _max) _kept.push_back(std::move(used));
  }

  // Every second or so: lets go of those that nobody has needed since the last time.
  void tidy() {
    const std::size_t needed = std::max(_kept.size() - _fewest, few);
    if (_kept.size() > needed) _kept.erase(_kept.begin(), _kept.end() - static_cast<std::ptrdiff_t>(needed));
    _fewest = _kept.size();
  }

  std::size_t size() const { return _kept.size(); }

 private:
  std::vector<Thing> _kept;  // the newest last
  std::size_t _fewest = 0;   // since tidy()
  std::size_t _max;
};

}  // namespace mes::gateway
