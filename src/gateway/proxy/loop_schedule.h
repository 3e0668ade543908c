// How a loop shares cores with others: in batches while many requests are under way, so that each time it runs it has
// more of them at hand; at once while there are few, for each of them would wait for whoever computes on that core.
#pragma once

#include <cstdint>

namespace mes::gateway {

// The loop's thread only.
class loop_schedule {
 public:
  void add(std::int64_t request_us) { _under_way_us += request_us; }  // how long one was under way
  void look(std::int64_t now_us);                                     // about once a second

 private:
  std::int64_t _looked_us = 0, _under_way_us = 0;
};

}  // namespace mes::gateway
