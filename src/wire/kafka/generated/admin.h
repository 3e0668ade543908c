// Made by tools/generate_kafka.py of contracts/kafka/admin.txt: change that, not this.
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

struct create_topics_request {
  static constexpr std::int16_t api_key = 19;
  static constexpr std::int16_t version_min = 2, version_max = 7, flexible_from = 5;
  struct creatable_replica_assignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> broker_ids;
  };
  struct creatable_topic_config {
    std::string_view name;
    std::optional<std::string_view> value = std::string_view{};
  };
  struct creatable_topic {
    std::string_view name;
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<creatable_replica_assignment> assignments;
    std::vector<creatable_topic_config> configs;
  };
  std::vector<creatable_topic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;
};
bool decode(reader& in, std::int16_t version, create_topics_request& out);
void encode(writer& out, std::int16_t version, const create_topics_request& value);

struct create_topics_response {
  static constexpr std::int16_t api_key = 19;
  static constexpr std::int16_t version_min = 2, version_max = 7, flexible_from = 5;
  struct creatable_topic_configs {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;
  };
  struct creatable_topic_result {
    std::string name;
    uuid topic_id{};
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int16_t topic_config_error_code = 0;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<creatable_topic_configs>> configs = std::vector<creatable_topic_configs>{};
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<creatable_topic_result> topics;
};
bool decode(reader& in, std::int16_t version, create_topics_response& out);
void encode(writer& out, std::int16_t version, const create_topics_response& value);

struct delete_topics_request {
  static constexpr std::int16_t api_key = 20;
  static constexpr std::int16_t version_min = 1, version_max = 6, flexible_from = 4;
  struct delete_topic_state {
    std::optional<std::string_view> name;
    uuid topic_id{};
  };
  std::vector<delete_topic_state> topics;
  std::vector<std::string_view> topic_names;
  std::int32_t timeout_ms = 0;
};
bool decode(reader& in, std::int16_t version, delete_topics_request& out);
void encode(writer& out, std::int16_t version, const delete_topics_request& value);

struct delete_topics_response {
  static constexpr std::int16_t api_key = 20;
  static constexpr std::int16_t version_min = 1, version_max = 6, flexible_from = 4;
  struct deletable_topic_result {
    std::optional<std::string> name;
    uuid topic_id{};
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<deletable_topic_result> responses;
};
bool decode(reader& in, std::int16_t version, delete_topics_response& out);
void encode(writer& out, std::int16_t version, const delete_topics_response& value);

struct delete_records_request {
  static constexpr std::int16_t api_key = 21;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  struct delete_records_partition {
    std::int32_t partition_index = 0;
    std::int64_t offset = 0;
  };
  struct delete_records_topic {
    std::string_view name;
    std::vector<delete_records_partition> partitions;
  };
  std::vector<delete_records_topic> topics;
  std::int32_t timeout_ms = 0;
};
bool decode(reader& in, std::int16_t version, delete_records_request& out);
void encode(writer& out, std::int16_t version, const delete_records_request& value);

struct delete_records_response {
  static constexpr std::int16_t api_key = 21;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  struct delete_records_partition_result {
    std::int32_t partition_index = 0;
    std::int64_t low_watermark = 0;
    std::int16_t error_code = 0;
  };
  struct delete_records_topic_result {
    std::string name;
    std::vector<delete_records_partition_result> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<delete_records_topic_result> topics;
};
bool decode(reader& in, std::int16_t version, delete_records_response& out);
void encode(writer& out, std::int16_t version, const delete_records_response& value);

struct create_partitions_request {
  static constexpr std::int16_t api_key = 37;
  static constexpr std::int16_t version_min = 0, version_max = 3, flexible_from = 2;
  struct create_partitions_assignment {
    std::vector<std::int32_t> broker_ids;
  };
  struct create_partitions_topic {
    std::string_view name;
    std::int32_t count = 0;
    std::optional<std::vector<create_partitions_assignment>> assignments = std::vector<create_partitions_assignment>{};
  };
  std::vector<create_partitions_topic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;
};
bool decode(reader& in, std::int16_t version, create_partitions_request& out);
void encode(writer& out, std::int16_t version, const create_partitions_request& value);

struct create_partitions_response {
  static constexpr std::int16_t api_key = 37;
  static constexpr std::int16_t version_min = 0, version_max = 3, flexible_from = 2;
  struct create_partitions_topic_result {
    std::string name;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<create_partitions_topic_result> results;
};
bool decode(reader& in, std::int16_t version, create_partitions_response& out);
void encode(writer& out, std::int16_t version, const create_partitions_response& value);

struct describe_configs_request {
  static constexpr std::int16_t api_key = 32;
  static constexpr std::int16_t version_min = 1, version_max = 4, flexible_from = 4;
  struct describe_configs_resource {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::optional<std::vector<std::string_view>> configuration_keys = std::vector<std::string_view>{};
  };
  std::vector<describe_configs_resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;
};
bool decode(reader& in, std::int16_t version, describe_configs_request& out);
void encode(writer& out, std::int16_t version, const describe_configs_request& value);

struct describe_configs_response {
  static constexpr std::int16_t api_key = 32;
  static constexpr std::int16_t version_min = 1, version_max = 4, flexible_from = 4;
  struct describe_configs_synonym {
    std::string name;
    std::optional<std::string> value;
    std::int8_t source = 0;
  };
  struct describe_configs_resource_result {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<describe_configs_synonym> synonyms;
    std::int8_t config_type = 0;
    std::optional<std::string> documentation;
  };
  struct describe_configs_result {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<describe_configs_resource_result> configs;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<describe_configs_result> results;
};
bool decode(reader& in, std::int16_t version, describe_configs_response& out);
void encode(writer& out, std::int16_t version, const describe_configs_response& value);

struct alter_configs_request {
  static constexpr std::int16_t api_key = 33;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  struct alterable_config {
    std::string_view name;
    std::optional<std::string_view> value = std::string_view{};
  };
  struct alter_configs_resource {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::vector<alterable_config> configs;
  };
  std::vector<alter_configs_resource> resources;
  bool validate_only = false;
};
bool decode(reader& in, std::int16_t version, alter_configs_request& out);
void encode(writer& out, std::int16_t version, const alter_configs_request& value);

struct alter_configs_response {
  static constexpr std::int16_t api_key = 33;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  struct alter_configs_resource_response {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<alter_configs_resource_response> responses;
};
bool decode(reader& in, std::int16_t version, alter_configs_response& out);
void encode(writer& out, std::int16_t version, const alter_configs_response& value);

struct incremental_alter_configs_request {
  static constexpr std::int16_t api_key = 44;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 1;
  struct alterable_config {
    std::string_view name;
    std::int8_t config_operation = 0;
    std::optional<std::string_view> value = std::string_view{};
  };
  struct alter_configs_resource {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::vector<alterable_config> configs;
  };
  std::vector<alter_configs_resource> resources;
  bool validate_only = false;
};
bool decode(reader& in, std::int16_t version, incremental_alter_configs_request& out);
void encode(writer& out, std::int16_t version, const incremental_alter_configs_request& value);

struct incremental_alter_configs_response {
  static constexpr std::int16_t api_key = 44;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 1;
  struct alter_configs_resource_response {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<alter_configs_resource_response> responses;
};
bool decode(reader& in, std::int16_t version, incremental_alter_configs_response& out);
void encode(writer& out, std::int16_t version, const incremental_alter_configs_response& value);

struct describe_log_dirs_request {
  static constexpr std::int16_t api_key = 35;
  static constexpr std::int16_t version_min = 1, version_max = 4, flexible_from = 2;
  struct describable_log_dir_topic {
    std::string_view topic;
    std::vector<std::int32_t> partitions;
  };
  std::optional<std::vector<describable_log_dir_topic>> topics = std::vector<describable_log_dir_topic>{};
};
bool decode(reader& in, std::int16_t version, describe_log_dirs_request& out);
void encode(writer& out, std::int16_t version, const describe_log_dirs_request& value);

struct describe_log_dirs_response {
  static constexpr std::int16_t api_key = 35;
  static constexpr std::int16_t version_min = 1, version_max = 4, flexible_from = 2;
  struct describe_log_dirs_partition {
    std::int32_t partition_index = 0;
    std::int64_t partition_size = 0;
    std::int64_t offset_lag = 0;
    bool is_future_key = false;
  };
  struct describe_log_dirs_topic {
    std::string name;
    std::vector<describe_log_dirs_partition> partitions;
  };
  struct describe_log_dirs_result {
    std::int16_t error_code = 0;
    std::string log_dir;
    std::vector<describe_log_dirs_topic> topics;
    std::int64_t total_bytes = -1;
    std::int64_t usable_bytes = -1;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<describe_log_dirs_result> results;
};
bool decode(reader& in, std::int16_t version, describe_log_dirs_response& out);
void encode(writer& out, std::int16_t version, const describe_log_dirs_response& value);

struct describe_cluster_request {
  static constexpr std::int16_t api_key = 60;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 0;
  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;
};
bool decode(reader& in, std::int16_t version, describe_cluster_request& out);
void encode(writer& out, std::int16_t version, const describe_cluster_request& value);

struct describe_cluster_response {
  static constexpr std::int16_t api_key = 60;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 0;
  struct describe_cluster_broker {
    std::int32_t broker_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int8_t endpoint_type = 1;
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<describe_cluster_broker> brokers;
  std::int32_t cluster_authorized_operations = INT32_MIN;
};
bool decode(reader& in, std::int16_t version, describe_cluster_response& out);
void encode(writer& out, std::int16_t version, const describe_cluster_response& value);

struct describe_topic_partitions_request {
  static constexpr std::int16_t api_key = 75;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct topic_request {
    std::string_view name;
  };
  struct cursor_item {
    std::string_view topic_name;
    std::int32_t partition_index = 0;
  };
  std::vector<topic_request> topics;
  std::int32_t response_partition_limit = 2000;
  std::optional<cursor_item> cursor;
};
bool decode(reader& in, std::int16_t version, describe_topic_partitions_request& out);
void encode(writer& out, std::int16_t version, const describe_topic_partitions_request& value);

struct describe_topic_partitions_response {
  static constexpr std::int16_t api_key = 75;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct describe_topic_partitions_response_partition {
    std::int16_t error_code = 0;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
    std::optional<std::vector<std::int32_t>> last_known_elr;
    std::vector<std::int32_t> offline_replicas;
  };
  struct describe_topic_partitions_response_topic {
    std::int16_t error_code = 0;
    std::optional<std::string> name;
    uuid topic_id{};
    bool is_internal = false;
    std::vector<describe_topic_partitions_response_partition> partitions;
    std::int32_t topic_authorized_operations = INT32_MIN;
  };
  struct cursor {
    std::string topic_name;
    std::int32_t partition_index = 0;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<describe_topic_partitions_response_topic> topics;
  std::optional<cursor> next_cursor;
};
bool decode(reader& in, std::int16_t version, describe_topic_partitions_response& out);
void encode(writer& out, std::int16_t version, const describe_topic_partitions_response& value);

struct describe_producers_request {
  static constexpr std::int16_t api_key = 61;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct topic_request {
    std::string_view name;
    std::vector<std::int32_t> partition_indexes;
  };
  std::vector<topic_request> topics;
};
bool decode(reader& in, std::int16_t version, describe_producers_request& out);
void encode(writer& out, std::int16_t version, const describe_producers_request& value);

struct describe_producers_response {
  static constexpr std::int16_t api_key = 61;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct producer_state {
    std::int64_t producer_id = 0;
    std::int32_t producer_epoch = 0;
    std::int32_t last_sequence = -1;
    std::int64_t last_timestamp = -1;
    std::int32_t coordinator_epoch = 0;
    std::int64_t current_txn_start_offset = -1;
  };
  struct partition_response {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::vector<producer_state> active_producers;
  };
  struct topic_response {
    std::string name;
    std::vector<partition_response> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<topic_response> topics;
};
bool decode(reader& in, std::int16_t version, describe_producers_response& out);
void encode(writer& out, std::int16_t version, const describe_producers_response& value);

struct describe_client_quotas_request {
  static constexpr std::int16_t api_key = 48;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 1;
  struct component_data {
    std::string_view entity_type;
    std::int8_t match_type = 0;
    std::optional<std::string_view> match = std::string_view{};
  };
  std::vector<component_data> components;
  bool strict = false;
};
bool decode(reader& in, std::int16_t version, describe_client_quotas_request& out);
void encode(writer& out, std::int16_t version, const describe_client_quotas_request& value);

struct describe_client_quotas_response {
  static constexpr std::int16_t api_key = 48;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 1;
  struct entity_data {
    std::string entity_type;
    std::optional<std::string> entity_name;
  };
  struct value_data {
    std::string key;
    double value = 0;
  };
  struct entry_data {
    std::vector<entity_data> entity;
    std::vector<value_data> values;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::optional<std::vector<entry_data>> entries = std::vector<entry_data>{};
};
bool decode(reader& in, std::int16_t version, describe_client_quotas_response& out);
void encode(writer& out, std::int16_t version, const describe_client_quotas_response& value);

struct alter_client_quotas_request {
  static constexpr std::int16_t api_key = 49;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 1;
  struct entity_data {
    std::string_view entity_type;
    std::optional<std::string_view> entity_name = std::string_view{};
  };
  struct op_data {
    std::string_view key;
    double value = 0;
    bool remove = false;
  };
  struct entry_data {
    std::vector<entity_data> entity;
    std::vector<op_data> ops;
  };
  std::vector<entry_data> entries;
  bool validate_only = false;
};
bool decode(reader& in, std::int16_t version, alter_client_quotas_request& out);
void encode(writer& out, std::int16_t version, const alter_client_quotas_request& value);

struct alter_client_quotas_response {
  static constexpr std::int16_t api_key = 49;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 1;
  struct entity_data {
    std::string entity_type;
    std::optional<std::string> entity_name;
  };
  struct entry_data {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::vector<entity_data> entity;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<entry_data> entries;
};
bool decode(reader& in, std::int16_t version, alter_client_quotas_response& out);
void encode(writer& out, std::int16_t version, const alter_client_quotas_response& value);

struct list_config_resources_request {
  static constexpr std::int16_t api_key = 74;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  std::vector<std::int8_t> resource_types;
};
bool decode(reader& in, std::int16_t version, list_config_resources_request& out);
void encode(writer& out, std::int16_t version, const list_config_resources_request& value);

struct list_config_resources_response {
  static constexpr std::int16_t api_key = 74;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  struct config_resource {
    std::string resource_name;
    std::int8_t resource_type = 16;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<config_resource> config_resources;
};
bool decode(reader& in, std::int16_t version, list_config_resources_response& out);
void encode(writer& out, std::int16_t version, const list_config_resources_response& value);

struct elect_leaders_request {
  static constexpr std::int16_t api_key = 43;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  struct topic_partitions_item {
    std::string_view topic;
    std::vector<std::int32_t> partitions;
  };
  std::int8_t election_type = 0;
  std::optional<std::vector<topic_partitions_item>> topic_partitions = std::vector<topic_partitions_item>{};
  std::int32_t timeout_ms = 60000;
};
bool decode(reader& in, std::int16_t version, elect_leaders_request& out);
void encode(writer& out, std::int16_t version, const elect_leaders_request& value);

struct elect_leaders_response {
  static constexpr std::int16_t api_key = 43;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  struct partition_result_item {
    std::int32_t partition_id = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
  };
  struct replica_election_result {
    std::string topic;
    std::vector<partition_result_item> partition_result;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<replica_election_result> replica_election_results;
};
bool decode(reader& in, std::int16_t version, elect_leaders_response& out);
void encode(writer& out, std::int16_t version, const elect_leaders_response& value);

struct alter_partition_reassignments_request {
  static constexpr std::int16_t api_key = 45;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  struct reassignable_partition {
    std::int32_t partition_index = 0;
    std::optional<std::vector<std::int32_t>> replicas;
  };
  struct reassignable_topic {
    std::string_view name;
    std::vector<reassignable_partition> partitions;
  };
  std::int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<reassignable_topic> topics;
};
bool decode(reader& in, std::int16_t version, alter_partition_reassignments_request& out);
void encode(writer& out, std::int16_t version, const alter_partition_reassignments_request& value);

struct alter_partition_reassignments_response {
  static constexpr std::int16_t api_key = 45;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  struct reassignable_partition_response {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
  };
  struct reassignable_topic_response {
    std::string name;
    std::vector<reassignable_partition_response> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<reassignable_topic_response> responses;
};
bool decode(reader& in, std::int16_t version, alter_partition_reassignments_response& out);
void encode(writer& out, std::int16_t version, const alter_partition_reassignments_response& value);

struct list_partition_reassignments_request {
  static constexpr std::int16_t api_key = 46;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct list_partition_reassignments_topics {
    std::string_view name;
    std::vector<std::int32_t> partition_indexes;
  };
  std::int32_t timeout_ms = 60000;
  std::optional<std::vector<list_partition_reassignments_topics>> topics;
};
bool decode(reader& in, std::int16_t version, list_partition_reassignments_request& out);
void encode(writer& out, std::int16_t version, const list_partition_reassignments_request& value);

struct list_partition_reassignments_response {
  static constexpr std::int16_t api_key = 46;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct ongoing_partition_reassignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> replicas;
    std::vector<std::int32_t> adding_replicas;
    std::vector<std::int32_t> removing_replicas;
  };
  struct ongoing_topic_reassignment {
    std::string name;
    std::vector<ongoing_partition_reassignment> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<ongoing_topic_reassignment> topics;
};
bool decode(reader& in, std::int16_t version, list_partition_reassignments_response& out);
void encode(writer& out, std::int16_t version, const list_partition_reassignments_response& value);

}  // namespace mes::wire::kafka
