#include "bus/configs_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace mes::bus {
namespace {

using enum config_type;
constexpr std::int64_t none = INT64_MIN, endless = INT64_MAX;
constexpr std::string_view int64_max = "9223372036854775807";
constexpr std::string_view booleans = "true,false";
constexpr std::string_view no_share_groups = "Kept, not used: there are no share groups.",
                           no_streams_groups = "Kept, not used: there are no streams groups.",
                           no_client_metrics = "Kept, not used: clients are asked for no metrics.";

}  // namespace

// Settings of replication, tiering and segment files are kept and shown, though nothing here depends on them: tools
// that copy a topic's settings find them accepted.
const std::vector<config_row>& topic_config_table() {
  static const std::vector<config_row> table = {
      {"cleanup.policy", list, "delete", none, endless, "compact,delete", "log.cleanup.policy",
       "What happens to old records: delete removes them by age and size, compact keeps the last of each key."},
      {"compression.gzip.level",
       int32,
       "-1",
       -1,
       9,
       {},
       "compression.gzip.level",
       "Level of gzip where compression.type is gzip; -1: the library's own."},
      {"compression.lz4.level",
       int32,
       "9",
       1,
       17,
       {},
       "compression.lz4.level",
       "Level of lz4 where compression.type is lz4; 9: the fast one."},
      {"compression.type", string, "producer", none, endless, "uncompressed,zstd,lz4,snappy,gzip,producer",
       "compression.type", "What batches are compressed by before they are stored; producer: they stay as they came."},
      {"compression.zstd.level",
       int32,
       "3",
       -131'072,
       22,
       {},
       "compression.zstd.level",
       "Level of zstd where compression.type is zstd."},
      {"delete.retention.ms",
       int64,
       "86400000",
       0,
       endless,
       {},
       "log.cleaner.delete.retention.ms",
       "How long a compacted topic keeps the markers of deleted keys, in ms."},
      {"file.delete.delay.ms",
       int64,
       "60000",
       0,
       endless,
       {},
       "log.segment.delete.delay.ms",
       "Kept, not used: files go when nobody reads them."},
      {"flush.messages",
       int64,
       "1",
       1,
       endless,
       {},
       "log.flush.interval.messages",
       "Kept, not used: every acknowledged record is on the disk."},
      {"flush.ms",
       int64,
       "0",
       0,
       endless,
       {},
       "log.flush.interval.ms",
       "Kept, not used: every acknowledged record is on the disk."},
      {"follower.replication.throttled.replicas",
       list,
       "",
       none,
       endless,
       {},
       {},
       "Kept, not used: there are no followers."},
      {"index.interval.bytes",
       int32,
       "4096",
       0,
       endless,
       {},
       "log.index.interval.bytes",
       "Kept, not used: every batch is in the index."},
      {"leader.replication.throttled.replicas",
       list,
       "",
       none,
       endless,
       {},
       {},
       "Kept, not used: there are no followers."},
      {"local.retention.bytes",
       int64,
       "-2",
       -2,
       endless,
       {},
       "log.local.retention.bytes",
       "Kept, not used: there is no tiered storage."},
      {"local.retention.ms",
       int64,
       "-2",
       -2,
       endless,
       {},
       "log.local.retention.ms",
       "Kept, not used: there is no tiered storage."},
      {"max.compaction.lag.ms",
       int64,
       int64_max,
       1,
       endless,
       {},
       "log.cleaner.max.compaction.lag.ms",
       "After how long at most a record is compacted, in ms."},
      {"max.message.bytes", int32, "1048588", 0, INT32_MAX, {}, "message.max.bytes", "Largest record batch, in bytes."},
      {"message.timestamp.after.max.ms",
       int64,
       "3600000",
       0,
       endless,
       {},
       "log.message.timestamp.after.max.ms",
       "How far ahead of the broker's clock a record's time may be, in ms."},
      {"message.timestamp.before.max.ms",
       int64,
       int64_max,
       0,
       endless,
       {},
       "log.message.timestamp.before.max.ms",
       "How far behind the broker's clock a record's time may be, in ms."},
      {"message.timestamp.type", string, "CreateTime", none, endless, "CreateTime,LogAppendTime",
       "log.message.timestamp.type", "Whether records keep their producer's time or get the broker's."},
      {"min.cleanable.dirty.ratio",
       float64,
       "0.5",
       0,
       1,
       {},
       "log.cleaner.min.cleanable.ratio",
       "Share of a log that is not compacted yet, from which on it is."},
      {"min.compaction.lag.ms",
       int64,
       "0",
       0,
       endless,
       {},
       "log.cleaner.min.compaction.lag.ms",
       "How long a record is left alone by compaction, in ms."},
      {"min.insync.replicas",
       int32,
       "1",
       1,
       INT32_MAX,
       {},
       "min.insync.replicas",
       "Kept, not used: the one replica is always in sync."},
      {"preallocate", boolean, "false", none, endless, booleans, "log.preallocate",
       "Kept, not used: the log's files are always made whole."},
      {"remote.log.copy.disable",
       boolean,
       "false",
       none,
       endless,
       booleans,
       {},
       "Kept, not used: there is no tiered storage."},
      {"remote.log.delete.on.disable",
       boolean,
       "false",
       none,
       endless,
       booleans,
       {},
       "Kept, not used: there is no tiered storage."},
      {"remote.storage.enable", boolean, "false", none, endless, "false", {}, "There is no tiered storage."},
      {"retention.bytes",
       int64,
       "-1",
       none,
       endless,
       {},
       "log.retention.bytes",
       "Bytes that are kept of a partition; below 0: no limit."},
      {"retention.ms",
       int64,
       "604800000",
       -1,
       endless,
       {},
       "log.retention.ms",
       "How long records are kept, in ms; -1: no limit."},
      {"segment.bytes",
       int32,
       "1073741824",
       1'048'576,
       INT32_MAX,
       {},
       "log.segment.bytes",
       "Size from which on what was written may be cleaned, in bytes."},
      {"segment.index.bytes",
       int32,
       "10485760",
       4,
       INT32_MAX,
       {},
       "log.index.size.max.bytes",
       "Kept, not used: indexes grow as they need."},
      {"segment.jitter.ms", int64, "0", 0, endless, {}, "log.roll.jitter.ms", "Kept, not used."},
      {"segment.ms",
       int64,
       "604800000",
       1,
       endless,
       {},
       "log.roll.ms",
       "Age from which on what was written may be cleaned, in ms."},
      {"unclean.leader.election.enable", boolean, "false", none, endless, booleans, "unclean.leader.election.enable",
       "Kept, not used: there is one replica."},
  };
  return table;
}

