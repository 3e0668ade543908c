// A named thread that is joined where its handle ends: how threads are started outside of event loops.
//
// Signals stay with the main thread. The body must not throw, and its owner tells it to stop before the handle ends.
#pragma once

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
  bool is_current() const { return _thread.get_id() == std::this_thread::get_id(); }

 private:
  std::thread _thread;
};

}  // namespace mes::runtime
