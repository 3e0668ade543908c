// A named thread that is joined where its handle ends: how threads are started outside of event loops.
//
// Signals stay with the main thread. The body must not throw, and its owner tells it to stop before the handle ends.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace mes::runtime {

class thread {
 public:
  thread() = default;
  thread(std::string name, std::function<void()> body);  // the system shows the first 15 characters of the name
  thread(thread&&) noexcept = default;
  thread& operator=(thread&&) noexcept = default;
  ~thread() { join(); }

  void join() {
    if (_thread.joinable()) _thread.join();
  }
  // Leaves it to itself: its body owns all that it uses.
  void let_go() { _thread.detach(); }
  bool is_current() const { return _thread.get_id() == std::this_thread::get_id(); }

 private:
  std::thread _thread;
};

// How the calling thread, one that serves many connections, shares cores with others. At once: it takes the core from
// who is running when it is woken, as Linux does by itself. In batches: it does not, and runs for about `slice` before
// others have their turn (from Linux 6.12 on; before, for the system's own slice). So more events are at hand when it
// runs, and a switch of threads serves several requests; but where others compute, each wake-up waits for them. A core
// that is idle is taken at once in both. Needs no privilege. False: nothing is changed, as somebody has chosen how this
// process is scheduled, or the system refuses.
// sched(7), SCHED_BATCH; sched_setattr(2).
bool serve_in_batches(std::chrono::nanoseconds slice);
bool serve_at_once();

}  // namespace mes::runtime
