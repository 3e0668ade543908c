// Sends log lines to the telemetry store over TCP, newline-delimited, as long as it takes; never holds up who logs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "observe/metrics.h"
#include "runtime/event_loop.h"

namespace mes::runtime {

// Lines wait in a buffer of 4 MiB while the store is away; when it is full the oldest go, and are counted in
// mes_log_lines_dropped_total. A batch that a broken connection cut off is sent again from its first unsent line, so a
// line may arrive twice but is not lost while the process lives. Costs nothing while nothing is logged.
class log_shipper {
 public:
  log_shipper(event_loop& loop, std::string host, std::uint16_t port, observe::registry& metrics);
  ~log_shipper();  // loop thread, or after run()

  void ship(std::string lines);  // thread-safe; each ends with '\n'

  // Calls `done` on the loop when all is sent, or at once when the store cannot be reached. Loop thread only.
  void flush(std::function<void()> done);

 private:
  struct state;
  std::shared_ptr<state> _state;
};

}  // namespace mes::runtime
