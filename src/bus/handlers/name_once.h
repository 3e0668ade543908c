// What a request names again is done and answered once: an answer may be a thousand times as long as the name, and
// doing it may write to the log. Kafka answers some of these as often as they are named, but no client asks so. The
// partitions of a topic that is named again are named with its first.
#pragma once

namespace mes::wire::kafka {

struct alter_partition_reassignments_request;
struct consumer_group_describe_request;
struct delete_groups_request;
struct delete_records_request;
struct describe_configs_request;
struct describe_groups_request;
struct describe_log_dirs_request;
struct describe_producers_request;
struct describe_topic_partitions_request;
struct describe_transactions_request;
struct elect_leaders_request;
struct find_coordinator_request;
struct list_config_resources_request;
struct list_groups_request;
struct list_transactions_request;
struct offset_delete_request;
struct offset_fetch_request;
struct produce_request;
struct write_txn_markers_request;

}  // namespace mes::wire::kafka

namespace mes::bus::handlers {

// Requests that are not here have short answers for each name, or rules of their own in their handlers.
template <class Request>
void name_once(Request&) {}

void name_once(wire::kafka::alter_partition_reassignments_request& request);
void name_once(wire::kafka::consumer_group_describe_request& request);
void name_once(wire::kafka::delete_groups_request& request);
void name_once(wire::kafka::delete_records_request& request);
void name_once(wire::kafka::describe_configs_request& request);
void name_once(wire::kafka::describe_groups_request& request);
void name_once(wire::kafka::describe_log_dirs_request& request);
void name_once(wire::kafka::describe_producers_request& request);
void name_once(wire::kafka::describe_topic_partitions_request& request);
void name_once(wire::kafka::describe_transactions_request& request);
void name_once(wire::kafka::elect_leaders_request& request);
void name_once(wire::kafka::find_coordinator_request& request);
void name_once(wire::kafka::list_config_resources_request& request);
void name_once(wire::kafka::list_groups_request& request);
void name_once(wire::kafka::list_transactions_request& request);
void name_once(wire::kafka::offset_delete_request& request);
void name_once(wire::kafka::offset_fetch_request& request);
void name_once(wire::kafka::produce_request& request);
void name_once(wire::kafka::write_txn_markers_request& request);

}  // namespace mes::bus::handlers
