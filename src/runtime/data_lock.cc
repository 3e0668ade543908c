#include "runtime/data_lock.h"

#include <fmt/format.h>

namespace mes::runtime {

std::filesystem::path data_lock_path(const std::filesystem::path& data_root, const std::string& role) {
  return data_root / role / (role + ".lock");
}

result<os::lock_file> lock_data_dir(const process& p) {
  const std::filesystem::path directory = p.data_dir();
  auto lock = os::lock_file::take(data_lock_path(p.data_root(), p.role()).string());
  if (lock) return lock;
  if (lock.error().code != error_code::conflict)
    return fail(lock.error().code,
                fmt::format("{}; the file system must have locks (flock): choose another directory with --data",
                            lock.error().message));
  if (lock.error().message.empty())
    return fail(error_code::conflict, fmt::format("{} is being verified, or in use by another {}: wait until that has "
                                                  "ended",
                                                  directory.string(), p.role()));
  return fail(error_code::conflict,
              fmt::format("another {} (pid {}) keeps its data in {}; choose another directory with --data", p.role(),
                          lock.error().message, directory.string()));
}

}  // namespace mes::runtime
