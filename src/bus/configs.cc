#include "bus/configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mes::bus {
namespace {

struct topic_config {
  std::string_view name;
  config_type type;
  std::string_view default_value;  // "" with a `from`: of the broker's settings
  std::int64_t min = 0;
  std::string_view allowed = {};  // text: the values, between commas
};

constexpr std::int64_t any = INT64_MIN;

// What a topic may set. Settings of replication, tiering and segment files are kept and shown, though nothing here
// depends on them: tools that copy a topic's settings find them accepted.
constexpr std::array topic_table = {
    topic_config{"cleanup.policy", config_type::list, "delete", 0, "delete,compact"},
    topic_config{"compression.type", config_type::string, "producer", 0, "producer"},
    topic_config{"delete.retention.ms", config_type::int64, "86400000"},
    topic_config{"file.delete.delay.ms", config_type::int64, "60000"},
    topic_config{"flush.messages", config_type::int64, "1", 1},
    topic_config{"flush.ms", config_type::int64, "0"},
    topic_config{"index.interval.bytes", config_type::int32, "4096"},
    topic_config{"max.compaction.lag.ms", config_type::int64, "9223372036854775807", 1},
    topic_config{"max.message.bytes", config_type::int32, ""},
    topic_config{"message.timestamp.after.max.ms", config_type::int64, "3600000"},
    topic_config{"message.timestamp.before.max.ms", config_type::int64, "9223372036854775807"},
    topic_config{"message.timestamp.type", config_type::string, "CreateTime", 0, "CreateTime,LogAppendTime"},
    topic_config{"min.cleanable.dirty.ratio", config_type::float64, "0.5", any},
    topic_config{"min.compaction.lag.ms", config_type::int64, "0"},
    topic_config{"min.insync.replicas", config_type::int32, "1", 1},
    topic_config{"preallocate", config_type::boolean, "false", 0, "true,false"},
    topic_config{"retention.bytes", config_type::int64, "", -1},
    topic_config{"retention.ms", config_type::int64, "", -1},
    topic_config{"segment.bytes", config_type::int32, "", 14},
    topic_config{"segment.index.bytes", config_type::int32, "10485760", 4},
    topic_config{"segment.jitter.ms", config_type::int64, "0"},
    topic_config{"segment.ms", config_type::int64, "604800000", 1},
    topic_config{"unclean.leader.election.enable", config_type::boolean, "false", 0, "true,false"},
};

std::string default_of(const broker& b, const topic_config& row) {
  const broker_settings& s = b.settings();
  if (row.name == "max.message.bytes") return fmt::to_string(s.message_bytes_max);
  if (row.name == "retention.bytes") return fmt::to_string(s.retention_bytes);
  if (row.name == "retention.ms") return fmt::to_string(s.retention_ms);
  if (row.name == "segment.bytes") return fmt::to_string(s.segment_bytes);
  return std::string(row.default_value);
}

bool is_among(std::string_view value, std::string_view allowed) {
  while (!allowed.empty()) {
    const auto comma = allowed.find(',');
    if (allowed.substr(0, comma) == value) return true;
    allowed = comma == std::string_view::npos ? std::string_view{} : allowed.substr(comma + 1);
  }
  return false;
}

}  // namespace

std::optional<std::string> check_topic_config(std::string_view name, std::string_view value) {
  const auto row = std::ranges::find(topic_table, name, &topic_config::name);
  if (row == topic_table.end()) return fmt::format("Unknown topic config name: {}", name);
  if (row->type == config_type::int32 || row->type == config_type::int64) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
    const std::int64_t max = row->type == config_type::int32 ? INT32_MAX : INT64_MAX;
    if (fault != std::errc{} || end != value.data() + value.size() || number < row->min || number > max)
      return fmt::format("Invalid value {} for configuration {}: a whole number from {} on", value, name, row->min);
    return std::nullopt;
  }
  if (row->type == config_type::float64) {
    double number = 0;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (fault == std::errc{} && end == value.data() + value.size() && number >= 0 && number <= 1) return std::nullopt;
    return fmt::format("Invalid value {} for configuration {}: a number from 0 to 1", value, name);
  }
  while (true) {
    const auto comma = row->type == config_type::list ? value.find(',') : std::string_view::npos;
    if (!is_among(value.substr(0, comma), row->allowed))
      return fmt::format("Invalid value {} for configuration {}: one of {}", value.substr(0, comma), name,
                         row->allowed);
    if (comma == std::string_view::npos) return std::nullopt;
    value = value.substr(comma + 1);
  }
}

std::vector<shown_config> topic_configs(const broker& b, const log::topic& t) {
  std::vector<shown_config> shown;
  for (const topic_config& row : topic_table) {
    const auto set = t.configs.find(std::string(row.name));
    shown.push_back({std::string(row.name), set == t.configs.end() ? default_of(b, row) : set->second, row.type,
                     set == t.configs.end(), false});
  }
  return shown;
}

std::vector<shown_config> broker_configs(const broker& b) {
  const broker_settings& s = b.settings();
  const auto row = [](std::string name, std::string value, config_type type) {
    return shown_config{std::move(name), std::move(value), type, true, true};
  };
  const auto flag = [](bool on) { return std::string(on ? "true" : "false"); };
  return {
      row("advertised.listeners",
          fmt::format("PLAINTEXT://{}:{}", s.advertised_host.empty() ? s.address : s.advertised_host, b.port()),
          config_type::string),
      row("auto.create.topics.enable", flag(s.auto_create_topics), config_type::boolean),
      row("broker.id", fmt::to_string(b.node_id), config_type::int32),
      row("compression.type", "producer", config_type::string),
      row("default.replication.factor", "1", config_type::int32),
      row("delete.topic.enable", "true", config_type::boolean),
      row("group.initial.rebalance.delay.ms", fmt::to_string(s.groups.initial_rebalance_delay_ms), config_type::int32),
      row("inter.broker.protocol.version", "4.2", config_type::string),
      row("listeners", fmt::format("PLAINTEXT://{}:{}", s.address, b.port()), config_type::string),
      row("log.cleanup.policy", "delete", config_type::list),
      row("log.dirs", s.directory, config_type::string),
      row("log.flush.interval.messages", s.sync ? "1" : "9223372036854775807", config_type::int64),
      row("log.retention.bytes", fmt::to_string(s.retention_bytes), config_type::int64),
      row("log.retention.ms", fmt::to_string(s.retention_ms), config_type::int64),
      row("log.segment.bytes", fmt::to_string(s.segment_bytes), config_type::int32),
      row("max.connections", fmt::to_string(s.connections_max), config_type::int32),
      row("message.max.bytes", fmt::to_string(s.message_bytes_max), config_type::int32),
      row("min.insync.replicas", "1", config_type::int32),
      row("num.partitions", fmt::to_string(s.num_partitions), config_type::int32),
      row("offsets.retention.minutes", fmt::to_string(s.groups.offsets_retention_ms / 60'000), config_type::int32),
      row("producer.id.expiration.ms", "86400000", config_type::int32),
      row("socket.request.max.bytes", fmt::to_string(s.request_bytes_max), config_type::int32),
      row("transaction.max.timeout.ms", fmt::to_string(s.transactions.timeout_max_ms), config_type::int32),
      row("transactional.id.expiration.ms", fmt::to_string(s.transactions.id_expiry_ms), config_type::int32),
  };
}

}  // namespace mes::bus
