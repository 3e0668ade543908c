// For want of descriptors clients are turned away, or wait: the log is told when that begins, and when it is over.
#pragma once

#include <cstdint>
#include <mutex>

#include "observe/log.h"

namespace mes::gateway {

// Of all loops. Thread-safe.
class descriptor_outage {
 public:
  explicit descriptor_outage(const observe::logger& log) : _log(log) {}

  // A connection could not be accepted for `error` (errno). Times are monotonic.
  void note(int error, std::int64_t now_ms);
  // Whether it lasts: it is over once nobody was short of any for some seconds, and one can be had.
  bool lasts(std::int64_t now_ms);

 private:
  const observe::logger& _log;
  std::mutex _lock;
  bool _lasts = false;
  std::int64_t _noted_ms = 0;  // the last time
};

}  // namespace mes::gateway
