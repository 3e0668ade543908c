// Names the requests that took long, at most one a second.
#pragma once

#include <chrono>
#include <cstdint>

namespace mes::bus::handlers {

struct call;

class slow_requests {
 public:
  // An answer is on its way; counts its time, and logs it if it is longer than the setting slow_request_ms allows.
  void answered(const call& c);

 private:
  std::chrono::steady_clock::time_point _told;
  std::uint64_t _untold = 0;
};

}  // namespace mes::bus::handlers
