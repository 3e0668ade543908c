#include "bus/transactions/sent_offsets.h"

#include <set>
#include <utility>

namespace mes::bus::transactions {
using groups::topic_partition;

void sent_offsets::count(const transaction& t, const std::string& group, const topic_partition& where) {
  ++_by_group[group][where][t.id];
}

void sent_offsets::discount(const transaction& t, const std::string& group, const topic_partition& where) {
  const auto of_group = _by_group.find(group);
  if (of_group == _by_group.end()) return;
  const auto of_partition = of_group->second.find(where);
  if (of_partition == of_group->second.end()) return;
  const auto sender = of_partition->second.find(t.id);
  if (sender == of_partition->second.end() || --sender->second > 0) return;
  of_partition->second.erase(sender);
  if (of_partition->second.empty()) of_group->second.erase(of_partition);
  if (of_group->second.empty()) _by_group.erase(of_group);
}

void sent_offsets::put(transaction& t, const std::string& group, const topic_partition& where,
                       groups::committed_offset o) {
  if (t.offsets[group].insert_or_assign(where, std::move(o)).second) count(t, group, where);
}

void sent_offsets::erase(transaction& t, const std::string& group, const topic_partition& where) {
  const auto of_group = t.offsets.find(group);
  if (of_group == t.offsets.end() || of_group->second.erase(where) == 0) return;
  if (of_group->second.empty()) t.offsets.erase(of_group);
  discount(t, group, where);
}

void sent_offsets::erase_group(transaction& t, const std::string& group) {
  const auto of_group = t.offsets.extract(group);
  if (of_group.empty()) return;
  for (const auto& [where, o] : of_group.mapped()) discount(t, group, where);
}

void sent_offsets::erase_topic(transaction& t, const std::string& topic) {
  for (auto of_group = t.offsets.begin(); of_group != t.offsets.end();) {
    auto& [group, offsets] = *of_group;
    for (auto o = offsets.lower_bound({topic, INT32_MIN}); o != offsets.end() && o->first.first == topic;) {
      discount(t, group, o->first);
      o = offsets.erase(o);
    }
    of_group = offsets.empty() ? t.offsets.erase(of_group) : std::next(of_group);
  }
}

void sent_offsets::clear(transaction& t) {
  for (const auto& [group, offsets] : std::exchange(t.offsets, {}))
    for (const auto& [where, o] : offsets) discount(t, group, where);
}

void sent_offsets::assign(transaction& to, const transaction& from) {
  clear(to);
  to = from;
  for (const auto& [group, offsets] : to.offsets)
    for (const auto& [where, o] : offsets) count(to, group, where);
}

bool sent_offsets::contain(const std::string& group, const topic_partition& where) const {
  const auto of_group = _by_group.find(group);
  return of_group != _by_group.end() && of_group->second.contains(where);
}

std::vector<std::string> sent_offsets::senders(const std::string& group) const {
  std::set<std::string> ids;
  if (const auto of_group = _by_group.find(group); of_group != _by_group.end())
    for (const auto& [where, by] : of_group->second)
      for (const auto& [id, n] : by) ids.insert(id);
  return {ids.begin(), ids.end()};
}

std::vector<std::string> sent_offsets::senders(const std::string& group, const topic_partition& where) const {
  std::vector<std::string> ids;
  const auto of_group = _by_group.find(group);
  if (of_group == _by_group.end()) return ids;
  if (const auto of_partition = of_group->second.find(where); of_partition != of_group->second.end())
    for (const auto& [id, n] : of_partition->second) ids.push_back(id);
  return ids;
}

}  // namespace mes::bus::transactions
