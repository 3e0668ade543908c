// Changes of what administrators set, one after the other: each is built on what those before it have stored.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

#include "bus/net/poller.h"

namespace mes::bus {

// Loop thread only.
class change_queue {
 public:
  using turn = std::shared_ptr<void>;  // the next change begins when nobody holds it any more

  explicit change_queue(net::poller& loop) : _loop(loop) {}

  // `begin` is called in its turn, which may be now; `bytes` of memory wait with it.
  void add(std::size_t bytes, std::move_only_function<void(turn)> begin);
  std::size_t waiting_bytes() const { return _waiting_bytes; }

 private:
  struct waiting_change {
    std::size_t bytes;
    std::move_only_function<void(turn)> begin;
  };
  void next();

  net::poller& _loop;
  std::deque<waiting_change> _waiting;
  std::size_t _waiting_bytes = 0;
  bool _is_taken = false;
};

}  // namespace mes::bus
