#include "bus/net/poller.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <vector>

namespace mes::bus::net {
namespace {

// A pipe whose reading end a loop listens to.
struct watched_pipe {
  std::array<int, 2> ends{-1, -1};

  watched_pipe() { EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0); }
  ~watched_pipe() {
    for (const int fd : ends) close(fd);
  }
  watched_pipe(const watched_pipe&) = delete;
  void send() const { EXPECT_EQ(write(ends[1], "x", 1), 1); }
  void take() const {
    char byte;
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
  }
};

TEST(poller, what_had_come_when_a_timer_was_due_comes_before_it) {
  constexpr std::size_t many = 600;  // more than one turn takes
  const auto loop = std::move(*poller::make());
  std::size_t taken = 0;
  std::vector<std::unique_ptr<watched_pipe>> others;
  for (std::size_t i = 0; i < many; ++i) {
    const auto& p = *others.emplace_back(std::make_unique<watched_pipe>());
    ASSERT_TRUE(loop->add(p.ends[0], EPOLLIN, [&](std::uint32_t) {
      p.take();
      ++taken;
    }));
  }
  // A turn that outlasts the timer, while something comes for all the others.
  const watched_pipe first;
  const std::int64_t due_ms = now_ms() + 20;
  ASSERT_TRUE(loop->add(first.ends[0], EPOLLIN, [&](std::uint32_t) {
    first.take();
    for (const auto& p : others) p->send();
    while (now_ms() <= due_ms + 20) usleep(1'000);
  }));
  bool fired = false;
  loop->after(20, [&] {
    fired = true;
    EXPECT_EQ(taken, many);
    EXPECT_GE(loop->seen_until_ms(), due_ms);
  });
  first.send();
  while (!fired) loop->turn();
}

TEST(poller, timers_fire_though_more_is_ready_than_one_turn_takes) {
  const auto loop = std::move(*poller::make());
  std::vector<std::unique_ptr<watched_pipe>> always_ready;
  for (int i = 0; i < 600; ++i) {
    const auto& p = *always_ready.emplace_back(std::make_unique<watched_pipe>());
    ASSERT_TRUE(loop->add(p.ends[0], EPOLLIN, [](std::uint32_t) {}));
    p.send();
  }
  bool fired = false;
  loop->after(1, [&] { fired = true; });
  while (!fired) loop->turn();
}

}  // namespace
}  // namespace mes::bus::net
