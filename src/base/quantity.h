// Decimal quantities: pieces, kilograms, metres, never floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mes {

// A decimal number with six digits after the point, in 64 bits: up to 9.2 * 10^12.
// The unit of measure stands beside it, in the field or column that names it ("uom").
struct quantity {
  std::int64_t millionths = 0;

  static constexpr std::int64_t scale = 1'000'000;

  static constexpr quantity of(std::int64_t whole) { return {whole * scale}; }
  static std::optional<quantity> parse(std::string_view text);  // "12", "-0.5", "1.250000"; at most six decimals

  bool is_whole() const { return millionths % scale == 0; }
  std::int64_t whole() const { return millionths / scale; }
  std::string to_string() const;  // shortest: "12", "0.5"

  constexpr quantity operator+(quantity o) const { return {millionths + o.millionths}; }
  constexpr quantity operator-(quantity o) const { return {millionths - o.millionths}; }
  constexpr quantity operator-() const { return {-millionths}; }
  constexpr quantity& operator+=(quantity o) {
    millionths += o.millionths;
    return *this;
  }
  constexpr quantity& operator-=(quantity o) {
    millionths -= o.millionths;
    return *this;
  }
  constexpr auto operator<=>(const quantity&) const = default;
};

}  // namespace mes
