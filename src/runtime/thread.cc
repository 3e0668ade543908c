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
  if (sched_getscheduler(0) != SCHED_OTHER) return false;
  const scheduling wanted{.policy = SCHED_BATCH,
                          .nice = getpriority(PRIO_PROCESS, 0),
                          .runtime_ns = static_cast<std::uint64_t>(slice.count())};
  return syscall(SYS_sched_setattr, 0, &wanted, 0) == 0;
}

}  // namespace mes::runtime
