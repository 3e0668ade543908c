// Thrift's two encodings of the same structures.
#pragma once

#include <cstdint>

namespace mes::wire::thrift {

enum class encoding : std::uint8_t { binary, compact };

}  // namespace mes::wire::thrift
