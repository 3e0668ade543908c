// Subscriptions to clients' metrics (KIP-714) as configurations: kept and shown as a Kafka does that has nothing that
// takes the metrics, which asks no client for any.
#include <algorithm>

#include "base/split.h"
#include "bus/groups/topic_pattern.h"
#include "bus/handlers/admin_parts.h"
#include "bus/log/number_text.h"

namespace mes::bus::handlers {
using wire::kafka::error_code;
namespace {

constexpr std::string_view match_names[] = {"client_instance_id",    "client_id",
                                            "client_software_name",  "client_software_version",
                                            "client_source_address", "client_source_port"};

// NAME=REGEX; what stands behind is not looked at if it is empty, as Java splits.
bool is_match(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '=');
  while (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts.size() == 2 && std::ranges::count(match_names, log::trimmed(parts[0])) > 0 &&
         !groups::check_pattern(std::string(log::trimmed(parts[1])));
}

}  // namespace

outcome check_client_metrics(std::string_view name, const config_values& values) {
  if (name.empty()) return refused(error_code::invalid_request, "Subscription name can't be empty");
  for (const auto& [key, value] : values)
    if (!find_config(client_metrics_config_table(), key))
      return refused(error_code::invalid_request, fmt::format("Unknown client metrics configuration: {}", key));
  for (const auto& [key, value] : values)
    if (auto why = check_value(*find_config(client_metrics_config_table(), key), value))
      return refused(error_code::invalid_config, std::move(*why));
  constexpr int interval_ms_min = 100, interval_ms_max = 3'600'000;
  if (const auto set = values.find("interval.ms"); set != values.end()) {
    const auto ms = log::parse_number<int>(set->second);
    if (ms < interval_ms_min || ms > interval_ms_max)
      return refused(error_code::invalid_request,
                     fmt::format("Invalid value {} for interval.ms, interval must be between {} and {} (1 hour)",
                                 set->second, interval_ms_min, interval_ms_max));
  }
  if (const auto set = values.find("match"); set != values.end() && !log::trimmed(set->second).empty())
    for (const std::string_view one : split(set->second, ','))
      if (!is_match(log::trimmed(one)))
        return refused(error_code::invalid_config, fmt::format("Illegal client matching pattern: {}", one));
  return {};
}

}  // namespace mes::bus::handlers
