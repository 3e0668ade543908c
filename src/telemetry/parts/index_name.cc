#include "telemetry/parts/index_name.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace mes::telemetry {
namespace {

constexpr std::int64_t day_us = 86'400'000'000;

std::chrono::sys_days day_containing(std::int64_t time_us) {
  std::int64_t day = time_us / day_us - (time_us % day_us < 0 ? 1 : 0);
  return std::chrono::sys_days(std::chrono::days(day));
}

template <class T>
bool parse_digits(std::string_view text, T& into) {
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
  return code == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string day_index(std::string_view prefix, std::int64_t time_us) {
  std::chrono::year_month_day date(day_containing(time_us));
  return fmt::format("{}{:04}.{:02}.{:02}", prefix, static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::optional<std::int64_t> day_of_index(std::string_view name) {
  constexpr std::size_t length = 10;  // YYYY.MM.dd
  if (name.size() < length) return std::nullopt;
  std::string_view text = name.substr(name.size() - length);
  int year = 0;
  unsigned month = 0, day = 0;
  if (text[4] != '.' || text[7] != '.' || !parse_digits(text.substr(0, 4), year) ||
      !parse_digits(text.substr(5, 2), month) || !parse_digits(text.substr(8, 2), day))
    return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::string_view why_invalid_index(std::string_view name) {
  if (name.empty()) return "must not be empty";
  if (name == "." || name == "..") return "must not be '.' or '..'";
  if (name.size() > 255) return "index name is too long, must be at most 255 bytes";
  if (name[0] == '_' || name[0] == '-' || name[0] == '+') return "must not start with '_', '-', or '+'";
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') return "must be lowercase";
    if (std::string_view("\\/*?\"<>| ,").contains(c) || static_cast<unsigned char>(c) < 0x20)
      return "must not contain the following characters [ , \", *, \\, <, |, ,, >, /, ?]";
    if (c == '#') return "must not contain '#'";
    if (c == ':') return "must not contain ':'";
  }
  return "";
}

bool wildcard_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

index_pattern::index_pattern(std::string_view expression) {
  if (expression.empty()) expression = "*";
  while (!expression.empty()) {
    std::size_t comma = expression.find(',');
    std::string_view one = expression.substr(0, comma);
    expression = comma == std::string_view::npos ? std::string_view{} : expression.substr(comma + 1);
    if (one.empty()) continue;
    bool exclude = one[0] == '-' && !_items.empty();
    if (exclude) one.remove_prefix(1);
    if (one == "_all") one = "*";
    _items.push_back({std::string(one), exclude});
    if (!exclude && !one.contains('*')) _exact.emplace_back(one);
  }
}

bool index_pattern::matches(std::string_view name) const {
  bool in = false;
  for (const item& i : _items) {
    if (name.starts_with('.') && !i.text.starts_with('.')) continue;
    if (wildcard_matches(i.text, name)) in = !i.exclude;
  }
  return in;
}

}  // namespace mes::telemetry
