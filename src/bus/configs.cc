#include "bus/configs.h"

#include <fmt/format.h>

#include "bus/log/number_text.h"

namespace mes::bus {
namespace {

// The broker itself, and what holds for all brokers, as resources of type broker.
const security::access::config_key this_broker{static_cast<std::int8_t>(config_resource::broker),
                                               fmt::to_string(broker::node_id)};
const security::access::config_key every_broker{static_cast<std::int8_t>(config_resource::broker), ""};

const std::string* find_set(const broker& b, const security::access::config_key& of, std::string_view name) {
  const auto values = b.access().configs().find(of);
  if (values == b.access().configs().end()) return nullptr;
  const auto it = values->second.find(std::string(name));
  return it == values->second.end() ? nullptr : &it->second;
}

// What the broker says of its configuration `name`, and `otherwise` where it says nothing.
void append_broker_values(const broker& b, std::string_view name, std::string_view otherwise,
                          std::vector<config_value>& out) {
  using enum config_source;
  if (const config_row* const row = find_config(dynamic_broker_config_table(), name)) {
    const auto add_set = [&](const security::access::config_key& of, config_source where) {
      const auto* const set = find_set(b, of, name);
      // Older versions let through what is refused now.
      if (set && !check_value(*row, *set)) out.push_back({std::string(name), *set, where});
    };
    add_set(this_broker, dynamic_broker);
    add_set(every_broker, dynamic_default_broker);
    if (const std::string given = broker_setting(b, name); given != row->default_value)
      out.push_back({std::string(name), given, static_broker});
    out.push_back({std::string(name), std::string(row->default_value), by_default});
    return;
  }
  for (const fixed_config& row : fixed_broker_config_table())
    if (row.name == name && row.value(b) != otherwise) out.push_back({std::string(name), row.value(b), static_broker});
  out.push_back({std::string(name), std::string(otherwise), by_default});
}

constexpr std::string_view session_timeout = "consumer.session.timeout.ms",
                           heartbeat_interval = "consumer.heartbeat.interval.ms";

// What counts for groups that do not say.
std::string group_default(const groups::coordinator_options& groups, const config_row& row) {
  if (row.name == session_timeout) return fmt::to_string(groups.consumer_session_timeout_ms);
  if (row.name == heartbeat_interval) return fmt::to_string(groups.consumer_heartbeat_interval_ms);
  return std::string(row.default_value);
}

}  // namespace

const std::vector<config_row>& table_of(config_resource resource) {
  switch (resource) {
    case config_resource::topic:
      return topic_config_table();
    case config_resource::group:
      return group_config_table();
    case config_resource::client_metrics:
      return client_metrics_config_table();
    default:
      return dynamic_broker_config_table();
  }
}

std::optional<std::string> check_topic_config(std::string_view name, std::string_view value) {
  const config_row* const row = find_config(topic_config_table(), name);
  if (!row) return fmt::format("Unknown topic config name: {}", name);
  return check_value(*row, value);
}

std::optional<std::string> check_configs(config_resource resource, const config_values& values) {
  const auto& table = table_of(resource);
  for (const auto& [name, value] : values) {
    const config_row* const row = find_config(table, name);
    if (!row && resource == config_resource::broker)
      return fmt::format("Cannot update these configs dynamically: Set({})", name);
    if (!row)
      return fmt::format("Unknown {} config name: {}", resource == config_resource::topic ? "topic" : "group", name);
    if (auto why = check_value(*row, value)) return why;
  }
  const auto number = [&](const char* name, std::int64_t otherwise) {
    const auto it = values.find(name);
    return it == values.end() ? otherwise : log::parse_number<std::int64_t>(it->second).value_or(otherwise);
  };
  const std::int64_t lag_min = number("min.compaction.lag.ms", 0), lag_max = number("max.compaction.lag.ms", INT64_MAX);
  if (lag_min > lag_max)
    return fmt::format("conflict topic config setting min.compaction.lag.ms ({}) > max.compaction.lag.ms ({})", lag_min,
                       lag_max);
  return std::nullopt;
}

std::vector<shown_config> topic_configs(const broker& b, const log::topic& t) {
  std::vector<shown_config> shown;
  for (const config_row& row : topic_config_table()) {
    shown_config& c = shown.emplace_back(row.name, row.type, false, std::vector<config_value>{}, row.documentation);
    if (const auto set = t.configs.find(std::string(row.name)); set != t.configs.end())
      c.synonyms.push_back({std::string(row.name), set->second, config_source::topic});
    if (row.broker.empty())
      c.synonyms.push_back({std::string(row.name), std::string(row.default_value), config_source::by_default, false});
    else
      append_broker_values(b, row.broker, row.default_value, c.synonyms);
  }
  return shown;
}

std::vector<shown_config> broker_configs(const broker& b) {
  std::vector<shown_config> shown;
  for (const config_row& row : dynamic_broker_config_table()) {
    shown_config& c = shown.emplace_back(row.name, row.type, false, std::vector<config_value>{}, row.documentation);
    append_broker_values(b, row.name, row.default_value, c.synonyms);
  }
  for (const fixed_config& row : fixed_broker_config_table())
    shown.push_back({row.name,
                     row.type,
                     true,
                     {{std::string(row.name), row.value(b), config_source::static_broker}},
                     row.documentation});
  return shown;
}

std::vector<shown_config> group_configs(const broker& b, const std::string& group) {
  std::vector<shown_config> shown;
  const security::access::config_key of{static_cast<std::int8_t>(config_resource::group), group};
  for (const config_row& row : group_config_table()) {
    shown_config& c = shown.emplace_back(row.name, row.type, false, std::vector<config_value>{}, row.documentation);
    const auto* const set = find_set(b, of, row.name);
    c.synonyms.push_back({std::string(row.name), set ? *set : group_default(b.settings().groups, row),
                          set ? config_source::group : config_source::by_default});
  }
  return shown;
}

std::vector<shown_config> client_metrics_configs(const broker& b, const std::string& subscription) {
  std::vector<shown_config> shown;
  const security::access::config_key of{static_cast<std::int8_t>(config_resource::client_metrics), subscription};
  for (const config_row& row : client_metrics_config_table()) {
    shown_config& c = shown.emplace_back(row.name, row.type, false, std::vector<config_value>{}, row.documentation);
    if (const auto* set = find_set(b, of, row.name))
      c.synonyms.push_back({std::string(row.name), *set, config_source::client_metrics});
    else
      c.synonyms.push_back({std::string(row.name), std::string(row.default_value), config_source::by_default, false});
  }
  return shown;
}

std::optional<std::string> check_group_times(const groups::coordinator_options& bounds, const config_values& values) {
  const auto ms = [&](std::string_view name) {
    const auto set = values.find(std::string(name));
    return log::parse_number<std::int32_t>(
               set != values.end() ? set->second : group_default(bounds, *find_config(group_config_table(), name)))
        .value_or(0);
  };
  const auto outside = [](std::string_view name, std::int32_t value, std::int32_t min, std::int32_t max) {
    return value >= min && value <= max
               ? std::optional<std::string>{}
               : fmt::format("{} must be between {} and {}, as group.consumer.min and .max say", name, min, max);
  };
  const std::int32_t session = ms(session_timeout), heartbeat = ms(heartbeat_interval);
  if (auto why = outside(heartbeat_interval, heartbeat, bounds.consumer_heartbeat_interval_min_ms,
                         bounds.consumer_heartbeat_interval_max_ms))
    return why;
  if (auto why = outside(session_timeout, session, bounds.consumer_session_timeout_min_ms,
                         bounds.consumer_session_timeout_max_ms))
    return why;
  if (session <= heartbeat) return fmt::format("{} must be greater than {}", session_timeout, heartbeat_interval);
  return std::nullopt;
}

std::int64_t group_config_number(const broker& b, const std::string& group, std::string_view name,
                                 std::int64_t otherwise) {
  const auto* const set = find_set(b, {static_cast<std::int8_t>(config_resource::group), group}, name);
  return set ? log::parse_number<std::int64_t>(*set).value_or(otherwise) : otherwise;
}

std::string dynamic_broker_config(const broker& b, std::string_view name) {
  std::vector<config_value> values;
  append_broker_values(b, name, "", values);
  return values.front().value;
}

}  // namespace mes::bus
