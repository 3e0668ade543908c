#include "gateway/config/target_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mes::gateway {

target_address read_target(std::string_view text) {
  target_address a{.host = std::string(text)};
  if (!text.starts_with('[') && std::ranges::count(text, ':') > 1) {
    a.host = fmt::format("[{}]", text);
    return a;
  }
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos) return a;
  a.host = text.substr(0, colon);
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), a.port);
  return a;
}

std::string text_of(const target_address& a) { return fmt::format("{}:{}", a.host, a.port); }

}  // namespace mes::gateway
