// The periods of limits as configuration fields, and their keys in Redis.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/diagnostic.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/rate_limiting/windows.h"

namespace mes::gateway {

inline constexpr std::array<std::string_view, period_count> period_names = {"second", "minute", "hour",
                                                                            "day",    "month",  "year"};

// "The limit for minute(3.0) cannot be lower than the limit for second(10.0)"; "" if all is well.
inline std::string wrong_order(const std::array<std::optional<double>, period_count>& limits) {
  for (std::size_t i = 0; i < period_count; ++i)
    for (std::size_t j = i + 1; j < period_count; ++j)
      if (limits[i] && limits[j] && *limits[j] < *limits[i])
        return fmt::format("The limit for {}({:.1f}) cannot be lower than the limit for {}({:.1f})", period_names[j],
                           *limits[j], period_names[i], *limits[i]);
  return {};
}

// The most windows of one period that begin in one of a longer one.
inline std::int64_t windows_in(period shorter, period longer) {
  // The calendar's longest, 31 and 366 days.
  constexpr std::array<std::int64_t, period_count> longest_s = {1, 60, 3600, 86'400, 31 * 86'400, 366 * 86'400};
  if (shorter == period::month) return 12;
  return longest_s[static_cast<std::size_t>(longer)] / longest_s[static_cast<std::size_t>(shorter)];
}

// A limit that the one of a shorter period keeps out of reach.
struct idle_limit {
  std::size_t idle = 0, because_of = 0;
};
inline std::vector<idle_limit> idle_limits(const std::array<std::optional<double>, period_count>& limits) {
  std::vector<idle_limit> out;
  for (std::size_t j = 1; j < period_count; ++j)
    for (std::size_t i = 0; i < j; ++i) {
      if (!limits[i] || !limits[j]) continue;
      const auto windows = static_cast<double>(windows_in(static_cast<period>(i), static_cast<period>(j)));
      if (*limits[j] < std::ceil(*limits[i]) * windows) continue;
      out.push_back({.idle = j, .because_of = i});
      break;
    }
  return out;
}

// A fraction lets one more request in, as it does in Kong.
inline std::vector<window_limit> as_limits(const std::array<std::optional<double>, period_count>& limits) {
  std::vector<window_limit> out;
  for (std::size_t i = 0; i < period_count; ++i)
    if (limits[i])
      out.push_back({static_cast<period>(i), static_cast<std::int64_t>(std::min(std::ceil(*limits[i]), whole_max))});
  return out;
}

// Kong's ids in keys: the plugin's scope, zeros where it has none.
struct key_scope {
  static constexpr std::string_view nobody = "00000000-0000-0000-0000-000000000000";
  std::string route, service;

  static key_scope of(const plugin_entry& entry) {
    return {.route = entry.on_route ? entry.on_route->id : std::string(nobody),
            .service = entry.on_service ? entry.on_service->id : std::string(nobody)};
  }
};

}  // namespace mes::gateway
