// A small file as text: at most 16 MiB.
#pragma once

#include <string>

#include "base/error.h"

namespace mes::gateway {

// Waits where the file is a pipe, until its writer is there and done: for starts and commands.
result<std::string> read_text(const std::string& path);
// Never waits, for a loop that has others to serve: what is no regular file, nor a link to one, is refused.
result<std::string> read_regular_text(const std::string& path);

}  // namespace mes::gateway
