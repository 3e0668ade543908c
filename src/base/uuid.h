// RFC 9562 UUIDs. New ids are version 7: sortable by creation time, so that indexes grow at their end.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mes {

struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  static uuid make_v7();  // thread-safe; from the system clock and OpenSSL's generator
  static uuid make_v4();
  static uuid make_v5(const uuid& name_space, std::string_view name);  // RFC 9562, section 5.5
  static std::optional<uuid> parse(std::string_view text);             // 8-4-4-4-12 hex digits, any case

  std::string to_string() const;  // lower case with hyphens
  void append_to(std::string& out) const;
  std::string to_hex() const;  // 32 hex digits: as a W3C trace id

  auto operator<=>(const uuid&) const = default;
};

}  // namespace mes
