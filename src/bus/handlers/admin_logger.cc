// The level of the log through the admin API. Kafka has a logger for each of its classes; here is the root of them
// alone.
#include <charconv>

#include "bus/handlers/admin_parts.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::string_view root_logger = "root";

outcome check_node(std::string_view name, std::string_view what) {
  std::int32_t id = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (fault != std::errc{} || end != name.data() + name.size())
    return refused(error_code::invalid_request, fmt::format("{} must be an integer, but it is: {}", what, name));
  if (id != broker::node_id)
    return refused(error_code::invalid_request,
                   fmt::format("Unexpected {}, expected {} but received {}", what, broker::node_id, name));
  return {};
}

outcome check_level(const kafka::incremental_alter_configs_request::alterable_config& wanted) {
  enum : std::int8_t { set = 0, erase = 1 };
  if (wanted.config_operation != set && wanted.config_operation != erase)
    return refused(error_code::invalid_request, "Only SET and DELETE are allowed for the BROKER_LOGGER resource");
  if (wanted.name != root_logger)
    return refused(error_code::invalid_config, fmt::format("Logger {} does not exist!", wanted.name));
  if (wanted.config_operation == erase)
    return refused(error_code::invalid_request, "Removing the log level of the root logger is not allowed");
  if (!log_level::is_name(*wanted.value))
    return refused(error_code::invalid_config,
                   fmt::format("Cannot set the log level of {} to {} as it is not a supported log level. Valid log "
                               "levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN",
                               wanted.name, *wanted.value));
  return {};
}

}  // namespace

std::expected<std::vector<shown_config>, refusal> logger_configs(broker& b, std::string_view name) {
  if (name.empty()) return refused(error_code::invalid_request, "Broker id must not be empty");
  if (auto fine = check_node(name, "Broker id"); !fine) return std::unexpected(fine.error());
  return std::vector{shown_config{
      root_logger,
      config_type::unknown,
      false,
      {{std::string(root_logger), std::string(b.level().name()), config_source::dynamic_broker_logger, false}},
      ""}};
}

outcome alter_logger(broker& b, const kafka::incremental_alter_configs_request::alter_configs_resource& r,
                     bool validate_only) {
  if (auto fine = check_node(r.resource_name, "Node id"); !fine) return fine;
  for (const auto& wanted : r.configs)
    if (auto fine = check_level(wanted); !fine) return fine;
  if (validate_only) return {};
  for (const auto& wanted : r.configs) b.level().set(*wanted.value);
  if (!r.configs.empty()) b.logger().warn("log level set", {{"log_level", b.level().name()}});
  return {};
}

}  // namespace mes::bus::handlers