const std::vector<config_row>& group_config_table() {
  static const std::vector<config_row> table = {
      {"consumer.heartbeat.interval.ms",
       int32,
       "5000",
       1,
       INT32_MAX,
       {},
       {},
       "How often members of a group of the new protocol tell that they live, in ms."},
      {"consumer.session.timeout.ms",
       int32,
       "45000",
       1,
       INT32_MAX,
       {},
       {},
       "After how long without a sign of life a member of a group of the new protocol is taken for gone, in ms."},
      {"share.auto.offset.reset", string, "latest", none, endless, {}, {}, no_share_groups},
      {"share.heartbeat.interval.ms", int32, "5000", 5'000, 15'000, {}, {}, no_share_groups},
      {"share.isolation.level",
       string,
       "read_uncommitted",
       none,
       endless,
       "read_committed,read_uncommitted",
       {},
       no_share_groups},
      {"share.record.lock.duration.ms", int32, "30000", 15'000, 60'000, {}, {}, no_share_groups},
      {"share.session.timeout.ms", int32, "45000", 45'000, 60'000, {}, {}, no_share_groups},
      {"streams.heartbeat.interval.ms", int32, "5000", 5'000, 15'000, {}, {}, no_streams_groups},
      {"streams.initial.rebalance.delay.ms", int32, "3000", 0, INT32_MAX, {}, {}, no_streams_groups},
      {"streams.num.standby.replicas", int32, "0", 0, 2, {}, {}, no_streams_groups},
      {"streams.session.timeout.ms", int32, "45000", 45'000, 60'000, {}, {}, no_streams_groups},
  };
  return table;
}

const std::vector<config_row>& client_metrics_config_table() {
  static const std::vector<config_row> table = {
      {"interval.ms", int32, "300000", INT32_MIN, INT32_MAX, {}, {}, no_client_metrics},
      {"match", list, "", none, endless, {}, {}, no_client_metrics},
      {"metrics", list, "", none, endless, {}, {}, no_client_metrics},
  };
  return table;
}

