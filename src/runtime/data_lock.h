// A role's data directory, held by one process: two that write the same files destroy them.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "os/lock_file.h"
#include "runtime/process.h"

namespace mes::runtime {

// DATA/bus/bus.lock
std::filesystem::path data_lock_path(const std::filesystem::path& data_root, const std::string& role);

// Errors: conflict, with who holds it and what to do, if another process of the role has it.
result<os::lock_file> lock_data_dir(const process& p);

}  // namespace mes::runtime
