// The server's assignors (KIP-848): pure functions from subscriptions and what was, to who shall read what.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bus/groups/assignment.h"
#include "bus/groups/shared_value.h"

namespace mes::bus::groups {

struct member_spec {
  std::optional<std::string> instance_id;
  shared_value<std::set<uuid>> topics;  // of those in group_spec::partitions; with all that subscribe to the same
  assignment had;                       // its last target
};

struct group_spec {
  std::map<std::string, member_spec> members;  // by id
  std::map<uuid, std::int32_t> partitions;     // how many a topic has
};

using targets = std::map<std::string, assignment>;  // by member id

// Each topic's partitions in ranges over its subscribers, static members first and in the order of their instances:
// topics with equally many partitions are joined partition by partition.
targets assign_range(const group_spec& spec);

// Evenly, and as little moved as that allows.
targets assign_uniform(const group_spec& spec);

struct assignor {
  std::string_view name;
  targets (*assign)(const group_spec&);
};

inline constexpr std::array assignors = {assignor{"uniform", assign_uniform}, assignor{"range", assign_range}};
inline constexpr const assignor& default_assignor = assignors[0];
const assignor* find_assignor(std::string_view name);

}  // namespace mes::bus::groups