const std::vector<config_row>& dynamic_broker_config_table() {
  static const std::vector<config_row> table = {
      {"compression.gzip.level", int32, "-1", -1, 9, {}, {}, "Level of gzip where compression.type is gzip."},
      {"compression.lz4.level", int32, "9", 1, 17, {}, {}, "Level of lz4 where compression.type is lz4."},
      {"compression.type",
       string,
       "producer",
       none,
       endless,
       "uncompressed,zstd,lz4,snappy,gzip,producer",
       {},
       "What batches of topics that do not say are compressed by before they are stored; producer: they stay."},
      {"compression.zstd.level", int32, "3", -131'072, 22, {}, {}, "Level of zstd where compression.type is zstd."},
      {"log.retention.bytes",
       int64,
       "-1",
       -1,
       endless,
       {},
       {},
       "Bytes kept of a partition whose topic does not say; -1: no limit."},
      {"log.retention.ms",
       int64,
       "604800000",
       -1,
       endless,
       {},
       {},
       "How long records are kept whose topic does not say, in ms; -1: no limit."},
      {"max.connections",
       int32,
       "10000",
       10,  // with fewer nobody might get in to set it back, not even after a restart
       INT32_MAX,
       {},
       {},
       "Connections at a time; more are closed at once."},
      {"max.connections.per.ip",
       int32,
       "2147483647",
       10,  // as above
       INT32_MAX,
       {},
       {},
       "Connections of one address at a time; more are closed at once."},
      {"max.connections.per.ip.overrides",
       string,
       "",
       none,
       endless,
       {},
       {},
       "Addresses with a number of their own, as in 10.0.0.7:200,[::1]:50."},
      {"message.max.bytes",
       int32,
       "1048588",
       0,
       INT32_MAX,
       {},
       {},
       "Largest record batch of topics that do not say, in bytes."},
      {"transaction.partition.verification.enable",
       boolean,
       "true",
       none,
       endless,
       booleans,
       {},
       "Whether a batch of a transaction is refused if its partition was not added to it."},
  };
  return table;
}

std::string broker_setting(const broker& b, std::string_view name) {
  const changeable_settings& s = b.given();
  if (name == "log.retention.bytes") return fmt::to_string(s.retention_bytes);
  if (name == "log.retention.ms") return fmt::to_string(s.retention_ms);
  if (name == "max.connections") return fmt::to_string(s.connections_max);
  if (name == "max.connections.per.ip") return fmt::to_string(s.connections_per_ip_max);
  if (name == "max.connections.per.ip.overrides") return s.connections_per_ip_overrides;
  if (name == "message.max.bytes") return fmt::to_string(s.message_bytes_max);
  if (name == "transaction.partition.verification.enable") return s.verify_transactions ? "true" : "false";
  if (name == "compression.type") return s.compression.type;
  if (name == "compression.gzip.level") return fmt::to_string(s.compression.gzip_level);
  if (name == "compression.lz4.level") return fmt::to_string(s.compression.lz4_level);
  return fmt::to_string(s.compression.zstd_level);
}

namespace {

std::string listeners_text(const broker& b, bool advertised) {
  std::string text;
  const auto& listeners = b.access().connections().options().listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const security::listener& l = listeners[i];
    const std::string& host = advertised && !l.advertised_host.empty() ? l.advertised_host : l.host;
    const std::uint16_t port = advertised && l.advertised_port != 0 ? l.advertised_port : b.port(i);
    const bool is_ipv6 = host.find(':') != std::string::npos;
    text += fmt::format("{}{}://{}:{}", text.empty() ? "" : ",", l.name, is_ipv6 ? "[" + host + "]" : host, port);
  }
  return text;
}

std::string protocol_map_text(const broker& b) {
  std::string text;
  for (const security::listener& l : b.access().connections().options().listeners)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", l.name, security::name_of(l.secured_by));
  return text;
}

std::string flag(bool on) { return on ? "true" : "false"; }

}  // namespace

