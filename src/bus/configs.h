// Kafka's settings of topics and of the broker, as its admin API names and shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/broker.h"

namespace mes::bus {

enum class config_type : std::int8_t {
  boolean = 1,
  string = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  float64 = 6,
  list = 7
};

struct shown_config {
  std::string name;
  std::string value;
  config_type type = config_type::string;
  bool is_default = true;  // else set for this topic
  bool read_only = false;
};

// Nothing: `value` is allowed for the topic setting `name`. Otherwise what is wrong with it.
std::optional<std::string> check_topic_config(std::string_view name, std::string_view value);

std::vector<shown_config> topic_configs(const broker& b, const log::topic& t);
std::vector<shown_config> broker_configs(const broker& b);

}  // namespace mes::bus
