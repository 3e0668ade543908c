// The data plane's event loop: one thread, edge-triggered epoll, sockets that call back.
//
// Written by hand and not on Asio because the proxy's cost is its system calls: here a kept connection costs one
// epoll_ctl in its life, and a request four calls (receive, send, receive, send) plus its share of epoll_wait.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "gateway/net/buffer.h"
#include "gateway/net/send_batch.h"

namespace mes::gateway {

// Something with a file descriptor on a loop.
class event_target {
 public:
  virtual ~event_target() = default;
  virtual void on_events(std::uint32_t epoll_events) = 0;
  virtual void on_turn_end() {}  // if net_loop::at_turn_end() was called for it
  // What on_turn_end() will write first, if anything: it may be sent then already, together with others'.
  virtual message_due first_message() { return {}; }

 private:
  friend class net_loop;
  bool _asked_for_turn_end = false;
};

class net_loop {
 public:
  net_loop();
  ~net_loop();
  net_loop(const net_loop&) = delete;
  net_loop& operator=(const net_loop&) = delete;

  void run();                             // until stop()
  void stop();                            // thread-safe
  void post(std::function<void()> work);  // thread-safe; runs on the loop's thread

  // Loop thread only, or before run().
  void watch(int fd, event_target& target);         // in, out, hang-up; edge-triggered; until the descriptor is closed
  void watch_accept(int fd, event_target& target);  // in; level-triggered
  void rest_accept(int fd, event_target& target);   // what waits there is not told of until it is resumed
  void resume_accept(int fd, event_target& target);
  void rewatch(int fd, event_target& target);  // a watched descriptor's events go to another target from now on
  void bury(std::shared_ptr<void> dead);       // destroys it after the events at hand were handled

  // Calls target.on_turn_end() once the events at hand were handled, so that what they caused is written in one go.
  // A target that is going away takes itself off.
  void at_turn_end(event_target& target);
  void forget_turn_end(event_target& target);
  void use(std::unique_ptr<send_batch> batch) { _batch = std::move(batch); }  // for what is written at a turn's end

  // Called about every `interval_ms` while it returns true (there is something that can time out).
  void set_sweep(std::function<bool(std::int64_t now_ms)> sweep, std::int64_t interval_ms = 1000) {
    _sweep = std::move(sweep);
    _sweep_interval_ms = interval_ms;
  }
  void start_sweeping();
  // A sweep finds this moment passed within 10 ms of it, not with the next regular one.
  void sweep_by(std::int64_t at_ms) { _next_sweep_ms = std::min(_next_sweep_ms, std::max(at_ms, now_ms() + 10)); }

  std::int64_t now_us() const { return _now_us; }  // monotonic, as of the events at hand
  std::int64_t now_ms() const { return _now_us / 1000; }
  static std::int64_t clock_us();  // monotonic, now
  // What the time was at a moment of the monotonic clock near now.
  instant time_at(std::int64_t monotonic_us) const { return {monotonic_us + _time_ahead_us}; }
  block_pool& blocks() { return _blocks; }
  char* scratch() { return _scratch.get(); }  // for one read at a time
  static constexpr std::size_t scratch_bytes = 64 << 10;

 private:
  void control(int what, int fd, std::uint32_t events, event_target& target);
  void tell_time();
  void run_posted();
  void run_sweep();
  void end_turn();
  void send_first_messages();
  int wait_ms() const;

  int _epoll = -1;
  int _wake = -1;
  std::atomic<bool> _stopping = false;
  std::mutex _lock;
  std::vector<std::function<void()>> _posted;
  std::vector<std::shared_ptr<void>> _graveyard;
  std::vector<event_target*> _at_turn_end, _ending_turn;
  std::unique_ptr<send_batch> _batch;  // nullptr: each sends for itself
  std::vector<message_due> _messages;
  std::function<bool(std::int64_t)> _sweep;
  std::int64_t _sweep_interval_ms = 1000;
  std::int64_t _next_sweep_ms = 0;  // 0: not sweeping
  std::int64_t _now_us = 0;
  std::int64_t _time_ahead_us = 0;  // of the monotonic clock, as of the events at hand
  block_pool _blocks;
  std::unique_ptr<char[]> _scratch;
};

}  // namespace mes::gateway
