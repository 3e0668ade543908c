// One thread's loop of events: timers, posted work, and the sockets of the servers that live on it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace mes::runtime {

class event_loop {
 public:
  event_loop();
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  void run();   // until stop(); at once if that came before, as from one who ends a new thread
  void stop();  // thread-safe
  void post(std::function<void()> work);  // thread-safe; runs on the loop's thread
  bool is_current() const;                // whether this is the loop's thread, inside run()
  boost::asio::io_context& context();     // for files of runtime/, gateway/proxy, bus that own sockets

  // Runs `work` once after `delay`, on the loop's thread. Destroying the handle cancels it, so it must be kept.
  // Loop thread only (or before run()).
  class timer;
  std::shared_ptr<timer> after(std::chrono::milliseconds delay, std::function<void()> work);
  // Runs `work` each `period` until the handle is destroyed.
  std::shared_ptr<timer> every(std::chrono::milliseconds period, std::function<void()> work);

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
