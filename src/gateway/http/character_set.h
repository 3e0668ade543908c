// What a text may be made of, by byte.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace mes::gateway {

using character_set = std::array<bool, 256>;

constexpr character_set letters_digits_and(std::string_view others) {
  character_set is{};
  for (int c = '0'; c <= '9'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (char c : others) is[static_cast<unsigned char>(c)] = true;
  return is;
}

inline bool all_of(std::string_view text, const character_set& is) {
  return std::ranges::all_of(text, [&](char c) { return is[static_cast<unsigned char>(c)]; });
}

}  // namespace mes::gateway
