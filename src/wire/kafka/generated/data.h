// Made by tools/generate_kafka.py of contracts/kafka/data.txt: change that, not this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::wire::kafka {

struct produce_request {
  static constexpr std::int16_t api_key = 0;
  static constexpr std::int16_t version_min = 3, version_max = 13, flexible_from = 9;
  struct partition_produce_data {
    std::int32_t index = 0;
    std::optional<std::string_view> records = std::string_view{};
  };
  struct topic_produce_data {
    std::string_view name;
    uuid topic_id{};
    std::vector<partition_produce_data> partition_data;
  };
  std::optional<std::string_view> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<topic_produce_data> topic_data;
};
bool decode(reader& in, std::int16_t version, produce_request& out);
void encode(writer& out, std::int16_t version, const produce_request& value);

struct produce_response {
  static constexpr std::int16_t api_key = 0;
  static constexpr std::int16_t version_min = 3, version_max = 13, flexible_from = 9;
  struct batch_index_and_error_message {
    std::int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message;
  };
  struct leader_id_and_epoch {
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;
  };
  struct partition_produce_response {
    std::int32_t index = 0;
    std::int16_t error_code = 0;
    std::int64_t base_offset = 0;
    std::int64_t log_append_time_ms = -1;
    std::int64_t log_start_offset = -1;
    std::vector<batch_index_and_error_message> record_errors;
    std::optional<std::string> error_message;
    leader_id_and_epoch current_leader;
  };
  struct topic_produce_response {
    std::string name;
    uuid topic_id{};
    std::vector<partition_produce_response> partition_responses;
  };
  struct node_endpoint {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
  };
  std::vector<topic_produce_response> responses;
  std::int32_t throttle_time_ms = 0;
  std::vector<node_endpoint> node_endpoints;
};
bool decode(reader& in, std::int16_t version, produce_response& out);
void encode(writer& out, std::int16_t version, const produce_response& value);

struct fetch_request {
  static constexpr std::int16_t api_key = 1;
  static constexpr std::int16_t version_min = 4, version_max = 18, flexible_from = 12;
  struct replica_state_item {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;
  };
  struct fetch_partition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t fetch_offset = 0;
    std::int32_t last_fetched_epoch = -1;
    std::int64_t log_start_offset = -1;
    std::int32_t partition_max_bytes = 0;
    uuid replica_directory_id{};
    std::int64_t high_watermark = 9223372036854775807;
  };
  struct fetch_topic {
    std::string_view topic;
    uuid topic_id{};
    std::vector<fetch_partition> partitions;
  };
  struct forgotten_topic {
    std::string_view topic;
    uuid topic_id{};
    std::vector<std::int32_t> partitions;
  };
  std::optional<std::string_view> cluster_id;
  std::int32_t replica_id = -1;
  replica_state_item replica_state;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = 0x7fffffff;
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<fetch_topic> topics;
  std::vector<forgotten_topic> forgotten_topics_data;
  std::string_view rack_id;
};
bool decode(reader& in, std::int16_t version, fetch_request& out);
void encode(writer& out, std::int16_t version, const fetch_request& value);

