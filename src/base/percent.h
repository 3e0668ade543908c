// Percent-encoding (RFC 3986, section 2.1): which characters need it is for each place to say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/hex.h"

namespace mes {

// What the three characters at `at` stand for; nothing if they are no "%" and two digits.
constexpr std::optional<char> percent_decoded(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '%' || text.size() - at < 3) return std::nullopt;
  const int high = hex_value(text[at + 1]), low = hex_value(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high << 4 | low);
}

inline void append_percent(std::string& out, char c) {
  constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

}  // namespace mes
