#include "runtime/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mes::runtime {
namespace {

// struct sched_attr in its first version: the kernel's header cannot be had beside the C library's.
struct scheduling {
  std::uint32_t size = sizeof(scheduling);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0, deadline_ns = 0, period_ns = 0;
};
static_assert(sizeof(scheduling) == 48);

bool reschedule(int from, int to, std::uint64_t slice_ns) {
  if (sched_getscheduler(0) != from) return false;
  const scheduling wanted{
      .policy = static_cast<std::uint32_t>(to), .nice = getpriority(PRIO_PROCESS, 0), .runtime_ns = slice_ns};
  return syscall(SYS_sched_setattr, 0, &wanted, 0) == 0;
}

}  // namespace

thread::thread(std::string name, std::function<void()> body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread
  _thread = std::thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  name.resize(std::min<std::size_t>(name.size(), 15));
  pthread_setname_np(_thread.native_handle(), name.c_str());
}

bool serve_in_batches(std::chrono::nanoseconds slice) {
  return reschedule(SCHED_OTHER, SCHED_BATCH, static_cast<std::uint64_t>(slice.count()));
}

bool serve_at_once() { return reschedule(SCHED_BATCH, SCHED_OTHER, 0); }

}  // namespace mes::runtime
