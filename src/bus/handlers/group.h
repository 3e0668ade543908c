// Handlers of consumer groups: from Kafka's messages to the coordinator and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bus/handlers/call.h"
#include "wire/kafka/generated/groups.h"

namespace mes::bus::handlers {

// Members (group.cc, group_consumer.cc).
void find_coordinator(const call& c, wire::kafka::find_coordinator_request& request);
void join_group(const call& c, wire::kafka::join_group_request& request);
void sync_group(const call& c, wire::kafka::sync_group_request& request);
void heartbeat(const call& c, wire::kafka::heartbeat_request& request);
void leave_group(const call& c, wire::kafka::leave_group_request& request);
void consumer_group_heartbeat(const call& c, wire::kafka::consumer_group_heartbeat_request& request);
void consumer_group_describe(const call& c, wire::kafka::consumer_group_describe_request& request);

// Offsets (group_offsets.cc).
void offset_commit(const call& c, wire::kafka::offset_commit_request& request);
void offset_fetch(const call& c, wire::kafka::offset_fetch_request& request);
void offset_delete(const call& c, wire::kafka::offset_delete_request& request);

// Administration (group_admin.cc).
void describe_groups(const call& c, wire::kafka::describe_groups_request& request);
void list_groups(const call& c, wire::kafka::list_groups_request& request);
void delete_groups(const call& c, wire::kafka::delete_groups_request& request);

inline std::optional<std::string> owned(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

// What may be done with a group, as bits by Kafka's operation codes: all of it, where nothing restricts it.
inline constexpr std::int32_t group_operations = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

}  // namespace mes::bus::handlers
