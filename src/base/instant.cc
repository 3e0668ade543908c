#include "base/instant.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace mes {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;

// Reads exactly `count` digits at the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

instant instant::now() {
  return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::optional<instant> instant::parse(std::string_view text) {
  auto year = take_digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  auto month = take_digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  auto day = take_digits(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  auto hour = take_digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  auto minute = take_digits(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  auto second = take_digits(text, 2);
  if (!second) return std::nullopt;

  std::int64_t fraction_us = 0;
  if (take(text, ".")) {
    std::int64_t unit = us_per_second / 10;
    std::size_t digits = 0;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits, unit /= 10)
      fraction_us += (text[0] - '0') * unit;
    if (digits == 0 || digits > 9) return std::nullopt;
  }

  int offset_minutes = 0;
  if (!take(text, "Zz")) {
    if (text.empty()) return std::nullopt;
    int sign = text[0] == '-' ? -1 : 1;
    if (!take(text, "+-")) return std::nullopt;
    auto hours = take_digits(text, 2);
    if (!hours || !take(text, ":")) return std::nullopt;
    auto minutes = take_digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    offset_minutes = sign * (*hours * 60 + *minutes);
  }
  if (!text.empty()) return std::nullopt;

  std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  std::int64_t seconds =
      days * 86400 + *hour * std::int64_t{3600} + (*minute - offset_minutes) * std::int64_t{60} + *second;
  return instant{seconds * us_per_second + fraction_us};
}

std::string instant::to_string() const {
  std::string text;
  append_to(text);
  return text;
}

void instant::append_to(std::string& out) const {
  std::array<char, text_max> text;
  out.append(text.data(), write_to(text.data()));
}

char* instant::write_to(char* to) const {
  using namespace std::chrono;
  sys_time<std::chrono::microseconds> t{std::chrono::microseconds(microseconds)};
  auto date = floor<days>(t);
  year_month_day ymd(date);
  hh_mm_ss clock(t - date);
  auto put = [&](std::int64_t number, int digits, char behind) {
    auto rest = static_cast<std::uint32_t>(number);
    for (int i = digits; i-- > 0; rest /= 10) to[i] = static_cast<char>('0' + rest % 10);
    to[digits] = behind;
    to += digits + 1;
  };
  int year = static_cast<int>(ymd.year());
  if (year < 0 || year > 9999)
    to = fmt::format_to(to, "{:04}-", year);
  else
    put(year, 4, '-');
  put(static_cast<unsigned>(ymd.month()), 2, '-');
  put(static_cast<unsigned>(ymd.day()), 2, 'T');
  put(clock.hours().count(), 2, ':');
  put(clock.minutes().count(), 2, ':');
  put(clock.seconds().count(), 2, '.');
  std::int64_t us = clock.subseconds().count();
  if (us % 1000 == 0)
    put(us / 1000, 3, 'Z');
  else
    put(us, 6, 'Z');
  return to;
}

}  // namespace mes
