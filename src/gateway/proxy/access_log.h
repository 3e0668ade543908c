// The access log of one loop: the lines of a turn are written together, one write(2) for many requests.
#pragma once

#include <string>

#include "gateway/net/loop.h"
#include "observe/log.h"

namespace mes::gateway {

// Loop thread only; flush() also once that has ended.
class access_log final : public event_target {
 public:
  access_log(net_loop& loop, const observe::logger& log) : _loop(loop), _log(log) {}

  void add(std::initializer_list<observe::field> fields, const observe::log_scope& scope) {
    if (_lines.empty()) _loop.at_turn_end(*this);
    _log.append(_lines, observe::level::info, "request", fields, scope);
  }
  void flush() {
    if (!_lines.empty()) _log.emit(_lines);
  }
  bool enabled() const { return _log.enabled(observe::level::info); }

  void on_events(std::uint32_t) override {}
  void on_turn_end() override { flush(); }

 private:
  net_loop& _loop;
  const observe::logger& _log;
  std::string _lines;
};

}  // namespace mes::gateway
