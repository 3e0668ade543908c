#include "platform/import/local_time.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>

namespace mes::platform {
namespace {

struct fields {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t microseconds = 0;
  std::optional<bool> afternoon;
  std::optional<std::int64_t> offset_s, epoch_s;
};

// Takes between `least` and `most` digits from the front of `text`.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, int& value) {
  std::size_t n = 0;
  value = 0;
  while (n < most && n < text.size() && text[n] >= '0' && text[n] <= '9') value = value * 10 + (text[n++] - '0');
  text.remove_prefix(n);
  return n >= least;
}

bool take_fraction(std::string_view& text, std::int64_t& microseconds) {
  std::int64_t scale = 100'000;
  std::size_t n = 0;
  microseconds = 0;
  for (; n < 9 && n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n, scale /= 10)
    microseconds += (text[n] - '0') * scale;
  text.remove_prefix(n);
  return n > 0;
}

bool take_offset(std::string_view& text, std::int64_t& seconds) {
  if (text.starts_with('Z')) {
    seconds = 0;
    text.remove_prefix(1);
    return true;
  }
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!take_number(text, 2, 2, hours)) return false;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (!take_number(text, 2, 2, minutes) || hours > 15 || minutes > 59) return false;
  seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

bool take_month(std::string_view& text, int& month) {
  static constexpr std::array<std::string_view, 12> names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                             "jul", "aug", "sep", "oct", "nov", "dec"};
  if (text.size() < 3) return false;
  std::string lower(text.substr(0, 3));
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == lower) {
      month = static_cast<int>(i) + 1;
      text.remove_prefix(3);
      return true;
    }
  return false;
}

bool take_half_of_day(std::string_view& text, std::optional<bool>& afternoon) {
  if (text.size() < 2 || (text[1] | 0x20) != 'm') return false;
  const char c = static_cast<char>(text[0] | 0x20);
  if (c != 'a' && c != 'p') return false;
  afternoon = c == 'p';
  text.remove_prefix(2);
  return true;
}

bool take_seconds_since_1970(std::string_view& text, std::optional<std::int64_t>& seconds) {
  std::int64_t value = 0;
  std::size_t n = 0;
  for (; n < 12 && n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n) value = value * 10 + (text[n] - '0');
  text.remove_prefix(n);
  seconds = value;
  return n > 0;
}

bool take(char directive, std::string_view& text, fields& into) {
  switch (directive) {
    case 'Y':
      return take_number(text, 4, 4, into.year);
    case 'y': {
      if (!take_number(text, 2, 2, into.year)) return false;
      into.year += into.year < 69 ? 2000 : 1900;  // POSIX
      return true;
    }
    case 'm':
      return take_number(text, 1, 2, into.month);
    case 'd':
      return take_number(text, 1, 2, into.day);
    case 'e':
      if (text.starts_with(' ')) text.remove_prefix(1);
      return take_number(text, 1, 2, into.day);
    case 'b':
      return take_month(text, into.month);
    case 'H':
    case 'I':
      return take_number(text, 1, 2, into.hour);
    case 'M':
      return take_number(text, 1, 2, into.minute);
    case 'S':
      return take_number(text, 1, 2, into.second);
    case 'f':
      return take_fraction(text, into.microseconds);
    case 'p':
      return take_half_of_day(text, into.afternoon);
    case 'z':
      return take_offset(text, into.offset_s.emplace());
    case 's':
      return take_seconds_since_1970(text, into.epoch_s);
    case '%':
      if (!text.starts_with('%')) return false;
      text.remove_prefix(1);
      return true;
    default:
      return false;
  }
}

std::optional<std::int64_t> local_seconds(fields& f) {
  if (f.afternoon) {
    if (f.hour < 1 || f.hour > 12) return std::nullopt;
    f.hour = f.hour % 12 + (*f.afternoon ? 12 : 0);
  }
  if (f.hour > 23 || f.minute > 59 || f.second > 59) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{year(f.year), month(static_cast<unsigned>(f.month)), day(static_cast<unsigned>(f.day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * 86'400LL + f.hour * 3600 + f.minute * 60 + f.second;
}

}  // namespace

result<time_zone> time_zone::find(std::string_view name) {
  time_zone zone;
  if (name == "UTC" || name == "Z") {
    zone._offset_s = 0;
    return zone;
  }
  std::string_view rest = name;
  if (std::int64_t seconds = 0; take_offset(rest, seconds) && rest.empty()) {
    zone._offset_s = seconds;
    return zone;
  }
  std::error_code ignored;  // what cannot be looked at is not there
  const bool plain = !name.empty() && name.find("..") == std::string_view::npos && name[0] != '/';
  if (!plain || !std::filesystem::is_regular_file("/usr/share/zoneinfo/" + std::string(name), ignored))
    return fail(
        error_code::invalid_argument,
        fmt::format("\"{}\" is no time zone: use UTC, an offset as +02:00, or a name as Europe/Berlin (package tzdata)",
                    name));
  zone._name = name;
  return zone;
}

std::int64_t time_zone::to_utc(std::int64_t local_seconds) const {
  if (_offset_s) return local_seconds - *_offset_s;
  // The C library knows the database; its zone is the environment's, so commands call this from one thread only.
  if (const char* now = std::getenv("TZ"); !now || _name != now) {
    setenv("TZ", _name.c_str(), 1);
    tzset();
  }
  std::tm parts{};
  const std::time_t as_utc = local_seconds;
  gmtime_r(&as_utc, &parts);
  parts.tm_isdst = -1;
  return std::mktime(&parts);
}

std::optional<instant> parse_local_time(std::string_view text, std::string_view format, const time_zone& zone) {
  fields f;
  while (!format.empty()) {
    if (format[0] == '%' && format.size() > 1) {
      if (!take(format[1], text, f)) return std::nullopt;
      format.remove_prefix(2);
    } else {
      if (text.empty() || text[0] != format[0]) return std::nullopt;
      text.remove_prefix(1);
      format.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  if (f.epoch_s) return instant{*f.epoch_s * 1'000'000 + f.microseconds};
  const auto local = local_seconds(f);
  if (!local) return std::nullopt;
  const std::int64_t utc = f.offset_s ? *local - *f.offset_s : zone.to_utc(*local);
  return instant{utc * 1'000'000 + f.microseconds};
}

std::string check_time_format(std::string_view format) {
  bool any = false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (++i == format.size()) return "a % stands at its end";
    if (std::string_view("YymdebHIMSfpzs%").find(format[i]) == std::string_view::npos)
      return fmt::format("%{} is not known: there are %Y %y %m %d %e %b %H %I %M %S %f %p %z %s %%", format[i]);
    any = true;
  }
  return any ? "" : "it has no % directive";
}

}  // namespace mes::platform
