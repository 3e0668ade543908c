#pragma once

#include <string_view>

namespace mes {

// Without what of `blanks` stands at both ends.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t") {
  while (!text.empty() && blanks.contains(text.front())) text.remove_prefix(1);
  while (!text.empty() && blanks.contains(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace mes
