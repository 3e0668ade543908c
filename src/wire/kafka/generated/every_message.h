// Made by tools/generate_kafka.py of contracts/kafka/: every request and response, for tests and fuzzing.
#pragma once

#include "wire/kafka/generated/admin.h"
#include "wire/kafka/generated/data.h"
#include "wire/kafka/generated/groups.h"
#include "wire/kafka/generated/security.h"
#include "wire/kafka/generated/transactions.h"

// X(structure, kind, key)
#define MES_KAFKA_MESSAGES(X) \
  X(create_topics_request, request, 19) \
  X(create_topics_response, response, 19) \
  X(delete_topics_request, request, 20) \
  X(delete_topics_response, response, 20) \
  X(delete_records_request, request, 21) \
  X(delete_records_response, response, 21) \
  X(create_partitions_request, request, 37) \
  X(create_partitions_response, response, 37) \
  X(describe_configs_request, request, 32) \
  X(describe_configs_response, response, 32) \
  X(alter_configs_request, request, 33) \
  X(alter_configs_response, response, 33) \
  X(incremental_alter_configs_request, request, 44) \
  X(incremental_alter_configs_response, response, 44) \
  X(describe_log_dirs_request, request, 35) \
  X(describe_log_dirs_response, response, 35) \
  X(describe_cluster_request, request, 60) \
  X(describe_cluster_response, response, 60) \
  X(describe_topic_partitions_request, request, 75) \
  X(describe_topic_partitions_response, response, 75) \
  X(describe_producers_request, request, 61) \
  X(describe_producers_response, response, 61) \
  X(describe_client_quotas_request, request, 48) \
  X(describe_client_quotas_response, response, 48) \
  X(alter_client_quotas_request, request, 49) \
  X(alter_client_quotas_response, response, 49) \
  X(list_config_resources_request, request, 74) \
  X(list_config_resources_response, response, 74) \
  X(elect_leaders_request, request, 43) \
  X(elect_leaders_response, response, 43) \
  X(alter_partition_reassignments_request, request, 45) \
  X(alter_partition_reassignments_response, response, 45) \
  X(list_partition_reassignments_request, request, 46) \
  X(list_partition_reassignments_response, response, 46) \
  X(produce_request, request, 0) \
  X(produce_response, response, 0) \
  X(fetch_request, request, 1) \
  X(fetch_response, response, 1) \
  X(list_offsets_request, request, 2) \
  X(list_offsets_response, response, 2) \
  X(metadata_request, request, 3) \
  X(metadata_response, response, 3) \
  X(offset_for_leader_epoch_request, request, 23) \
  X(offset_for_leader_epoch_response, response, 23) \
  X(api_versions_request, request, 18) \
  X(api_versions_response, response, 18) \
  X(offset_commit_request, request, 8) \
  X(offset_commit_response, response, 8) \
  X(offset_fetch_request, request, 9) \
  X(offset_fetch_response, response, 9) \
  X(find_coordinator_request, request, 10) \
  X(find_coordinator_response, response, 10) \
  X(join_group_request, request, 11) \
  X(join_group_response, response, 11) \
  X(heartbeat_request, request, 12) \
  X(heartbeat_response, response, 12) \
  X(leave_group_request, request, 13) \
  X(leave_group_response, response, 13) \
  X(sync_group_request, request, 14) \
  X(sync_group_response, response, 14) \
  X(describe_groups_request, request, 15) \
  X(describe_groups_response, response, 15) \
  X(list_groups_request, request, 16) \
  X(list_groups_response, response, 16) \
  X(delete_groups_request, request, 42) \
  X(delete_groups_response, response, 42) \
  X(offset_delete_request, request, 47) \
  X(offset_delete_response, response, 47) \
  X(consumer_group_heartbeat_request, request, 68) \
  X(consumer_group_heartbeat_response, response, 68) \
  X(consumer_group_describe_request, request, 69) \
  X(consumer_group_describe_response, response, 69) \
  X(sasl_handshake_request, request, 17) \
  X(sasl_handshake_response, response, 17) \
  X(sasl_authenticate_request, request, 36) \
  X(sasl_authenticate_response, response, 36) \
  X(describe_acls_request, request, 29) \
  X(describe_acls_response, response, 29) \
  X(create_acls_request, request, 30) \
  X(create_acls_response, response, 30) \
  X(delete_acls_request, request, 31) \
  X(delete_acls_response, response, 31) \
  X(describe_user_scram_credentials_request, request, 50) \
  X(describe_user_scram_credentials_response, response, 50) \
  X(alter_user_scram_credentials_request, request, 51) \
  X(alter_user_scram_credentials_response, response, 51) \
  X(init_producer_id_request, request, 22) \
  X(init_producer_id_response, response, 22) \
  X(add_partitions_to_txn_request, request, 24) \
  X(add_partitions_to_txn_response, response, 24) \
  X(add_offsets_to_txn_request, request, 25) \
  X(add_offsets_to_txn_response, response, 25) \
  X(end_txn_request, request, 26) \
  X(end_txn_response, response, 26) \
  X(write_txn_markers_request, request, 27) \
  X(write_txn_markers_response, response, 27) \
  X(txn_offset_commit_request, request, 28) \
  X(txn_offset_commit_response, response, 28) \
  X(describe_transactions_request, request, 65) \
  X(describe_transactions_response, response, 65) \
  X(list_transactions_request, request, 66) \
  X(list_transactions_response, response, 66)
