// How long a thread waits for a server: for its own time, or until whoever stops it has had enough.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

namespace mes::gateway {

// Set from another thread; who waits looks at it twenty times a second.
class wait_end {
 public:
  using steady = std::chrono::steady_clock;

  void set(steady::time_point at) { _at = at; }
  steady::time_point at() const { return _at; }
  bool passed() const { return steady::now() >= at(); }

 private:
  std::atomic<steady::time_point> _at{steady::time_point::max()};
};

class deadline {
 public:
  using milliseconds = std::chrono::milliseconds;

  // `end` outlives this.
  deadline(milliseconds timeout, const wait_end& end) : deadline(wait_end::steady::now() + bounded(timeout), end) {}

  // No time is a minute, as nginx takes it.
  static milliseconds bounded(milliseconds timeout) {
    return timeout.count() > 0 ? std::min<milliseconds>(timeout, std::chrono::hours(24)) : std::chrono::minutes(1);
  }

  // How long to wait before this is asked again; 0: no more.
  milliseconds slice() const { return std::clamp(left(), milliseconds(0), milliseconds(50)); }
  // For the first of so many tries that share the time.
  deadline share(int tries) const { return {wait_end::steady::now() + left() / std::max(tries, 1), *_end}; }

 private:
  deadline(wait_end::steady::time_point own, const wait_end& end) : _own(own), _end(&end) {}
  milliseconds left() const {
    return std::chrono::ceil<milliseconds>(std::min(_own, _end->at()) - wait_end::steady::now());
  }

  wait_end::steady::time_point _own;
  const wait_end* _end;
};

}  // namespace mes::gateway
