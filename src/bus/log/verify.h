// Reads a whole log that no bus has open, and tells everything that does not hold together.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "os/file_system.h"

namespace mes::bus::log {

struct log_problem {
  std::string file;  // its name in the directory; "": the log as a whole
  std::uint64_t at = 0;
  std::string what;
};

struct verify_report {
  std::uint64_t segments = 0, indexes = 0, batches = 0, states = 0, bytes = 0;
  std::vector<log_problem> problems;  // in the order of the files
};

// `progress` is called before each segment. An error: the directory cannot be read.
result<verify_report> verify(os::file_system& files, const std::string& directory,
                             const std::function<void(const std::string& file)>& progress = {});

}  // namespace mes::bus::log
