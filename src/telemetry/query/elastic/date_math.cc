#include "telemetry/query/elastic/date_math.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace mes::telemetry::elastic {
namespace {

using namespace std::chrono;

constexpr std::int64_t second_us = 1'000'000, minute_us = 60 * second_us, hour_us = 60 * minute_us,
                       day_us = 24 * hour_us;

std::int64_t floor_to(std::int64_t time_us, std::int64_t step_us, std::int64_t origin_us = 0) {
  std::int64_t rest = (time_us - origin_us) % step_us;
  return time_us - rest - (rest < 0 ? step_us : 0);
}

year_month_day date_of(std::int64_t time_us) {
  return year_month_day(sys_days(days(floor_to(time_us, day_us) / day_us)));
}
std::int64_t at(year_month_day date) { return sys_days(date).time_since_epoch().count() * day_us; }

bool digits(std::string_view text, int& into) {
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
  return code == std::errc{} && end == text.data() + text.size();
}

// "2026", "2026-11", "2026-11-23", "2026-11-23T10", "2026-11-23T10:15": what is missing is the beginning, or the end.
std::optional<std::int64_t> partial_date(std::string_view text, bool round_up) {
  int y = 0, mo = 1, d = 1, h = 0, mi = 0;
  if (text.size() < 4 || !digits(text.substr(0, 4), y)) return std::nullopt;
  char unit = 'y';
  auto piece = [&](std::size_t from, char separator, int& into, char u) {
    if (text.size() < from + 3) return text.size() <= from;
    unit = u;
    return text[from] == separator && digits(text.substr(from + 1, 2), into);
  };
  if (!piece(4, '-', mo, 'M') || !piece(7, '-', d, 'd') || !piece(10, 'T', h, 'h') || !piece(13, ':', mi, 'm') ||
      text.size() > 16)
    return std::nullopt;
  year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!date.ok() || h > 23 || mi > 59) return std::nullopt;
  std::int64_t time = at(date) + h * hour_us + mi * minute_us;
  return round_up ? calendar_add_us(time, unit, 1) - 1'000 : time;
}

std::optional<std::int64_t> plain_date(std::string_view text, bool round_up) {
  if (auto whole = instant::parse(text)) return whole->microseconds;
  if (!text.empty() && !text.ends_with('Z'))  // no zone: UTC
    if (auto whole = instant::parse(std::string(text) + "Z")) return whole->microseconds;
  std::int64_t ms = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (code == std::errc{} && end == text.data() + text.size() && text.size() > 4 && ms > -10'000'000'000'000 &&
      ms < 10'000'000'000'000)
    return ms * 1'000;
  return partial_date(text, round_up);
}

}  // namespace

std::int64_t calendar_floor_us(std::int64_t time_us, char unit) {
  year_month_day date = date_of(time_us);
  switch (unit) {
    case 'y':
      return at(date.year() / January / 1);
    case 'q':
      return at(date.year() / month((static_cast<unsigned>(date.month()) - 1) / 3 * 3 + 1) / 1);
    case 'M':
      return at(date.year() / date.month() / 1);
    case 'w':
      return floor_to(time_us, 7 * day_us, 4 * day_us);  // 1970-01-05 was a Monday
    case 'd':
      return floor_to(time_us, day_us);
    case 'h':
    case 'H':
      return floor_to(time_us, hour_us);
    case 'm':
      return floor_to(time_us, minute_us);
    default:
      return floor_to(time_us, second_us);
  }
}

std::int64_t calendar_add_us(std::int64_t time_us, char unit, std::int64_t units) {
  switch (unit) {
    case 'y':
    case 'q':
    case 'M': {
      year_month_day date = date_of(time_us);
      auto later = date + months(units * (unit == 'y' ? 12 : unit == 'q' ? 3 : 1));
      if (!later.ok()) later = later.year() / later.month() / last;
      return at(later) + (time_us - at(date));
    }
    case 'w':
      return time_us + units * 7 * day_us;
    case 'd':
      return time_us + units * day_us;
    case 'h':
    case 'H':
      return time_us + units * hour_us;
    case 'm':
      return time_us + units * minute_us;
    default:
      return time_us + units * second_us;
  }
}

std::optional<std::int64_t> parse_date_us(std::string_view text, instant now, bool round_up) {
  std::string_view math;
  std::int64_t time = 0;
  if (text.starts_with("now")) {
    time = now.microseconds;
    math = text.substr(3);
  } else {
    std::size_t bars = text.find("||");
    bool plain = bars == std::string_view::npos;
    auto date = plain_date(text.substr(0, bars), plain && round_up);
    if (!date) return std::nullopt;
    time = *date;
    if (!plain) math = text.substr(bars + 2);
  }
  constexpr std::string_view units = "yqMwdhHms";
  while (!math.empty()) {
    char operation = math.front();
    math.remove_prefix(1);
    std::int64_t count = 1;
    if (operation != '/' && !math.empty() && math[0] >= '0' && math[0] <= '9') {
      auto [end, code] = std::from_chars(math.data(), math.data() + math.size(), count);
      if (code != std::errc{} || count > 1'000'000) return std::nullopt;
      math.remove_prefix(static_cast<std::size_t>(end - math.data()));
    }
    if (math.empty() || !units.contains(math.front())) return std::nullopt;
    char unit = math.front();
    math.remove_prefix(1);
    if (operation == '+' || operation == '-') {
      time = calendar_add_us(time, unit, operation == '+' ? count : -count);
    } else if (operation == '/') {
      time = calendar_floor_us(time, unit);
      if (round_up) time = calendar_add_us(time, unit, 1) - 1'000;
    } else {
      return std::nullopt;
    }
  }
  return time;
}

}  // namespace mes::telemetry::elastic
