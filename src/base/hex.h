// Bytes as lower-case hex digits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mes {

// Two digits at `to`; what is behind them.
inline char* write_hex(char* to, std::uint8_t byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  to[0] = digits[byte >> 4];
  to[1] = digits[byte & 15];
  return to + 2;
}

inline char* write_hex(char* to, std::span<const std::uint8_t> bytes) {
  for (std::uint8_t byte : bytes) to = write_hex(to, byte);
  return to;
}

inline void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  write_hex(out.data() + at, bytes);
}

inline std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

inline std::string to_hex(std::string_view bytes) {
  return to_hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

}  // namespace mes
