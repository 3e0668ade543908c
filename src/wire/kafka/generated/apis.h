// Made by tools/generate_kafka.py of contracts/kafka/: every API that has a table there, by key.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mes::wire::kafka {

enum class api : std::int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  offset_commit = 8,
  offset_fetch = 9,
  find_coordinator = 10,
  join_group = 11,
  heartbeat = 12,
  leave_group = 13,
  sync_group = 14,
  describe_groups = 15,
  list_groups = 16,
  sasl_handshake = 17,
  api_versions = 18,
  create_topics = 19,
  delete_topics = 20,
  delete_records = 21,
  init_producer_id = 22,
  offset_for_leader_epoch = 23,
  add_partitions_to_txn = 24,
  add_offsets_to_txn = 25,
  end_txn = 26,
  txn_offset_commit = 28,
  describe_acls = 29,
  create_acls = 30,
  delete_acls = 31,
  describe_configs = 32,
  alter_configs = 33,
  describe_log_dirs = 35,
  sasl_authenticate = 36,
  create_partitions = 37,
  delete_groups = 42,
  elect_leaders = 43,
  incremental_alter_configs = 44,
  alter_partition_reassignments = 45,
  list_partition_reassignments = 46,
  offset_delete = 47,
  describe_client_quotas = 48,
  alter_client_quotas = 49,
  describe_user_scram_credentials = 50,
  alter_user_scram_credentials = 51,
  describe_cluster = 60,
  describe_producers = 61,
  describe_transactions = 65,
  list_transactions = 66,
  consumer_group_heartbeat = 68,
  consumer_group_describe = 69,
  list_config_resources = 74,
  describe_topic_partitions = 75,
};

struct api_info {
  api key;
  std::string_view name;
  std::int16_t version_min;
  std::int16_t version_max;
  std::int16_t flexible_from;
};

inline constexpr std::array<api_info, 50> api_table = {{
    {api::produce, "produce", 3, 13, 9},
    {api::fetch, "fetch", 4, 18, 12},
    {api::list_offsets, "list_offsets", 1, 11, 6},
    {api::metadata, "metadata", 0, 13, 9},
    {api::offset_commit, "offset_commit", 2, 10, 8},
    {api::offset_fetch, "offset_fetch", 1, 10, 6},
    {api::find_coordinator, "find_coordinator", 0, 6, 3},
    {api::join_group, "join_group", 0, 9, 6},
    {api::heartbeat, "heartbeat", 0, 4, 4},
    {api::leave_group, "leave_group", 0, 5, 4},
    {api::sync_group, "sync_group", 0, 5, 4},
    {api::describe_groups, "describe_groups", 0, 6, 5},
    {api::list_groups, "list_groups", 0, 5, 3},
    {api::sasl_handshake, "sasl_handshake", 0, 1, 32767},
    {api::api_versions, "api_versions", 0, 4, 3},
    {api::create_topics, "create_topics", 2, 7, 5},
    {api::delete_topics, "delete_topics", 1, 6, 4},
    {api::delete_records, "delete_records", 0, 2, 2},
    {api::init_producer_id, "init_producer_id", 0, 5, 2},
    {api::offset_for_leader_epoch, "offset_for_leader_epoch", 2, 4, 4},
    {api::add_partitions_to_txn, "add_partitions_to_txn", 0, 5, 3},
    {api::add_offsets_to_txn, "add_offsets_to_txn", 0, 4, 3},
    {api::end_txn, "end_txn", 0, 5, 3},
    {api::txn_offset_commit, "txn_offset_commit", 0, 5, 3},
    {api::describe_acls, "describe_acls", 1, 3, 2},
    {api::create_acls, "create_acls", 1, 3, 2},
    {api::delete_acls, "delete_acls", 1, 3, 2},
    {api::describe_configs, "describe_configs", 1, 4, 4},
    {api::alter_configs, "alter_configs", 0, 2, 2},
    {api::describe_log_dirs, "describe_log_dirs", 1, 4, 2},
    {api::sasl_authenticate, "sasl_authenticate", 0, 2, 2},
    {api::create_partitions, "create_partitions", 0, 3, 2},
    {api::delete_groups, "delete_groups", 0, 2, 2},
    {api::elect_leaders, "elect_leaders", 0, 2, 2},
    {api::incremental_alter_configs, "incremental_alter_configs", 0, 1, 1},
    {api::alter_partition_reassignments, "alter_partition_reassignments", 0, 1, 0},
    {api::list_partition_reassignments, "list_partition_reassignments", 0, 0, 0},
    {api::offset_delete, "offset_delete", 0, 0, 32767},
    {api::describe_client_quotas, "describe_client_quotas", 0, 1, 1},
    {api::alter_client_quotas, "alter_client_quotas", 0, 1, 1},
    {api::describe_user_scram_credentials, "describe_user_scram_credentials", 0, 0, 0},
    {api::alter_user_scram_credentials, "alter_user_scram_credentials", 0, 0, 0},
    {api::describe_cluster, "describe_cluster", 0, 2, 0},
    {api::describe_producers, "describe_producers", 0, 0, 0},
    {api::describe_transactions, "describe_transactions", 0, 0, 0},
    {api::list_transactions, "list_transactions", 0, 2, 0},
    {api::consumer_group_heartbeat, "consumer_group_heartbeat", 0, 1, 0},
    {api::consumer_group_describe, "consumer_group_describe", 0, 1, 0},
    {api::list_config_resources, "list_config_resources", 0, 1, 0},
    {api::describe_topic_partitions, "describe_topic_partitions", 0, 0, 0},
}};

}  // namespace mes::wire::kafka
