// What must hold before anything starts: a data directory of our own that can be written, and free ports.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/error.h"
#include "os/lock_file.h"
#include "platform/supervisor/part.h"

namespace mes::platform {

// Makes the folders of DATA that the supervisor writes, and takes DATA/run/mes.lock. Errors: cannot be made or written,
// disk full, or another supervisor runs on it (with its pid).
result<os::lock_file> lock_data(const std::filesystem::path& data);

// Nobody listens on any of the parts' ports. The error names the port, its role, the process that holds it and what
// to do. After a crash the kernel may still be ending the old processes: then waits for them, at most 5 s.
result<void> check_ports(std::span<const part> parts, bool after_a_crash);

bool port_is_free(std::uint16_t port);

// Waits until no supervisor holds DATA's lock: true at once if none does. False after `seconds_max`.
bool wait_for_release(const std::filesystem::path& data, int seconds_max);

}  // namespace mes::platform
