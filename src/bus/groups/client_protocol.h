// The consumer's own messages inside the classic protocol: subscriptions and assignments, as every client packs them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bus/groups/assignment.h"
#include "bus/groups/topic_set.h"
#include "bus/groups/topic_view.h"

namespace mes::bus::groups {

struct packed_subscription {
  std::int16_t version = 0;
  topic_set topics;
  std::optional<std::string> rack_id;
  assignment owned;
};

// Nothing: the bytes are malformed. Topics that are not there are left out of `owned` and of assignments.
std::optional<packed_subscription> unpack_subscription(std::string_view bytes, const topic_view& topics);
std::optional<assignment> unpack_assignment(std::string_view bytes, const topic_view& topics);
std::string pack_assignment(const assignment& a, std::int16_t version, const topic_view& topics);

}  // namespace mes::bus::groups
