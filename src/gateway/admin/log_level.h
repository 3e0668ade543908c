// The log's level, changed for a while (Kong's /debug/node/log-level).
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "observe/log.h"
#include "runtime/event_loop.h"

namespace mes::gateway {

// On the process' loop.
class log_level {
 public:
  // `configured` is what it goes back to.
  log_level(runtime::event_loop& loop, observe::logger& log, observe::level configured)
      : _loop(loop), _log(log), _configured(configured), _now(configured) {}

  observe::level now() const { return _now; }
  void set(observe::level next, std::chrono::seconds lasts);

 private:
  void use(observe::level next);

  runtime::event_loop& _loop;
  observe::logger& _log;
  const observe::level _configured;
  observe::level _now;
  std::shared_ptr<runtime::event_loop::timer> _end;
};

std::string_view name_of(observe::level level);

}  // namespace mes::gateway
