// Handlers of topics, their settings, and the cluster.
#pragma once

#include "bus/handlers/call.h"
#include "wire/kafka/generated/admin.h"

namespace mes::bus::handlers {

void create_topics(const call& c, wire::kafka::create_topics_request& request);
void delete_topics(const call& c, wire::kafka::delete_topics_request& request);
void create_partitions(const call& c, wire::kafka::create_partitions_request& request);
void delete_records(const call& c, wire::kafka::delete_records_request& request);
void describe_configs(const call& c, wire::kafka::describe_configs_request& request);
void describe_cluster(const call& c, wire::kafka::describe_cluster_request& request);

}  // namespace mes::bus::handlers
