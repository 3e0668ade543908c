// Handlers of topics, configurations, the cluster, quotas, users and ACLs.
#pragma once

#include "bus/handlers/call.h"
#include "wire/kafka/generated/admin.h"
#include "wire/kafka/generated/security.h"

namespace mes::bus::handlers {

void create_topics(const call& c, wire::kafka::create_topics_request& request);
void delete_topics(const call& c, wire::kafka::delete_topics_request& request);
void create_partitions(const call& c, wire::kafka::create_partitions_request& request);
void delete_records(const call& c, wire::kafka::delete_records_request& request);

// admin_configs.cc
void describe_configs(const call& c, wire::kafka::describe_configs_request& request);
void alter_configs(const call& c, wire::kafka::alter_configs_request& request);
void incremental_alter_configs(const call& c, wire::kafka::incremental_alter_configs_request& request);
void list_config_resources(const call& c, wire::kafka::list_config_resources_request& request);

// admin_cluster.cc
void describe_cluster(const call& c, wire::kafka::describe_cluster_request& request);
void describe_log_dirs(const call& c, wire::kafka::describe_log_dirs_request& request);
void describe_topic_partitions(const call& c, wire::kafka::describe_topic_partitions_request& request);
void elect_leaders(const call& c, wire::kafka::elect_leaders_request& request);
void alter_partition_reassignments(const call& c, wire::kafka::alter_partition_reassignments_request& request);
void list_partition_reassignments(const call& c, wire::kafka::list_partition_reassignments_request& request);

// admin_quotas.cc
void describe_client_quotas(const call& c, wire::kafka::describe_client_quotas_request& request);
void alter_client_quotas(const call& c, wire::kafka::alter_client_quotas_request& request);

// admin_users.cc
void describe_user_scram_credentials(const call& c, wire::kafka::describe_user_scram_credentials_request& request);
void alter_user_scram_credentials(const call& c, wire::kafka::alter_user_scram_credentials_request& request);

// admin_acls.cc
void describe_acls(const call& c, wire::kafka::describe_acls_request& request);
void create_acls(const call& c, wire::kafka::create_acls_request& request);
void delete_acls(const call& c, wire::kafka::delete_acls_request& request);

}  // namespace mes::bus::handlers
