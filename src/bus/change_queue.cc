#include "bus/change_queue.h"

#include <utility>

namespace mes::bus {

void change_queue::add(std::size_t bytes, std::move_only_function<void(turn)> begin) {
  _waiting.push_back({bytes, std::move(begin)});
  _waiting_bytes += bytes;
  if (!std::exchange(_is_taken, true)) next();
}

void change_queue::next() {
  if (_waiting.empty()) {
    _is_taken = false;
    return;
  }
  auto begin = std::move(_waiting.front().begin);
  _waiting_bytes -= _waiting.front().bytes;
  _waiting.pop_front();
  // It may end within a callback of the log, which is no place to begin the next one in.
  begin(std::shared_ptr<change_queue>(this, [](change_queue* q) { q->_loop.post([q] { q->next(); }); }));
}

}  // namespace mes::bus
