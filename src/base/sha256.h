// SHA-256 (FIPS 180-4): of records that are signed, of inputs that a result depends on.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace mes {

std::array<unsigned char, 32> sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);  // 64 lower-case digits

}  // namespace mes