const std::vector<fixed_config>& fixed_broker_config_table() {
  static const std::vector<fixed_config> table = {
      {"advertised.listeners", list, [](const broker& b) { return listeners_text(b, true); },
       "What clients are told to connect to."},
      {"authorizer.class.name", string,
       [](const broker& b) { return std::string(b.access().acls().enabled() ? "mes.acl" : ""); },
       "Whether ACLs decide who may do what; empty: they do not."},
      {"auto.create.topics.enable", boolean, [](const broker& b) { return flag(b.settings().auto_create_topics); },
       "Whether a topic that a client asks for is made if it is missing."},
      {"broker.id", int32, [](const broker&) { return fmt::to_string(broker::node_id); }, "The id of this broker."},
      {"connections.max.idle.ms", int64,
       [](const broker& b) { return fmt::to_string(b.settings().connections_idle_max_ms); },
       "After how long a silent connection is closed, in ms."},
      {"connections.max.reauth.ms", int64,
       [](const broker& b) { return fmt::to_string(b.access().connections().options().reauthentication_ms); },
       "After how long a client must authenticate again, in ms; 0: never."},
      {"default.replication.factor", int32, [](const broker&) { return std::string("1"); }, "There is one broker."},
      {"delete.topic.enable", boolean, [](const broker&) { return std::string("true"); }, "Topics can be deleted."},
      {"fetch.max.bytes", int32, [](const broker& b) { return fmt::to_string(b.settings().fetch_bytes_max); },
       "Largest answer to a fetch, in bytes; its first batch goes whole all the same."},
      {"group.consumer.heartbeat.interval.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.consumer_heartbeat_interval_ms); },
       "How often members of a group of the new protocol tell that they live, in ms."},
      {"group.consumer.max.heartbeat.interval.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.consumer_heartbeat_interval_max_ms); },
       "Longest such interval that a group may have, in ms."},
      {"group.consumer.max.session.timeout.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.consumer_session_timeout_max_ms); },
       "Longest session time-out that a group of the new protocol may have, in ms."},
      {"group.consumer.max.size", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.consumer_group_size_max); },
       "Members of a group of the new protocol."},
      {"group.consumer.migration.policy", string, [](const broker&) { return std::string("bidirectional"); },
       "Whether groups change their protocol while members are at work."},
      {"group.consumer.min.heartbeat.interval.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.consumer_heartbeat_interval_min_ms); },
       "Shortest interval of heartbeats that a group of the new protocol may have, in ms."},
      {"group.consumer.min.session.timeout.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.consumer_session_timeout_min_ms); },
       "Shortest session time-out that a group of the new protocol may have, in ms."},
      {"group.consumer.session.timeout.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.consumer_session_timeout_ms); },
       "After how long without a sign of life a member of a group of the new protocol is taken for gone, in ms."},
      {"group.coordinator.rebalance.protocols", list, [](const broker&) { return std::string("classic,consumer"); },
       "Protocols that members of groups may speak."},
      {"group.initial.rebalance.delay.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.initial_rebalance_delay_ms); },
       "How long the first member of a group waits for others, in ms."},
      {"group.max.session.timeout.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.session_timeout_max_ms); },
       "Longest session time-out that a member may ask for, in ms."},
      {"group.max.size", int32, [](const broker& b) { return fmt::to_string(b.settings().groups.group_size_max); },
       "Members of a group of the classic protocol."},
      {"group.min.session.timeout.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.session_timeout_min_ms); },
       "Shortest session time-out that a member may ask for, in ms."},
      {"inter.broker.protocol.version", string, [](const broker&) { return std::string("4.2"); },
       "The version of Kafka whose protocol is spoken."},
      {"listener.security.protocol.map", string, protocol_map_text, "How each listener is secured."},
      {"listeners", list, [](const broker& b) { return listeners_text(b, false); }, "Where clients connect."},
      {"log.cleanup.policy", list, [](const broker&) { return std::string("delete"); },
       "What happens to old records of topics that do not say."},
      {"log.dirs", string, [](const broker& b) { return b.settings().directory; }, "Where the log is."},
      {"log.flush.interval.messages", int64,
       [](const broker& b) { return std::string(b.settings().sync ? "1" : int64_max); },
       "1: every acknowledged record is on the disk."},
      {"log.segment.bytes", int32, [](const broker& b) { return fmt::to_string(b.settings().segment_bytes); },
       "Size of a file of the log, in bytes."},
      {"min.insync.replicas", int32, [](const broker&) { return std::string("1"); }, "There is one replica."},
      {"node.id", int32, [](const broker&) { return fmt::to_string(broker::node_id); }, "The id of this broker."},
      {"num.partitions", int32, [](const broker& b) { return fmt::to_string(b.settings().num_partitions); },
       "Partitions of a topic that is made without a number."},
      {"offset.metadata.max.bytes", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.offset_metadata_bytes_max); },
       "Largest text beside a committed offset, in bytes."},
      {"offsets.retention.minutes", int32,
       [](const broker& b) { return fmt::to_string(b.settings().groups.offsets_retention_ms / 60'000); },
       "How long a group without members keeps its offsets, in minutes."},
      {"process.roles", list, [](const broker&) { return std::string("broker,controller"); }, "What this node does."},
      {"producer.id.expiration.ms", int32,
       [](const broker& b) { return fmt::to_string(b.settings().producer_id_expiry_ms); },
       "How long the broker knows an idempotent producer that sends nothing, in ms."},
      {"queued.max.request.bytes", int64,
       [](const broker& b) {
         const std::size_t bytes = b.settings().queued_request_bytes_max;
         return bytes == 0 ? std::string("-1") : fmt::to_string(bytes);
       },
       "Memory of requests that have not come whole yet, in bytes; -1: no limit."},
      {"sasl.enabled.mechanisms", list,
       [](const broker& b) { return fmt::format("{}", fmt::join(b.access().connections().options().mechanisms, ",")); },
       "The SASL mechanisms that are offered."},
      {"socket.request.max.bytes", int32,
       [](const broker& b) { return fmt::to_string(b.settings().request_bytes_max); }, "Largest request, in bytes."},
  };
  return table;
}

const config_row* find_config(const std::vector<config_row>& table, std::string_view name) {
  const auto row = std::ranges::find(table, name, &config_row::name);
  return row == table.end() ? nullptr : &*row;
}

}  // namespace mes::bus
