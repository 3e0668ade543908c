// Percent-encoding (RFC 3986, section 2.1): which characters need it is for each place to say.
#pragma once

#include <string>

namespace mes {

inline void append_percent(std::string& out, char c) {
  constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

}  // namespace mes
