// What the console counts of itself.
#pragma once

#include <chrono>
#include <string_view>

#include "observe/metrics.h"

namespace mes::console {

class probe {
 public:
  explicit probe(observe::registry& metrics) : _metrics(metrics) {}

  // `route` is one of few: "/api/bus", "/metrics", "pages".
  void answered(std::string_view route, std::string_view method, int status, std::chrono::nanoseconds took);

 private:
  observe::registry& _metrics;
};

}  // namespace mes::console
