#include "runtime/worker_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "runtime/thread.h"

namespace mes::runtime {

struct worker_pool::state {
  std::size_t threads_max;
  std::size_t queue_max;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> queue;
  std::vector<thread> threads;
  std::size_t idle = 0;
  bool stopping = false;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      --idle;
      if (queue.empty()) return;
      auto work = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }
};

worker_pool::worker_pool(std::size_t threads, std::size_t queue_max) : _state(std::make_unique<state>()) {
  _state->threads_max = threads;
  _state->queue_max = queue_max;
}

worker_pool::~worker_pool() {
  {
    std::lock_guard lock(_state->mutex);
    _state->stopping = true;
  }
  _state->wake.notify_all();
  _state->threads.clear();
}

bool worker_pool::post(std::function<void()> work) {
  std::lock_guard lock(_state->mutex);
  if (_state->queue.size() >= _state->queue_max) return false;
  _state->queue.push_back(std::move(work));
  if (_state->idle < _state->queue.size() && _state->threads.size() < _state->threads_max)
    _state->threads.emplace_back("calls", [s = _state.get()] { s->run(); });
  _state->wake.notify_one();
  return true;
}

}  // namespace mes::runtime
