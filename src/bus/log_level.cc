#include "bus/log_level.h"

#include <algorithm>
#include <array>

namespace mes::bus {
namespace {

struct row {
  std::string_view name;
  observe::level level;
};

// Of two with one level the first is the name of it where nobody said which.
constexpr std::array<row, 6> levels = {{{"DEBUG", observe::level::debug},
                                        {"TRACE", observe::level::debug},
                                        {"INFO", observe::level::info},
                                        {"WARN", observe::level::warn},
                                        {"ERROR", observe::level::error},
                                        {"FATAL", observe::level::error}}};

}  // namespace

bool log_level::is_name(std::string_view name) { return std::ranges::count(levels, name, &row::name) > 0; }

std::string_view log_level::name() const {
  if (!_set.empty()) return _set;
  return std::ranges::find_if(levels, [&](const row& r) { return _logger.enabled(r.level); })->name;
}

bool log_level::set(std::string_view name) {
  const auto found = std::ranges::find(levels, name, &row::name);
  if (found == levels.end()) return false;
  _set = found->name;
  _logger.set_least(found->level);
  return true;
}

}  // namespace mes::bus
