#include "gateway/proxy/loop_schedule.h"

#include <chrono>
#include <utility>

#include "runtime/thread.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t many = 3, few = 2;  // on average (Little's law)
// Of the cores' time, for a loop: twice what Linux gives on two cores. From 6 ms on the slowest thousandth of requests
// waits for others' slices.
constexpr std::chrono::milliseconds slice(3);

}  // namespace

void loop_schedule::look(std::int64_t now_us) {
  const std::int64_t time_us = now_us - std::exchange(_looked_us, now_us);
  const std::int64_t under_way_us = std::exchange(_under_way_us, 0);
  if (under_way_us >= many * time_us)
    runtime::serve_in_batches(slice);
  else if (under_way_us < few * time_us)
    runtime::serve_at_once();
}

}  // namespace mes::gateway
