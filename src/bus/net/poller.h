// The broker's loop: readiness of sockets (epoll), timers, and wake-ups from other threads. Written by hand because the
// broker's speed is this loop's speed; one thread runs it, and sleeps without any timer when there is nothing to do.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mes::bus::net {

// Monotonic milliseconds.
std::int64_t now_ms();

class poller {
 public:
  using ready = std::function<void(std::uint32_t events)>;  // EPOLLIN, EPOLLOUT, …
  using timer_id = std::uint64_t;

  static result<std::unique_ptr<poller>> make();
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  void run();                             // until stop()
  void turn();                            // waits once, and handles what came
  void stop() { _stopping = true; }       // loop thread
  void post(std::function<void()> work);  // thread-safe
  void wake();                            // thread-safe: ends the wait, so that after_turn runs
  // Runs at the end of every turn, when all that was ready has been handled.
  void set_after_turn(std::function<void()> work) { _after_turn = std::move(work); }

  result<void> add(int fd, std::uint32_t events, ready callback);
  void change(int fd, std::uint32_t events);
  void remove(int fd);  // before closing it

  // Once, `delay_ms` from now or up to 10 ms later: time-outs of many waiters then share a wake-up. Not before what had
  // come to the sockets when it was due has been handled, however late that is: what came in time counts.
  timer_id after(std::int64_t delay_ms, std::function<void()> work);
  void cancel(timer_id id);
  // What came before that has been handled: what a time-out that fires is to be compared with.
  std::int64_t seen_until_ms() const { return _seen_until_ms; }

 private:
  poller(int epoll, int event) : _epoll(epoll), _event(event) {}
  int wait_ms() const;
  void note_seen(std::int64_t asked_ms, int count, bool all);
  void run_timers();
  void run_posted();

  int _epoll;
  int _event;
  bool _stopping = false;
  std::function<void()> _after_turn;
  std::unordered_map<int, std::shared_ptr<ready>> _handlers;
  std::map<std::pair<std::int64_t, timer_id>, std::function<void()>> _timers;
  std::unordered_map<timer_id, std::int64_t> _due;
  timer_id _next_timer = 1;
  std::int64_t _seen_until_ms = now_ms();
  // A look at all that was ready at a time, if that is more than one turn handles.
  std::int64_t _looking_since_ms = 0;
  std::size_t _left_to_look_at = 0;
  std::mutex _mutex;
  std::vector<std::function<void()>> _posted;  // guarded by _mutex
};

}  // namespace mes::bus::net
