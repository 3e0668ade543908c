// What must hold before anything starts: a data directory of our own that can be written, and free ports.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/error.h"
#include "platform/supervisor/part.h"

namespace mes::platform {

// DATA/run/mes.lock, held by flock(2) until the object or its process goes, however it goes.
class data_lock {
 public:
  // Makes the folders of DATA that the supervisor writes. Errors: cannot be made or written, disk full, or another
  // supervisor runs on it (with its pid).
  static result<data_lock> take(const std::filesystem::path& data);
  data_lock(data_lock&& other) noexcept;
  data_lock& operator=(data_lock&&) = delete;
  ~data_lock();  // a lock that is given back orderly leaves no pid behind

  bool left_by_a_crash() const { return _left_by_a_crash; }  // the last holder did not end orderly

 private:
  explicit data_lock(int fd) : _fd(fd) {}
  int _fd;
  bool _held = false;
  bool _left_by_a_crash = false;
};

// Nobody listens on any of the parts' ports. The error names the port, its role, the process that holds it and what
// to do. After a crash the kernel may still be ending the old processes: then waits for them, at most 5 s.
result<void> check_ports(std::span<const part> parts, bool after_a_crash);

bool port_is_free(std::uint16_t port);

// Waits until no supervisor holds DATA's lock: true at once if none does. False after `seconds_max`.
bool wait_for_release(const std::filesystem::path& data, int seconds_max);

}  // namespace mes::platform
