// CRC-32C (Castagnoli), as record batches carry it (RFC 3720, appendix B.4).
#pragma once

#include <cstdint>
#include <string_view>

namespace mes::wire::kafka {

// `before` is the sum of the bytes that come before: crc32c(b, crc32c(a)) = crc32c(ab).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace mes::wire::kafka
