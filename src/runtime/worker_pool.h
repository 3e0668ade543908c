// A few threads for work that blocks, such as calls to other services; started when the first work comes.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace mes::runtime {

class worker_pool {
 public:
  worker_pool(std::size_t threads, std::size_t queue_max);
  ~worker_pool();                         // ends what is queued, then joins
  bool post(std::function<void()> work);  // thread-safe; false: the queue is full

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
