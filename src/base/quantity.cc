#include "base/quantity.h"

#include <fmt/format.h>

namespace mes {

std::optional<quantity> quantity::parse(std::string_view text) {
  bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;

  constexpr std::int64_t whole_max = 9'000'000'000'000;
  std::int64_t whole = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits) {
    whole = whole * 10 + (text[0] - '0');
    if (whole > whole_max) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;

  std::int64_t fraction = 0;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    std::int64_t unit = scale / 10;
    if (text.empty()) return std::nullopt;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10) {
      if (unit == 0 && text[0] != '0') return std::nullopt;
      fraction += (text[0] - '0') * unit;
    }
  }
  if (!text.empty()) return std::nullopt;
  std::int64_t millionths = whole * scale + fraction;
  return quantity{negative ? -millionths : millionths};
}

std::string quantity::to_string() const {
  std::uint64_t magnitude =
      millionths < 0 ? 0 - static_cast<std::uint64_t>(millionths) : static_cast<std::uint64_t>(millionths);
  std::string text = fmt::format("{}{}", millionths < 0 ? "-" : "", magnitude / scale);
  if (std::uint64_t fraction = magnitude % scale; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

}  // namespace mes
