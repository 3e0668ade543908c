// A client's connection as its worker keeps it, whatever protocol it speaks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/net/loop.h"

namespace mes::gateway {

class client_connection : public event_target {
 public:
  virtual void sweep(std::int64_t now_ms) = 0;  // ends what has taken too long; about once a second
  virtual void drain() = 0;                     // closes if idle; else after the running exchanges
  virtual void end_now() = 0;                   // closes; what was under way is told of as cut off

  std::size_t index = 0;  // in the worker's list
};

}  // namespace mes::gateway
