// The way of a member to its target (KIP-848): it gives up first, then gets what others no longer have.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "bus/groups/consumer_group.h"

namespace mes::bus::groups {

// Whether anybody has that partition, or may still have it.
using is_owned = std::function<bool(const uuid& topic, std::int32_t partition)>;

// The member one step on, or as it is. `owned`: what it says that it has, if it said so.
consumer_member reconcile(consumer_member member, std::int32_t target_epoch, const assignment& target,
                          const std::optional<assignment>& owned, const is_owned& owner);

}  // namespace mes::bus::groups
