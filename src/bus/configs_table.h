// Kafka's configurations as tables: of topics, of the broker, of groups. Names, types, ranges and defaults are Kafka's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/broker.h"

namespace mes::bus {

// As the protocol numbers them.
enum class config_type : std::int8_t {
  unknown = 0,  // a logger's level has none
  boolean = 1,
  string = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  float64 = 6,
  list = 7
};

struct config_row {
  std::string_view name;
  config_type type = config_type::string;
  std::string_view default_value;
  std::int64_t min = INT64_MIN;  // of numbers
  std::int64_t max = INT64_MAX;
  std::string_view allowed = {};  // of text and lists: the values, between commas; empty: any
  std::string_view broker = {};   // topics: the broker's configuration that is the default
  std::string_view documentation = {};
};

const std::vector<config_row>& topic_config_table();
const std::vector<config_row>& group_config_table();
const std::vector<config_row>& client_metrics_config_table();
// Those of the broker that can be changed while it runs; their defaults are the role's settings.
const std::vector<config_row>& dynamic_broker_config_table();

// The others of the broker: what its settings say.
struct fixed_config {
  std::string_view name;
  config_type type;
  std::string (*value)(const broker&);
  std::string_view documentation;
};
const std::vector<fixed_config>& fixed_broker_config_table();
// What the role's settings say of a configuration of dynamic_broker_config_table().
std::string broker_setting(const broker& b, std::string_view name);

const config_row* find_config(const std::vector<config_row>& table, std::string_view name);

// Nothing: the value is right. Otherwise what is wrong, as Kafka says it.
std::optional<std::string> check_value(const config_row& row, std::string_view value);

// A right value as Kafka describes it: without spaces and signs that say nothing.
std::string canonical_value(config_type type, const std::string& value);

}  // namespace mes::bus
