// A small file as text.
#pragma once

#include <string>

#include "base/error.h"

namespace mes::gateway {

result<std::string> read_text(const std::string& path);  // at most 16 MiB

}  // namespace mes::gateway
