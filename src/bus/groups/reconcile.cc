#include "bus/groups/reconcile.h"

#include <algorithm>
#include <iterator>

namespace mes::bus::groups {
namespace {

assignment without(const assignment& a, const assignment& b) {
  assignment left;
  for (const auto& [topic, partitions] : a)
    for (const std::int32_t p : partitions)
      if (!holds(b, topic, p)) left[topic].insert(p);
  return left;
}

bool has_any_of(const std::optional<assignment>& owned, const assignment& these) {
  if (!owned) return true;  // it did not say: it may
  for (const auto& [topic, partitions] : *owned)
    for (const std::int32_t p : partitions)
      if (holds(these, topic, p)) return true;
  return false;
}

void move_to(consumer_member& m, std::int32_t epoch) {
  if (m.epoch == epoch) return;
  m.previous_epoch = m.epoch;
  m.epoch = epoch;
}

}  // namespace

consumer_member reconcile(consumer_member m, std::int32_t target_epoch, const assignment& target,
                          const std::optional<assignment>& owned, const is_owned& owner) {
  if (m.is_settled(target_epoch)) return m;
  if (m.state == progress::unrevoked && has_any_of(owned, m.revoking)) return m;

  const assignment too_many = without(m.assigned, target);
  const assignment wanted = without(target, m.assigned);
  m.assigned = without(m.assigned, too_many);
  if (!too_many.empty() && has_any_of(owned, too_many)) {
    m.state = progress::unrevoked;  // and stays in its epoch, so that its offsets are still taken
    m.revoking = too_many;
    return m;
  }
  m.state = progress::stable;
  for (const auto& [topic, partitions] : wanted)
    for (const std::int32_t p : partitions) {
      if (!holds(m.revoking, topic, p) && owner(topic, p))  // what it has given up is its own again
        m.state = progress::unreleased;
      else
        m.assigned[topic].insert(p);
    }
  m.revoking.clear();
  move_to(m, target_epoch);
  return m;
}

}  // namespace mes::bus::groups
