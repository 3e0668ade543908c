// A moment in UTC, to the microsecond, and its text form (RFC 3339).
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mes {

struct instant {
  std::int64_t microseconds = 0;  // since 1970-01-01T00:00:00Z, without leap seconds

  static instant now();  // the system clock
  static instant from_ms(std::int64_t ms) { return {ms * 1000}; }

  // RFC 3339 with offset or Z ("2012-01-29T23:24:00+02:00"); up to nine fraction digits, cut to six.
  static std::optional<instant> parse(std::string_view text);

  std::int64_t ms() const { return microseconds / 1000; }
  std::string to_string() const;  // "2012-01-29T21:24:00.000Z"; microseconds only where there are some
  void append_to(std::string& out) const;
  static constexpr std::size_t text_max = 32;
  char* write_to(char* to) const;  // the same, at most text_max bytes; what is behind it

  instant operator+(std::chrono::microseconds d) const { return {microseconds + d.count()}; }
  std::chrono::microseconds operator-(instant other) const {
    return std::chrono::microseconds(microseconds - other.microseconds);
  }
  auto operator<=>(const instant&) const = default;
};

}  // namespace mes
