// Bodies with Content-Encoding: gzip (or deflate in zlib's form).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::wire {

// Errors: corrupt; too_large when it unpacks to more than `bytes_max`.
result<std::string> gunzip(std::string_view packed, std::size_t bytes_max);

}  // namespace mes::wire
