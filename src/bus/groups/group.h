// A consumer group as values, and its form in the log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/net/poller.h"
#include "wire/kafka/errors.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::groups {

struct joined_member {  // as the leader sees it
  std::string id;
  std::optional<std::string> instance_id;
  std::string metadata;
};

struct join_result {
  wire::kafka::error_code error = wire::kafka::error_code::none;
  std::int32_t generation = -1;
  std::string protocol_type;
  std::string protocol;
  std::string leader;
  std::string member_id;
  bool skip_assignment = false;
  std::vector<joined_member> members;  // for the leader
};

struct sync_result {
  wire::kafka::error_code error = wire::kafka::error_code::none;
  std::string protocol_type;
  std::string protocol;
  std::string assignment;
};

using protocols = std::vector<std::pair<std::string, std::string>>;  // name and metadata, the preferred first

struct member {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  protocols supported;
  std::string assignment;

  std::function<void(join_result)> joining;  // waits for the others
  std::function<void(sync_result)> syncing;  // waits for the leader
  std::int64_t alive_until_ms = 0;
  net::poller::timer_id timer = 0;

  const std::string* metadata(std::string_view protocol) const;
};

struct committed_offset {
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::int64_t committed_ms = 0;
};

using topic_partition = std::pair<std::string, std::int32_t>;

enum class group_state : std::uint8_t { empty, preparing_rebalance, completing_rebalance, stable };
std::string_view name_of(group_state state);  // as Kafka prints it: "PreparingRebalance"

struct group {
  std::string name;
  group_state state = group_state::empty;
  std::int32_t generation = 0;
  std::string protocol_type;
  std::string protocol;
  std::string leader;
  std::map<std::string, member> members;                   // by id
  std::map<std::string, std::string> instances;            // static members: instance id to member id
  std::map<std::string, net::poller::timer_id> ids_given;  // KIP-394: ids handed out, not joined yet
  std::map<topic_partition, committed_offset> offsets;
  std::int64_t empty_since_ms = 0;  // wall clock; counts while empty
  net::poller::timer_id rebalance_timer = 0;
  std::string stored;         // write_group() as it is in the log: what a checkpoint may hold
  std::uint64_t storing = 0;  // the assignment that is on its way to the disk

  bool all_joined() const;
  std::string chosen_protocol() const;  // by vote among what all support; "" if there is none
  bool supports(const protocols& offered) const;
  std::int32_t rebalance_timeout_ms() const;
};

// The log's form of a group's members and assignment (not its offsets).
void write_group(wire::kafka::writer& out, const group& g);
bool read_group(wire::kafka::reader& in, group& g);  // into a group of that name; keeps its offsets

}  // namespace mes::bus::groups
