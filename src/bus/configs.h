// Kafka's settings of topics, groups and of the broker, as its admin API names, shows and checks them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/broker.h"
#include "bus/configs_table.h"

namespace mes::bus {

// Kafka's numbers of what has configurations (ConfigResource.Type).
enum class config_resource : std::int8_t {
  unknown = 0,
  topic = 2,
  broker = 4,
  broker_logger = 8,
  client_metrics = 16,
  group = 32
};

// Where a value comes from, the strongest first (DescribeConfigsResponse.ConfigSource).
enum class config_source : std::int8_t {
  topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  by_default = 5,
  dynamic_broker_logger = 6,
  client_metrics = 7,
  group = 8
};

struct config_value {
  std::string name;  // by which it is set there: a topic's default has another name at the broker
  std::string value;
  config_source source = config_source::by_default;
  bool is_told = true;  // among the synonyms
};

struct shown_config {
  std::string_view name;
  config_type type = config_type::string;
  bool read_only = false;
  std::vector<config_value> synonyms;  // the first one counts
  std::string_view documentation;

  const std::string& value() const { return synonyms.front().value; }
  config_source source() const { return synonyms.front().source; }
};

using config_values = std::map<std::string, std::string>;

// The table of a resource's configurations; of a broker those that can be changed.
const std::vector<config_row>& table_of(config_resource resource);

// Nothing: `value` is allowed for the topic setting `name`. Otherwise what is wrong with it.
std::optional<std::string> check_topic_config(std::string_view name, std::string_view value);
// The settings of one topic, group or the broker together.
std::optional<std::string> check_configs(config_resource resource, const config_values& values);

std::vector<shown_config> topic_configs(const broker& b, const log::topic& t);
std::vector<shown_config> broker_configs(const broker& b);
std::vector<shown_config> group_configs(const broker& b, const std::string& group);
std::vector<shown_config> client_metrics_configs(const broker& b, const std::string& subscription);

// Nothing: a group's settings are within the bounds of the broker. Otherwise what is wrong.
std::optional<std::string> check_group_times(const groups::coordinator_options& bounds, const config_values& values);

// What a group has set, else `otherwise`.
std::int64_t group_config_number(const broker& b, const std::string& group, std::string_view name,
                                 std::int64_t otherwise);
// What counts of a configuration of dynamic_broker_config_table().
std::string dynamic_broker_config(const broker& b, std::string_view name);

}  // namespace mes::bus
