// A consumer group as values, and the classic protocol's part of it in the form that the log keeps.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/groups/consumer_group.h"
#include "bus/groups/held_bytes.h"
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
  bool is_new = false;                       // it does not know its id yet, and cannot tell that it is there
  bool has_synced = false;                   // in this generation
  std::int64_t alive_until_ms = 0;
  net::poller::timer_id timer = 0;
  held_bytes held;  // what it said when it joined

  const std::string* metadata(std::string_view protocol) const;
};

struct committed_offset {
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::int64_t committed_ms = 0;
  std::int64_t expires_ms = -1;  // as a client of OffsetCommit 2-4 wished; -1: by the broker's retention
  std::int64_t order = 0;        // among the offsets of open transactions, as they came into the log
};

using topic_partition = std::pair<std::string, std::int32_t>;

enum class group_state : std::uint8_t { empty, preparing_rebalance, completing_rebalance, stable };
std::string_view name_of(group_state state);  // as Kafka prints it: "PreparingRebalance"

// KIP-394: an id that was handed out, and that nobody joined with yet.
struct given_id {
  net::poller::timer_id timer = 0;
  held_bytes held;
};

// The time-outs of a member of KIP-848's protocol.
struct member_clock {
  std::int64_t alive_until_ms = 0;
  net::poller::timer_id session = 0;
  net::poller::timer_id rebalance = 0;  // to give up partitions; of a classic member: to join or sync again
  std::int32_t rebalance_epoch = -1;    // for which `rebalance` runs
};

// For a change of its group to be durable.
struct waiting_request {
  std::function<void()> again;
  held_bytes held;
};

inline constexpr std::string_view consumer_protocol_type = "consumer";

struct group {
  std::string name;
  std::map<topic_partition, committed_offset> offsets;

  // The classic protocol's.
  group_state state = group_state::empty;
  std::int32_t generation = 0;
  std::string protocol_type;
  std::string protocol;
  std::string leader;
  std::map<std::string, member> members;         // by id
  std::map<std::string, std::string> instances;  // static members: instance id to member id
  std::map<std::string, given_id> ids_given;
  std::int64_t empty_since_ms = 0;  // wall clock; counts while empty
  bool is_first_rebalance = false;  // it was empty: more may come within the initial delay
  bool more_came = false;           // meanwhile
  net::poller::timer_id rebalance_timer = 0;
  std::string stored;         // write_group() as it is in the log: what a checkpoint may hold
  std::uint64_t storing = 0;  // the assignment that is on its way to the disk

  // KIP-848's: set, and the classic part is empty.
  std::unique_ptr<consumer_group> modern;
  std::map<std::string, member_clock> clocks;  // by member id
  bool changing = false;                       // a change of `modern`, or to it or from it, is on its way to the disk
  std::deque<waiting_request> waiting;         // for that
  bool deleting = false;                       // so is its end: who joins now begins it anew
  std::uint64_t topics_seen = 0;               // topic_view::version() when `modern` was last compared with it

  held_bytes held;  // `stored` and `modern`

  bool is_empty() const { return modern ? modern->members.empty() : state == group_state::empty; }
  std::size_t member_count() const { return modern ? modern->members.size() : members.size(); }
  bool uses_consumer_protocol() const { return modern || protocol_type == consumer_protocol_type; }
  bool all_joined() const;
  std::string chosen_protocol() const;  // by vote among what all support; "" if there is none
  bool supports(const protocols& offered) const;
  std::int32_t rebalance_timeout_ms() const;
};

std::string_view state_name(const group& g);  // as Kafka prints it, of either protocol

// The log's form of a group's members and assignment (not its offsets).
void write_group(wire::kafka::writer& out, const group& g);
bool read_group(wire::kafka::reader& in, group& g);  // into a group of that name; keeps its offsets

}  // namespace mes::bus::groups