struct fetch_response {
  static constexpr std::int16_t api_key = 1;
  static constexpr std::int16_t version_min = 4, version_max = 18, flexible_from = 12;
  struct epoch_end_offset {
    std::int32_t epoch = -1;
    std::int64_t end_offset = -1;
  };
  struct leader_id_and_epoch {
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;
  };
  struct snapshot_id_item {
    std::int64_t end_offset = -1;
    std::int32_t epoch = -1;
  };
  struct aborted_transaction {
    std::int64_t producer_id = 0;
    std::int64_t first_offset = 0;
  };
  struct partition_data {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::int64_t high_watermark = 0;
    std::int64_t last_stable_offset = -1;
    std::int64_t log_start_offset = -1;
    epoch_end_offset diverging_epoch;
    leader_id_and_epoch current_leader;
    snapshot_id_item snapshot_id;
    std::optional<std::vector<aborted_transaction>> aborted_transactions = std::vector<aborted_transaction>{};
    std::int32_t preferred_read_replica = -1;
    record_bytes records;
  };
  struct fetchable_topic_response {
    std::string topic;
    uuid topic_id{};
    std::vector<partition_data> partitions;
  };
  struct node_endpoint {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int32_t session_id = 0;
  std::vector<fetchable_topic_response> responses;
  std::vector<node_endpoint> node_endpoints;
};
bool decode(reader& in, std::int16_t version, fetch_response& out);
void encode(writer& out, std::int16_t version, const fetch_response& value);

struct list_offsets_request {
  static constexpr std::int16_t api_key = 2;
  static constexpr std::int16_t version_min = 1, version_max = 11, flexible_from = 6;
  struct list_offsets_partition {
    std::int32_t partition_index = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t timestamp = 0;
  };
  struct list_offsets_topic {
    std::string_view name;
    std::vector<list_offsets_partition> partitions;
  };
  std::int32_t replica_id = 0;
  std::int8_t isolation_level = 0;
  std::vector<list_offsets_topic> topics;
  std::int32_t timeout_ms = 0;
};
bool decode(reader& in, std::int16_t version, list_offsets_request& out);
void encode(writer& out, std::int16_t version, const list_offsets_request& value);

struct list_offsets_response {
  static constexpr std::int16_t api_key = 2;
  static constexpr std::int16_t version_min = 1, version_max = 11, flexible_from = 6;
  struct list_offsets_partition_response {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::int64_t timestamp = -1;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;
  };
  struct list_offsets_topic_response {
    std::string name;
    std::vector<list_offsets_partition_response> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<list_offsets_topic_response> topics;
};
bool decode(reader& in, std::int16_t version, list_offsets_response& out);
void encode(writer& out, std::int16_t version, const list_offsets_response& value);

struct metadata_request {
  static constexpr std::int16_t api_key = 3;
  static constexpr std::int16_t version_min = 0, version_max = 13, flexible_from = 9;
  struct metadata_request_topic {
    uuid topic_id{};
    std::optional<std::string_view> name = std::string_view{};
  };
  std::optional<std::vector<metadata_request_topic>> topics = std::vector<metadata_request_topic>{};
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;
};
bool decode(reader& in, std::int16_t version, metadata_request& out);
void encode(writer& out, std::int16_t version, const metadata_request& value);

struct metadata_response {
  static constexpr std::int16_t api_key = 3;
  static constexpr std::int16_t version_min = 0, version_max = 13, flexible_from = 9;
  struct metadata_response_broker {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
  };
  struct metadata_response_partition {
    std::int16_t error_code = 0;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::vector<std::int32_t> offline_replicas;
  };
  struct metadata_response_topic {
    std::int16_t error_code = 0;
    std::optional<std::string> name;
    uuid topic_id{};
    bool is_internal = false;
    std::vector<metadata_response_partition> partitions;
    std::int32_t topic_authorized_operations = INT32_MIN;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<metadata_response_broker> brokers;
  std::optional<std::string> cluster_id;
  std::int32_t controller_id = -1;
  std::vector<metadata_response_topic> topics;
  std::int32_t cluster_authorized_operations = INT32_MIN;
  std::int16_t error_code = 0;
};
bool decode(reader& in, std::int16_t version, metadata_response& out);
void encode(writer& out, std::int16_t version, const metadata_response& value);

struct offset_for_leader_epoch_request {
  static constexpr std::int16_t api_key = 23;
  static constexpr std::int16_t version_min = 2, version_max = 4, flexible_from = 4;
  struct offset_for_leader_partition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = 0;
  };
  struct offset_for_leader_topic {
    std::string_view topic;
    std::vector<offset_for_leader_partition> partitions;
  };
  std::int32_t replica_id = -2;
  std::vector<offset_for_leader_topic> topics;
};
bool decode(reader& in, std::int16_t version, offset_for_leader_epoch_request& out);
void encode(writer& out, std::int16_t version, const offset_for_leader_epoch_request& value);

struct offset_for_leader_epoch_response {
  static constexpr std::int16_t api_key = 23;
  static constexpr std::int16_t version_min = 2, version_max = 4, flexible_from = 4;
  struct epoch_end_offset {
    std::int16_t error_code = 0;
    std::int32_t partition = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t end_offset = -1;
  };
  struct offset_for_leader_topic_result {
    std::string topic;
    std::vector<epoch_end_offset> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<offset_for_leader_topic_result> topics;
};
bool decode(reader& in, std::int16_t version, offset_for_leader_epoch_response& out);
void encode(writer& out, std::int16_t version, const offset_for_leader_epoch_response& value);

struct api_versions_request {
  static constexpr std::int16_t api_key = 18;
  static constexpr std::int16_t version_min = 0, version_max = 4, flexible_from = 3;
  std::string_view client_software_name;
  std::string_view client_software_version;
};
bool decode(reader& in, std::int16_t version, api_versions_request& out);
void encode(writer& out, std::int16_t version, const api_versions_request& value);

struct api_versions_response {
  static constexpr std::int16_t api_key = 18;
  static constexpr std::int16_t version_min = 0, version_max = 4, flexible_from = 3;
  struct api_version {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;
  };
  struct supported_feature_key {
    std::string name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;
  };
  struct finalized_feature_key {
    std::string name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;
  };
  std::int16_t error_code = 0;
  std::vector<api_version> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<supported_feature_key> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<finalized_feature_key> finalized_features;
  bool zk_migration_ready = false;
};
bool decode(reader& in, std::int16_t version, api_versions_response& out);
void encode(writer& out, std::int16_t version, const api_versions_response& value);

}  // namespace mes::wire::kafka
