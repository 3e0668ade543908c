// The rules of KIP-848 as pure functions: a group and a request in, an answer and a change of the group out.
//
// Apache Kafka's coordinator is the model: its order of checks, its errors and their texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bus/groups/consumer_group.h"
#include "bus/groups/topic_view.h"
#include "wire/kafka/errors.h"

namespace mes::bus::groups {

struct heartbeat_request {
  std::string group, member_id;
  std::int32_t epoch = 0;
  std::optional<std::string> instance_id, rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> topics;
  std::optional<std::string> regex;
  std::optional<std::string> assignor;
  std::optional<assignment> owned;
  std::string client_id, client_host, principal;
  bool makes_own_id = false;  // from version 1 on the client makes the member id (KIP-1082)
};

struct heartbeat_result {
  wire::kafka::error_code error = wire::kafka::error_code::none;
  std::string message;  // of the error
  std::string member_id;
  std::int32_t epoch = 0;
  std::int32_t interval_ms = 0;           // until its next heartbeat
  std::optional<assignment> assigned;     // if it is new to the member
  std::optional<consumer_change> change;  // to be durable before this is answered
};

heartbeat_result refuse(wire::kafka::error_code error, std::string message);

// Nothing: the request is well-formed, and what it says of its member takes no more than `member_bytes_max`.
std::optional<heartbeat_result> check(const heartbeat_request& request, std::size_t member_bytes_max);

// What a group may become by a request: in members, and in bytes that they hold.
struct group_room {
  std::size_t members = 0, bytes = 0;
};

// Nearly all heartbeats: nothing is new. Nothing: something may be.
std::optional<heartbeat_result> beat_at_rest(const consumer_group& g, const heartbeat_request& request);

// A member joins, or tells that it is there. `look_again`: topics came or went, or who may describe them changed, since
// the group was last looked at.
heartbeat_result beat(const consumer_group& g, const heartbeat_request& request, const topic_view& topics,
                      bool look_again, const group_room& room);
heartbeat_result leave(const consumer_group& g, const heartbeat_request& request, const topic_view& topics);
consumer_change without_members(const consumer_group& g, const std::vector<std::string>& ids, const topic_view& topics);

// The steps that every join takes, whichever protocol it came by; `next` has the member as it wants to be.
void bring_up_to_date(consumer_group& next, const topic_view& topics, bool bump, bool look_again);
void move_member(const consumer_group& before, consumer_group& next, const std::string& id,
                 const std::optional<assignment>& owned);
// A static member's successor takes its place, its partitions and its target.
void replace(consumer_group& next, const std::string& old_id, const std::string& new_id);

}  // namespace mes::bus::groups
