// Who may do what, API by API, with Kafka's resources, operations and errors. Every request has its rule here: one
// without does not compile (call.h, decoded).
//
// true: it goes on to its handler, which sees only what is allowed; what was taken out is put into the answer, with the
// error, by call::amend. false: it has been answered.
#pragma once

namespace mes::wire::kafka {

struct produce_request;
struct fetch_request;
struct list_offsets_request;
struct metadata_request;
struct offset_commit_request;
struct offset_fetch_request;
struct find_coordinator_request;
struct join_group_request;
struct heartbeat_request;
struct leave_group_request;
struct sync_group_request;
struct describe_groups_request;
struct list_groups_request;
struct sasl_handshake_request;
struct api_versions_request;
struct create_topics_request;
struct delete_topics_request;
struct delete_records_request;
struct init_producer_id_request;
struct offset_for_leader_epoch_request;
struct add_partitions_to_txn_request;
struct add_offsets_to_txn_request;
struct end_txn_request;
struct write_txn_markers_request;
struct txn_offset_commit_request;
struct describe_acls_request;
struct create_acls_request;
struct delete_acls_request;
struct describe_configs_request;
struct alter_configs_request;
struct describe_log_dirs_request;
struct sasl_authenticate_request;
struct create_partitions_request;
struct delete_groups_request;
struct elect_leaders_request;
struct incremental_alter_configs_request;
struct alter_partition_reassignments_request;
struct list_partition_reassignments_request;
struct offset_delete_request;
struct describe_client_quotas_request;
struct alter_client_quotas_request;
struct describe_user_scram_credentials_request;
struct alter_user_scram_credentials_request;
struct describe_cluster_request;
struct describe_producers_request;
struct describe_transactions_request;
struct list_transactions_request;
struct consumer_group_heartbeat_request;
struct consumer_group_describe_request;
struct list_config_resources_request;
struct describe_topic_partitions_request;

}  // namespace mes::wire::kafka

namespace mes::bus::handlers {

struct call;

bool authorize(call& c, wire::kafka::produce_request& request);
bool authorize(call& c, wire::kafka::fetch_request& request);
bool authorize(call& c, wire::kafka::list_offsets_request& request);
bool authorize(call& c, wire::kafka::metadata_request& request);
bool authorize(call& c, wire::kafka::offset_commit_request& request);
bool authorize(call& c, wire::kafka::offset_fetch_request& request);
bool authorize(call& c, wire::kafka::find_coordinator_request& request);
bool authorize(call& c, wire::kafka::join_group_request& request);
bool authorize(call& c, wire::kafka::heartbeat_request& request);
bool authorize(call& c, wire::kafka::leave_group_request& request);
bool authorize(call& c, wire::kafka::sync_group_request& request);
bool authorize(call& c, wire::kafka::describe_groups_request& request);
bool authorize(call& c, wire::kafka::list_groups_request& request);
bool authorize(call& c, wire::kafka::sasl_handshake_request& request);
bool authorize(call& c, wire::kafka::api_versions_request& request);
bool authorize(call& c, wire::kafka::create_topics_request& request);
bool authorize(call& c, wire::kafka::delete_topics_request& request);
bool authorize(call& c, wire::kafka::delete_records_request& request);
bool authorize(call& c, wire::kafka::init_producer_id_request& request);
bool authorize(call& c, wire::kafka::offset_for_leader_epoch_request& request);
bool authorize(call& c, wire::kafka::add_partitions_to_txn_request& request);
bool authorize(call& c, wire::kafka::add_offsets_to_txn_request& request);
bool authorize(call& c, wire::kafka::end_txn_request& request);
bool authorize(call& c, wire::kafka::write_txn_markers_request& request);
bool authorize(call& c, wire::kafka::txn_offset_commit_request& request);
bool authorize(call& c, wire::kafka::describe_acls_request& request);
bool authorize(call& c, wire::kafka::create_acls_request& request);
bool authorize(call& c, wire::kafka::delete_acls_request& request);
bool authorize(call& c, wire::kafka::describe_configs_request& request);
bool authorize(call& c, wire::kafka::alter_configs_request& request);
bool authorize(call& c, wire::kafka::describe_log_dirs_request& request);
bool authorize(call& c, wire::kafka::sasl_authenticate_request& request);
bool authorize(call& c, wire::kafka::create_partitions_request& request);
bool authorize(call& c, wire::kafka::delete_groups_request& request);
bool authorize(call& c, wire::kafka::elect_leaders_request& request);
bool authorize(call& c, wire::kafka::incremental_alter_configs_request& request);
bool authorize(call& c, wire::kafka::alter_partition_reassignments_request& request);
bool authorize(call& c, wire::kafka::list_partition_reassignments_request& request);
bool authorize(call& c, wire::kafka::offset_delete_request& request);
bool authorize(call& c, wire::kafka::describe_client_quotas_request& request);
bool authorize(call& c, wire::kafka::alter_client_quotas_request& request);
bool authorize(call& c, wire::kafka::describe_user_scram_credentials_request& request);
bool authorize(call& c, wire::kafka::alter_user_scram_credentials_request& request);
bool authorize(call& c, wire::kafka::describe_cluster_request& request);
bool authorize(call& c, wire::kafka::describe_producers_request& request);
bool authorize(call& c, wire::kafka::describe_transactions_request& request);
bool authorize(call& c, wire::kafka::list_transactions_request& request);
bool authorize(call& c, wire::kafka::consumer_group_heartbeat_request& request);
bool authorize(call& c, wire::kafka::consumer_group_describe_request& request);
bool authorize(call& c, wire::kafka::list_config_resources_request& request);
bool authorize(call& c, wire::kafka::describe_topic_partitions_request& request);

}  // namespace mes::bus::handlers
