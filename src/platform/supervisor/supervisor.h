// Keeps a set of processes running: starts them, asks until they are ready, restarts what crashes, stops in order.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "platform/supervisor/part.h"
#include "runtime/event_loop.h"

namespace mes::platform {

struct supervisor_options {
  std::filesystem::path logs;  // the folder for ROLE.log
  std::chrono::milliseconds ask_every{15};
  std::chrono::milliseconds back_off_first{100};  // doubles with each crash …
  std::chrono::milliseconds back_off_max{10'000};
  std::chrono::milliseconds healthy_after{30'000};  // … and starts again after so long a life
  std::chrono::milliseconds stop_grace{15'000};     // for each part, then SIGKILL
  std::chrono::milliseconds start_deadline{60'000};
  int start_crashes_max = 5;  // of one part, before everything was ready for the first time
};

// Single-threaded: everything on the loop's thread, callbacks too.
class supervisor {
 public:
  struct callbacks {
    std::function<void(const std::string& line)> report;  // what an operator wants to know, one sentence
    std::function<void()> ready;                          // every part is ready for the first time
    // Before that: this part crashed too often, cannot start, or is not ready by the deadline.
    std::function<void(const std::string& part, const std::string& why)> failed;
  };

  supervisor(runtime::event_loop& loop, std::vector<part> parts, supervisor_options options, callbacks tell);
  ~supervisor();
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  void start();
  // SIGTERM to each part once all that need it have ended; `done` when none is left. A second call is ignored.
  void stop(std::function<void()> done);
  result<void> restart(std::string_view name);  // SIGTERM, then start again at once

  std::vector<part_status> status() const;
  bool ready() const;  // all parts are
  std::vector<std::string> last_lines(std::string_view name, std::size_t count) const;

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::platform
