// A group of KIP-848's protocol as values: members, where each stands, and what each shall read.
//
// Its state changes only by consumer_change, when that is durable; the log holds the changes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bus/groups/assignment.h"
#include "bus/groups/assignors.h"
#include "bus/groups/shared_value.h"
#include "bus/groups/topic_set.h"
#include "bus/groups/topic_view.h"

namespace mes::bus::groups {

using protocols = std::vector<std::pair<std::string, std::string>>;  // name and metadata, the preferred first
const std::string* metadata_of(const protocols& offered, std::string_view name);  // null: not among them
std::size_t bytes_of(const protocols& offered);
inline std::size_t bytes_of(const std::optional<std::string>& text) { return text ? text->size() : 0; }

// How far a member is on its way to its target.
enum class progress : std::int8_t {
  stable = 0,
  unrevoked = 1,   // it must give up partitions first
  unreleased = 2,  // it waits for partitions that others still have
};

// What a member that speaks the classic protocol said when it joined (online migration).
struct classic_side {
  std::int32_t session_timeout_ms = 0;
  protocols supported;
  bool operator==(const classic_side&) const = default;
};

// Who a member is and what it wants; as it said when it joined, mostly.
struct member_metadata {
  std::string id;
  std::optional<std::string> instance_id, rack_id;
  std::string client_id, client_host;
  std::string principal;  // by whose rights its expression resolves; "" of older logs, until its next heartbeat: all
  std::int32_t rebalance_timeout_ms = -1;
  topic_set topics;                     // by name
  std::string regex;                    // of topic names; "": none
  std::optional<std::string> assignor;  // that it would like
  std::optional<classic_side> classic;
  bool operator==(const member_metadata&) const = default;
};

// Where it stands, which changes with each epoch.
struct current_assignment {
  std::int32_t epoch = 0, previous_epoch = 0;
  progress state = progress::stable;
  assignment assigned;  // it may read these
  assignment revoking;  // it must give these up, and may still have them

  bool is_settled(std::int32_t target_epoch) const { return state == progress::stable && epoch == target_epoch; }
  bool operator==(const current_assignment&) const = default;
};

struct consumer_member : member_metadata, current_assignment {
  bool operator==(const consumer_member&) const = default;
};

inline constexpr std::int32_t epoch_left = -1;         // a member that leaves
inline constexpr std::int32_t epoch_left_static = -2;  // a static one that will be back

struct subscribed_topic {
  uuid id;
  std::int32_t partitions = 0;
  bool operator==(const subscribed_topic&) const = default;
};

using subscribed_topics = std::map<std::string, subscribed_topic, std::less<>>;  // by name
using resolved_patterns = std::map<std::string, topic_set>;                      // regular expression to topics

// A copy shares all that is large: what a request makes of a group is a copy of it, of which little differs.
struct consumer_group {
  std::int32_t epoch = 0;
  std::int32_t target_epoch = 0;
  std::map<std::string, shared_value<consumer_member>> members;  // by id
  shared_value<targets> target;
  shared_value<subscribed_topics> topics;  // that the members subscribe to and that exist, as of `epoch`
  resolved_patterns patterns;

  const consumer_member* find_instance(std::string_view instance_id) const;
  bool has_owner(const uuid& topic, std::int32_t partition) const;  // somebody reads it, or still may
  // By name, or as its expression resolves for it. The names lie in the group.
  void add_topics_of(const consumer_member& m, const topic_view& view, std::unordered_set<std::string_view>& to) const;
  const assignment& target_of(const std::string& member_id) const;
  std::string_view assignor_name() const;  // what most ask for
  std::size_t memory_bytes() const;        // of what its members said and what came of it; shared names once
};

bool is_all_classic(const consumer_group& g);  // it has members, and none of the new protocol

std::string_view state_name(const consumer_group& g);  // as Kafka prints it

struct consumer_change {
  bool fresh = false;  // the group begins here: what it was before is gone, but for its offsets
  std::int32_t epoch = 0, target_epoch = 0;
  std::optional<shared_value<subscribed_topics>> topics;
  std::optional<resolved_patterns> patterns;
  std::vector<std::string> gone;                                  // members
  std::vector<shared_value<consumer_member>> members;             // whose metadata are new
  std::vector<std::pair<std::string, current_assignment>> moved;  // others, by id
  std::vector<std::pair<std::string, assignment>> target;         // of members whose target is another one now
};

shared_topic_sets names_of_all(const consumer_group& g);  // that its members subscribe to

// Nothing: they are the same.
std::optional<consumer_change> difference(const consumer_group& before, const consumer_group& after);
consumer_change whole(const consumer_group& g);  // from nothing
void apply(consumer_group& g, consumer_change change);

// The log's forms of a change; the latest is written. Checkpoints hold groups as whole(), in one that has no `moved`.
enum class change_form : std::int8_t { without_principals, without_moved, latest };
void write_change(wire::kafka::writer& out, const consumer_change& change, change_form form);
consumer_change read_change(wire::kafka::reader& in, change_form form);

}  // namespace mes::bus::groups
