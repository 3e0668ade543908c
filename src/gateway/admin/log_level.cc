#include "gateway/admin/log_level.h"

#include <array>

namespace mes::gateway {

void log_level::set(observe::level next, std::chrono::seconds lasts) {
  use(next);
  _end = _loop.after(lasts, [this] { use(_configured); });
}

void log_level::use(observe::level next) {
  _now = next;
  _log.set_least(next);
}

std::string_view name_of(observe::level level) {
  static constexpr auto names = std::to_array<std::string_view>({"debug", "info", "warn", "error"});
  return names[static_cast<std::size_t>(level)];
}

}  // namespace mes::gateway
