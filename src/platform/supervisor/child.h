// Starting a process whose output we capture and that cannot outlive us.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mes::platform {

struct child {
  pid_t pid = 0;
  int output = -1;  // the read end of its standard output and error; the caller closes it
};

// The child leads a process group of its own (a terminal's Ctrl-C reaches only us) and gets SIGKILL when the calling
// thread ends. An error tells why the program could not be executed. Call from one thread that lives to the end.
result<child> start_child(const std::vector<std::string>& argv,
                          const std::vector<std::pair<std::string, std::string>>& env);

std::string describe_exit(int wait_status);  // "exit code 3", "signal 9 (Killed)"

// Proportional set size from /proc/PID/smaps_rollup, in KiB; 0 where it cannot be read.
long pss_kb(pid_t pid);

// The program's path as a shell would find it; "" if it is nowhere.
std::string find_program(const std::string& name);

}  // namespace mes::platform
