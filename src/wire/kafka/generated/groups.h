// Made by tools/generate_kafka.py of contracts/kafka/groups.txt: change that, not this.
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

struct offset_commit_request {
  static constexpr std::int16_t api_key = 8;
  static constexpr std::int16_t version_min = 2, version_max = 10, flexible_from = 8;
  struct offset_commit_request_partition {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = 0;
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string_view> committed_metadata = std::string_view{};
  };
  struct offset_commit_request_topic {
    std::string_view name;
    uuid topic_id{};
    std::vector<offset_commit_request_partition> partitions;
  };
  std::string_view group_id;
  std::int32_t generation_id_or_member_epoch = -1;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::int64_t retention_time_ms = -1;
  std::vector<offset_commit_request_topic> topics;
};
bool decode(reader& in, std::int16_t version, offset_commit_request& out);
void encode(writer& out, std::int16_t version, const offset_commit_request& value);

struct offset_commit_response {
  static constexpr std::int16_t api_key = 8;
  static constexpr std::int16_t version_min = 2, version_max = 10, flexible_from = 8;
  struct offset_commit_response_partition {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
  };
  struct offset_commit_response_topic {
    std::string name;
    uuid topic_id{};
    std::vector<offset_commit_response_partition> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<offset_commit_response_topic> topics;
};
bool decode(reader& in, std::int16_t version, offset_commit_response& out);
void encode(writer& out, std::int16_t version, const offset_commit_response& value);

struct offset_fetch_request {
  static constexpr std::int16_t api_key = 9;
  static constexpr std::int16_t version_min = 1, version_max = 10, flexible_from = 6;
  struct offset_fetch_request_topic {
    std::string_view name;
    std::vector<std::int32_t> partition_indexes;
  };
  struct offset_fetch_request_topics {
    std::string_view name;
    uuid topic_id{};
    std::vector<std::int32_t> partition_indexes;
  };
  struct offset_fetch_request_group {
    std::string_view group_id;
    std::optional<std::string_view> member_id;
    std::int32_t member_epoch = -1;
    std::optional<std::vector<offset_fetch_request_topics>> topics = std::vector<offset_fetch_request_topics>{};
  };
  std::string_view group_id;
  std::optional<std::vector<offset_fetch_request_topic>> topics = std::vector<offset_fetch_request_topic>{};
  std::vector<offset_fetch_request_group> groups;
  bool require_stable = false;
};
bool decode(reader& in, std::int16_t version, offset_fetch_request& out);
void encode(writer& out, std::int16_t version, const offset_fetch_request& value);

struct offset_fetch_response {
  static constexpr std::int16_t api_key = 9;
  static constexpr std::int16_t version_min = 1, version_max = 10, flexible_from = 6;
  struct offset_fetch_response_partition {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = 0;
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    std::int16_t error_code = 0;
  };
  struct offset_fetch_response_topic {
    std::string name;
    std::vector<offset_fetch_response_partition> partitions;
  };
  struct offset_fetch_response_partitions {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = 0;
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    std::int16_t error_code = 0;
  };
  struct offset_fetch_response_topics {
    std::string name;
    uuid topic_id{};
    std::vector<offset_fetch_response_partitions> partitions;
  };
  struct offset_fetch_response_group {
    std::string group_id;
    std::vector<offset_fetch_response_topics> topics;
    std::int16_t error_code = 0;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<offset_fetch_response_topic> topics;
  std::int16_t error_code = 0;
  std::vector<offset_fetch_response_group> groups;
};
bool decode(reader& in, std::int16_t version, offset_fetch_response& out);
void encode(writer& out, std::int16_t version, const offset_fetch_response& value);

struct find_coordinator_request {
  static constexpr std::int16_t api_key = 10;
  static constexpr std::int16_t version_min = 0, version_max = 6, flexible_from = 3;
  std::string_view key;
  std::int8_t key_type = 0;
  std::vector<std::string_view> coordinator_keys;
};
bool decode(reader& in, std::int16_t version, find_coordinator_request& out);
void encode(writer& out, std::int16_t version, const find_coordinator_request& value);

struct find_coordinator_response {
  static constexpr std::int16_t api_key = 10;
  static constexpr std::int16_t version_min = 0, version_max = 6, flexible_from = 3;
  struct coordinator {
    std::string key;
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::vector<coordinator> coordinators;
};
bool decode(reader& in, std::int16_t version, find_coordinator_response& out);
void encode(writer& out, std::int16_t version, const find_coordinator_response& value);

struct join_group_request {
  static constexpr std::int16_t api_key = 11;
  static constexpr std::int16_t version_min = 0, version_max = 9, flexible_from = 6;
  struct join_group_request_protocol {
    std::string_view name;
    std::string_view metadata;
  };
  std::string_view group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::string_view protocol_type;
  std::vector<join_group_request_protocol> protocols;
  std::optional<std::string_view> reason;
};
bool decode(reader& in, std::int16_t version, join_group_request& out);
void encode(writer& out, std::int16_t version, const join_group_request& value);

struct join_group_response {
  static constexpr std::int16_t api_key = 11;
  static constexpr std::int16_t version_min = 0, version_max = 9, flexible_from = 6;
  struct join_group_response_member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string metadata;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<join_group_response_member> members;
};
bool decode(reader& in, std::int16_t version, join_group_response& out);
void encode(writer& out, std::int16_t version, const join_group_response& value);

struct heartbeat_request {
  static constexpr std::int16_t api_key = 12;
  static constexpr std::int16_t version_min = 0, version_max = 4, flexible_from = 4;
  std::string_view group_id;
  std::int32_t generation_id = 0;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
};
bool decode(reader& in, std::int16_t version, heartbeat_request& out);
void encode(writer& out, std::int16_t version, const heartbeat_request& value);

struct heartbeat_response {
  static constexpr std::int16_t api_key = 12;
  static constexpr std::int16_t version_min = 0, version_max = 4, flexible_from = 4;
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
};
bool decode(reader& in, std::int16_t version, heartbeat_response& out);
void encode(writer& out, std::int16_t version, const heartbeat_response& value);

struct leave_group_request {
  static constexpr std::int16_t api_key = 13;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 4;
  struct member_identity {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::optional<std::string_view> reason;
  };
  std::string_view group_id;
  std::string_view member_id;
  std::vector<member_identity> members;
};
bool decode(reader& in, std::int16_t version, leave_group_request& out);
void encode(writer& out, std::int16_t version, const leave_group_request& value);

struct leave_group_response {
  static constexpr std::int16_t api_key = 13;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 4;
  struct member_response {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::int16_t error_code = 0;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<member_response> members;
};
bool decode(reader& in, std::int16_t version, leave_group_response& out);
void encode(writer& out, std::int16_t version, const leave_group_response& value);

struct sync_group_request {
  static constexpr std::int16_t api_key = 14;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 4;
  struct sync_group_request_assignment {
    std::string_view member_id;
    std::string_view assignment;
  };
  std::string_view group_id;
  std::int32_t generation_id = 0;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  std::vector<sync_group_request_assignment> assignments;
};
bool decode(reader& in, std::int16_t version, sync_group_request& out);
void encode(writer& out, std::int16_t version, const sync_group_request& value);

struct sync_group_response {
  static constexpr std::int16_t api_key = 14;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 4;
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string assignment;
};
bool decode(reader& in, std::int16_t version, sync_group_response& out);
void encode(writer& out, std::int16_t version, const sync_group_response& value);

struct describe_groups_request {
  static constexpr std::int16_t api_key = 15;
  static constexpr std::int16_t version_min = 0, version_max = 6, flexible_from = 5;
  std::vector<std::string_view> groups;
  bool include_authorized_operations = false;
};
bool decode(reader& in, std::int16_t version, describe_groups_request& out);
void encode(writer& out, std::int16_t version, const describe_groups_request& value);

struct describe_groups_response {
  static constexpr std::int16_t api_key = 15;
  static constexpr std::int16_t version_min = 0, version_max = 6, flexible_from = 5;
  struct described_group_member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    std::string member_metadata;
    std::string member_assignment;
  };
  struct described_group {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<described_group_member> members;
    std::int32_t authorized_operations = INT32_MIN;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<described_group> groups;
};
bool decode(reader& in, std::int16_t version, describe_groups_response& out);
void encode(writer& out, std::int16_t version, const describe_groups_response& value);

struct list_groups_request {
  static constexpr std::int16_t api_key = 16;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  std::vector<std::string_view> states_filter;
  std::vector<std::string_view> types_filter;
};
bool decode(reader& in, std::int16_t version, list_groups_request& out);
void encode(writer& out, std::int16_t version, const list_groups_request& value);

struct list_groups_response {
  static constexpr std::int16_t api_key = 16;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  struct listed_group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<listed_group> groups;
};
bool decode(reader& in, std::int16_t version, list_groups_response& out);
void encode(writer& out, std::int16_t version, const list_groups_response& value);

struct delete_groups_request {
  static constexpr std::int16_t api_key = 42;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  std::vector<std::string_view> groups_names;
};
bool decode(reader& in, std::int16_t version, delete_groups_request& out);
void encode(writer& out, std::int16_t version, const delete_groups_request& value);

struct delete_groups_response {
  static constexpr std::int16_t api_key = 42;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  struct deletable_group_result {
    std::string group_id;
    std::int16_t error_code = 0;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<deletable_group_result> results;
};
bool decode(reader& in, std::int16_t version, delete_groups_response& out);
void encode(writer& out, std::int16_t version, const delete_groups_response& value);

struct offset_delete_request {
  static constexpr std::int16_t api_key = 47;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 32767;
  struct offset_delete_request_partition {
    std::int32_t partition_index = 0;
  };
  struct offset_delete_request_topic {
    std::string_view name;
    std::vector<offset_delete_request_partition> partitions;
  };
  std::string_view group_id;
  std::vector<offset_delete_request_topic> topics;
};
bool decode(reader& in, std::int16_t version, offset_delete_request& out);
void encode(writer& out, std::int16_t version, const offset_delete_request& value);

struct offset_delete_response {
  static constexpr std::int16_t api_key = 47;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 32767;
  struct offset_delete_response_partition {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
  };
  struct offset_delete_response_topic {
    std::string name;
    std::vector<offset_delete_response_partition> partitions;
  };
  std::int16_t error_code = 0;
  std::int32_t throttle_time_ms = 0;
  std::vector<offset_delete_response_topic> topics;
};
bool decode(reader& in, std::int16_t version, offset_delete_response& out);
void encode(writer& out, std::int16_t version, const offset_delete_response& value);

struct consumer_group_heartbeat_request {
  static constexpr std::int16_t api_key = 68;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  struct topic_partitions_item {
    uuid topic_id{};
    std::vector<std::int32_t> partitions;
  };
  std::string_view group_id;
  std::string_view member_id;
  std::int32_t member_epoch = 0;
  std::optional<std::string_view> instance_id;
  std::optional<std::string_view> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string_view>> subscribed_topic_names;
  std::optional<std::string_view> subscribed_topic_regex;
  std::optional<std::string_view> server_assignor;
  std::optional<std::vector<topic_partitions_item>> topic_partitions;
};
bool decode(reader& in, std::int16_t version, consumer_group_heartbeat_request& out);
void encode(writer& out, std::int16_t version, const consumer_group_heartbeat_request& value);

struct consumer_group_heartbeat_response {
  static constexpr std::int16_t api_key = 68;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  struct topic_partitions_item {
    uuid topic_id{};
    std::vector<std::int32_t> partitions;
  };
  struct assignment_item {
    std::vector<topic_partitions_item> topic_partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::optional<assignment_item> assignment;
};
bool decode(reader& in, std::int16_t version, consumer_group_heartbeat_response& out);
void encode(writer& out, std::int16_t version, const consumer_group_heartbeat_response& value);

struct consumer_group_describe_request {
  static constexpr std::int16_t api_key = 69;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  std::vector<std::string_view> group_ids;
  bool include_authorized_operations = false;
};
bool decode(reader& in, std::int16_t version, consumer_group_describe_request& out);
void encode(writer& out, std::int16_t version, const consumer_group_describe_request& value);

struct consumer_group_describe_response {
  static constexpr std::int16_t api_key = 69;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 0;
  struct topic_partitions_item {
    uuid topic_id{};
    std::string topic_name;
    std::vector<std::int32_t> partitions;
  };
  struct assignment_item {
    std::vector<topic_partitions_item> topic_partitions;
  };
  struct member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    std::int32_t member_epoch = 0;
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topic_names;
    std::optional<std::string> subscribed_topic_regex;
    assignment_item assignment;
    assignment_item target_assignment;
    std::int8_t member_type = -1;
  };
  struct described_group {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::string assignor_name;
    std::vector<member> members;
    std::int32_t authorized_operations = INT32_MIN;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<described_group> groups;
};
bool decode(reader& in, std::int16_t version, consumer_group_describe_response& out);
void encode(writer& out, std::int16_t version, const consumer_group_describe_response& value);

struct consumer_protocol_subscription {
  static constexpr std::int16_t version_min = 0, version_max = 3, flexible_from = 32767;
  struct topic_partition {
    std::string_view topic;
    std::vector<std::int32_t> partitions;
  };
  std::vector<std::string_view> topics;
  std::optional<std::string_view> user_data;
  std::vector<topic_partition> owned_partitions;
  std::int32_t generation_id = -1;
  std::optional<std::string_view> rack_id;
};
bool decode(reader& in, std::int16_t version, consumer_protocol_subscription& out);
void encode(writer& out, std::int16_t version, const consumer_protocol_subscription& value);

struct consumer_protocol_assignment {
  static constexpr std::int16_t version_min = 0, version_max = 3, flexible_from = 32767;
  struct topic_partition {
    std::string_view topic;
    std::vector<std::int32_t> partitions;
  };
  std::vector<topic_partition> assigned_partitions;
  std::optional<std::string_view> user_data;
};
bool decode(reader& in, std::int16_t version, consumer_protocol_assignment& out);
void encode(writer& out, std::int16_t version, const consumer_protocol_assignment& value);

}  // namespace mes::wire::kafka
