// Little-endian numbers in stored bytes.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace mes::telemetry {

static_assert(std::endian::native == std::endian::little);

template <class T>
  requires std::is_integral_v<T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
  requires std::is_integral_v<T>
bool take(std::string_view& in, T& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}

inline bool take_bytes(std::string_view& in, std::size_t size, std::string_view& into) {
  if (in.size() < size) return false;
  into = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

// Text with a 32-bit length before it.
inline void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}
inline bool take_text(std::string_view& in, std::string_view& into) {
  std::uint32_t size = 0;
  return take(in, size) && take_bytes(in, size, into);
}

}  // namespace mes::telemetry
