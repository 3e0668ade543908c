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
