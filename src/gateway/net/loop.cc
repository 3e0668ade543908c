#include "gateway/net/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "gateway/net/system_calls.h"

namespace mes::gateway {
namespace {

constexpr std::uint32_t connection_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr std::size_t batch_min = 2;  // messages: one is sent as cheaply by itself

}  // namespace

net_loop::net_loop()
    : _epoll(epoll_create1(EPOLL_CLOEXEC)),
      _wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      _now_us(clock_us()),
      _scratch(std::make_unique_for_overwrite<char[]>(scratch_bytes)) {
  if (_epoll < 0 || _wake < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (epoll_ctl(_epoll, EPOLL_CTL_ADD, _wake, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

net_loop::~net_loop() {
  _graveyard.clear();
  if (_wake >= 0) close(_wake);
  if (_epoll >= 0) close(_epoll);
}

std::int64_t net_loop::clock_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void net_loop::watch(int fd, event_target& target) { control(EPOLL_CTL_ADD, fd, connection_events, target); }

void net_loop::rewatch(int fd, event_target& target) { control(EPOLL_CTL_MOD, fd, connection_events, target); }

void net_loop::watch_accept(int fd, event_target& target) { control(EPOLL_CTL_ADD, fd, EPOLLIN, target); }

void net_loop::rest_accept(int fd, event_target& target) { control(EPOLL_CTL_MOD, fd, 0, target); }

void net_loop::resume_accept(int fd, event_target& target) { control(EPOLL_CTL_MOD, fd, EPOLLIN, target); }

void net_loop::control(int what, int fd, std::uint32_t events, event_target& target) {
  epoll_event event{.events = events, .data = {.ptr = &target}};
  if (epoll_ctl(_epoll, what, fd, &event) != 0) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void net_loop::at_turn_end(event_target& target) {
  if (!std::exchange(target._asked_for_turn_end, true)) _at_turn_end.push_back(&target);
}

void net_loop::forget_turn_end(event_target& target) {
  if (std::exchange(target._asked_for_turn_end, false)) std::erase(_at_turn_end, &target);
  std::ranges::replace(_ending_turn, &target, nullptr);
}

// What is asked for meanwhile comes at the next turn, which does not wait then.
void net_loop::end_turn() {
  if (_at_turn_end.empty()) return;
  _ending_turn.swap(_at_turn_end);
  for (event_target* target : _ending_turn) target->_asked_for_turn_end = false;
  if (_batch && _ending_turn.size() >= batch_min) send_first_messages();
  for (std::size_t i = 0; i < _ending_turn.size(); ++i)
    if (_ending_turn[i]) _ending_turn[i]->on_turn_end();
  _ending_turn.clear();
}

void net_loop::send_first_messages() {
  _messages.clear();
  for (event_target* target : _ending_turn)
    if (message_due first = target->first_message(); first.to) _messages.push_back(first);
  if (_messages.size() >= batch_min && !_batch->send(_messages)) _batch.reset();
}

void net_loop::bury(std::shared_ptr<void> dead) { _graveyard.push_back(std::move(dead)); }

void net_loop::post(std::function<void()> work) {
  {
    std::lock_guard lock(_lock);
    _posted.push_back(std::move(work));
  }
  std::uint64_t one = 1;
  // The counter cannot overflow and the descriptor is ours: a failed write leaves an earlier wake-up pending.
  [[maybe_unused]] auto written = write(_wake, &one, sizeof one);
}

void net_loop::stop() {
  _stopping = true;
  post([] {});
}

void net_loop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] auto got = read(_wake, &count, sizeof count);
  std::vector<std::function<void()>> work;
  {
    std::lock_guard lock(_lock);
    work.swap(_posted);
  }
  for (auto& w : work) w();
}

void net_loop::start_sweeping() {
  if (_next_sweep_ms == 0) _next_sweep_ms = now_ms() + _sweep_interval_ms;
}

void net_loop::run_sweep() {
  if (_next_sweep_ms == 0 || now_ms() < _next_sweep_ms) return;
  _next_sweep_ms = now_ms() + _sweep_interval_ms;
  if (!_sweep || !_sweep(now_ms())) _next_sweep_ms = 0;
}

int net_loop::wait_ms() const {
  if (!_at_turn_end.empty()) return 0;
  if (_next_sweep_ms == 0) return -1;
  return static_cast<int>(std::max<std::int64_t>(0, _next_sweep_ms - now_ms()));
}

void net_loop::tell_time() {
  _now_us = clock_us();
  _time_ahead_us = instant::now().microseconds - _now_us;
}

void net_loop::run() {
  std::array<epoll_event, 256> events;
  while (!_stopping) {
    int count = wait_for_events(_epoll, events, wait_ms());
    if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_wait");
    tell_time();
    bool woken = false;
    for (int i = 0; i < count; ++i) {
      epoll_event& e = events[static_cast<std::size_t>(i)];
      if (e.data.ptr)
        static_cast<event_target*>(e.data.ptr)->on_events(e.events);
      else
        woken = true;
    }
    if (woken) run_posted();
    end_turn();
    run_sweep();  // what has come in time is looked at before
    _graveyard.clear();
  }
  run_posted();
  _graveyard.clear();
}

}  // namespace mes::gateway
