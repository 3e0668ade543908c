// recv(), send() and epoll_wait() without what glibc does so that a thread can be cancelled in them: two atomic
// operations a call in a process of several threads, and a loop makes five calls a request. Nobody cancels its thread.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <span>
#include <string_view>

namespace mes::gateway {

// Each as the function of that name: -1 and errno where it fails.

inline ssize_t receive(int fd, char* to, std::size_t room) {
  return syscall(SYS_recvfrom, fd, to, room, 0, nullptr, nullptr);
}

inline ssize_t transmit(int fd, std::string_view bytes) {
  return syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
}

inline int wait_for_events(int epoll, std::span<epoll_event> events, int timeout_ms) {
  return static_cast<int>(syscall(SYS_epoll_pwait, epoll, events.data(), events.size(), timeout_ms, nullptr, 0));
}

}  // namespace mes::gateway
