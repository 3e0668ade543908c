// Numbers as Kafka's configurations may write them: with spaces around, with a plus in front.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/trimmed.h"

namespace mes::bus::log {

inline std::string_view trimmed(std::string_view text) { return mes::trimmed(text, " \t\n\r"); }

// Nothing: it is no number, or not one of that type.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  if constexpr (std::is_floating_point_v<Number>)  // Java's letters for its two types
    if (text.size() > 1 && std::string_view("fFdD").contains(text.back())) text.remove_suffix(1);
  Number number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace mes::bus::log
