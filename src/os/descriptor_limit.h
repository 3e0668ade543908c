// How many files a process may have open (RLIMIT_NOFILE).
#pragma once

#include <sys/resource.h>

namespace mes::os {

// As many as an administrator allows it.
inline void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace mes::os
