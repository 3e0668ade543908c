// A text in parts.
#pragma once

#include <string_view>
#include <vector>

namespace mes {

// What stands between the `by`s, empty parts too: one part more than there are of them.
inline std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace mes
