#include "runtime/thread.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/resource.h>

namespace mes::runtime {
namespace {

TEST(Thread, ServingInBatchesIsForItselfAndKeepsItsPriority) {
  const int before = sched_getscheduler(0);
  bool agreed = false;
  int policy = -1, nice = -1;
  thread("server", [&] {
    setpriority(PRIO_PROCESS, 0, 5);
    agreed = serve_in_batches(std::chrono::milliseconds(4));
    policy = sched_getscheduler(0);
    nice = getpriority(PRIO_PROCESS, 0);
  }).join();
  EXPECT_TRUE(agreed);
  EXPECT_EQ(policy, SCHED_BATCH);
  EXPECT_EQ(nice, 5);
  EXPECT_EQ(sched_getscheduler(0), before);
}

TEST(Thread, ServingAtOnceIsWhatWasBefore) {
  bool agreed = false, again = true;
  int policy = -1;
  thread("server", [&] {
    serve_in_batches(std::chrono::milliseconds(4));
    agreed = serve_at_once();
    policy = sched_getscheduler(0);
    again = serve_at_once();
  }).join();
  EXPECT_TRUE(agreed);
  EXPECT_EQ(policy, SCHED_OTHER);
  EXPECT_FALSE(again);
}

TEST(Thread, ServingInBatchesLeavesAnotherPolicyAlone) {
  bool agreed = true;
  int policy = -1;
  thread("server", [&] {
    const sched_param none{};
    sched_setscheduler(0, SCHED_IDLE, &none);
    agreed = serve_in_batches(std::chrono::milliseconds(4));
    policy = sched_getscheduler(0);
  }).join();
  EXPECT_FALSE(agreed);
  EXPECT_EQ(policy, SCHED_IDLE);
}

}  // namespace
}  // namespace mes::runtime
