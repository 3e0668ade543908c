#include "bus/net/poller.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace mes::bus::net {
namespace {
constexpr std::int64_t granularity_ms = 10;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

result<std::unique_ptr<poller>> poller::make() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll < 0 || event < 0) return fail(error_code::internal, fmt::format("epoll: {}", std::strerror(errno)));
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.fd = event;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, event, &interest) != 0)
    return fail(error_code::internal, fmt::format("epoll_ctl: {}", std::strerror(errno)));
  return std::unique_ptr<poller>(new poller(epoll, event));
}

poller::~poller() {
  close(_event);
  close(_epoll);
}

result<void> poller::add(int fd, std::uint32_t events, ready callback) {
  epoll_event interest{};
  interest.events = events;
  interest.data.fd = fd;
  if (epoll_ctl(_epoll, EPOLL_CTL_ADD, fd, &interest) != 0)
    return fail(error_code::internal, fmt::format("epoll_ctl: {}", std::strerror(errno)));
  _handlers[fd] = std::make_shared<ready>(std::move(callback));
  return {};
}

void poller::change(int fd, std::uint32_t events) {
  epoll_event interest{};
  interest.events = events;
  interest.data.fd = fd;
  epoll_ctl(_epoll, EPOLL_CTL_MOD, fd, &interest);
}

void poller::remove(int fd) {
  epoll_ctl(_epoll, EPOLL_CTL_DEL, fd, nullptr);
  _handlers.erase(fd);
}

void poller::post(std::function<void()> work) {
  {
    const std::lock_guard lock(_mutex);
    _posted.push_back(std::move(work));
  }
  wake();
}

void poller::wake() {
  const std::uint64_t one = 1;
  // The counter is full only if a wake-up is pending anyway.
  [[maybe_unused]] const auto written = write(_event, &one, sizeof one);
}

poller::timer_id poller::after(std::int64_t delay_ms, std::function<void()> work) {
  const timer_id id = _next_timer++;
  std::int64_t due = now_ms() + std::max<std::int64_t>(delay_ms, 0);
  if (delay_ms > granularity_ms) due = (due + granularity_ms - 1) / granularity_ms * granularity_ms;
  _timers.emplace(std::pair(due, id), std::move(work));
  _due[id] = due;
  return id;
}

void poller::cancel(timer_id id) {
  const auto it = _due.find(id);
  if (it == _due.end()) return;
  _timers.erase({it->second, id});
  _due.erase(it);
}

int poller::wait_ms() const {
  if (_timers.empty()) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(_timers.begin()->first.first - now_ms(), 0, 3'600'000));
}

// Sockets are ready in turn: when as many have been handled as there are, those that were ready at the beginning are
// among them.
void poller::note_seen(std::int64_t asked_ms, int count, bool all) {
  if (count < 0) return;  // a signal came first
  if (_left_to_look_at == 0) {
    _looking_since_ms = asked_ms;
    _left_to_look_at = _handlers.size() + 1;  // and the event
  }
  _left_to_look_at -= std::min(_left_to_look_at, static_cast<std::size_t>(count));
  if (all) {
    _looking_since_ms = asked_ms;
    _left_to_look_at = 0;
  }
  if (_left_to_look_at == 0) _seen_until_ms = _looking_since_ms;
}

void poller::run_timers() {
  while (!_timers.empty() && _timers.begin()->first.first <= _seen_until_ms) {
    auto node = _timers.extract(_timers.begin());
    _due.erase(node.key().second);
    node.mapped()();
  }
}

void poller::run_posted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(_mutex);
    work.swap(_posted);
  }
  for (auto& w : work) w();
}

void poller::turn() {
  const std::int64_t asked_ms = now_ms();
  std::array<epoll_event, 256> events;  // NOLINT: the kernel fills it
  const int count = epoll_wait(_epoll, events.data(), static_cast<int>(events.size()), wait_ms());
  for (int i = 0; i < count; ++i) {
    const auto& e = events[static_cast<std::size_t>(i)];
    if (e.data.fd == _event) {
      std::uint64_t ignored;
      [[maybe_unused]] const auto got = read(_event, &ignored, sizeof ignored);
      run_posted();
      continue;
    }
    const auto it = _handlers.find(e.data.fd);
    if (it == _handlers.end()) continue;  // removed in this turn
    const auto handler = it->second;      // may remove itself
    (*handler)(e.events);
  }
  note_seen(asked_ms, count, count < static_cast<int>(events.size()));
  run_timers();
  if (_after_turn) _after_turn();
}

void poller::run() {
  while (!_stopping) turn();
}

}  // namespace mes::bus::net
