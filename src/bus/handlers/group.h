// Handlers of consumer groups: from Kafka's messages to the coordinator and back.
#pragma once

#include "bus/handlers/call.h"
#include "wire/kafka/generated/groups.h"

namespace mes::bus::handlers {

void find_coordinator(const call& c, wire::kafka::find_coordinator_request& request);
void join_group(const call& c, wire::kafka::join_group_request& request);
void sync_group(const call& c, wire::kafka::sync_group_request& request);
void heartbeat(const call& c, wire::kafka::heartbeat_request& request);
void leave_group(const call& c, wire::kafka::leave_group_request& request);
void offset_commit(const call& c, wire::kafka::offset_commit_request& request);
void offset_fetch(const call& c, wire::kafka::offset_fetch_request& request);
void offset_delete(const call& c, wire::kafka::offset_delete_request& request);
void describe_groups(const call& c, wire::kafka::describe_groups_request& request);
void list_groups(const call& c, wire::kafka::list_groups_request& request);
void delete_groups(const call& c, wire::kafka::delete_groups_request& request);

}  // namespace mes::bus::handlers
