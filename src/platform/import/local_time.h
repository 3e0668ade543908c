// Wall-clock times of a plant, in the form and zone that a mapping names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/instant.h"

namespace mes::platform {

// "UTC", "+02:00", or a name of the system's time zone database ("Europe/Berlin").
class time_zone {
 public:
  static result<time_zone> find(std::string_view name);

  // Seconds since 1970 of a local time that is given as if it were UTC. Where clocks are set back, the earlier one.
  std::int64_t to_utc(std::int64_t local_seconds) const;

 private:
  std::string _name;                      // of the database; "" = a fixed offset
  std::optional<std::int64_t> _offset_s;  // east of Greenwich
};

// Directives: %Y %y %m %d %e %b %H %I %M %S %f (fraction, 1 to 9 digits) %p (AM, PM) %z (+hh:mm, +hhmm, Z) %s (seconds
// since 1970) %%; all else stands for itself. The whole text must match, and the date must exist. With %z or %s the
// zone does not count.
std::optional<instant> parse_local_time(std::string_view text, std::string_view format, const time_zone& zone);

// What is wrong with a format; "" if it can be used.
std::string check_time_format(std::string_view format);

}  // namespace mes::platform
