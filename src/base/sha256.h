// SHA-256 (FIPS 180-4), as hex digits: of records that are signed, of inputs that a result depends on.
#pragma once

#include <string>
#include <string_view>

namespace mes {

std::string sha256_hex(std::string_view bytes);  // 64 lower-case digits

}  // namespace mes
