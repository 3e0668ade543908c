#include "bus/groups/assignors.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mes::bus::groups {
namespace {

using topic_partition_id = std::pair<uuid, std::int32_t>;

struct range_state {
  std::int32_t partitions = 0, subscribers = 0, extra = 0, next = 0;
};

void add(assignment& a, const topic_partition_id& p) { a[p.first].insert(p.second); }

void take(assignment& a, const topic_partition_id& p) {
  const auto it = a.find(p.first);
  it->second.erase(p.second);
  if (it->second.empty()) a.erase(it);
}

// What each member had and may keep, each partition once.
targets kept_of(const group_spec& spec, std::set<topic_partition_id>& kept) {
  targets result;
  for (const auto& [id, m] : spec.members) {
    assignment& mine = result[id];
    for (const auto& [topic, partitions] : m.had) {
      if (!m.topics->contains(topic)) continue;
      const std::int32_t count = spec.partitions.at(topic);
      for (const std::int32_t p : partitions)
        if (p < count && kept.emplace(topic, p).second) mine[topic].insert(p);
    }
  }
  return result;
}

// Members by their place in the spec.
using subscribers = std::map<uuid, std::vector<std::size_t>>;

subscribers subscribers_of(const group_spec& spec) {
  subscribers result;
  std::size_t place = 0;
  for (const auto& [id, m] : spec.members) {
    for (const uuid& topic : *m.topics) result[topic].push_back(place);
    ++place;
  }
  return result;
}

template <class Topics>
std::vector<topic_partition_id> free_ones(const group_spec& spec, const std::set<topic_partition_id>& kept,
                                          const Topics& order) {
  std::vector<topic_partition_id> result;
  for (const uuid& topic : order)
    for (std::int32_t p = 0; p < spec.partitions.at(topic); ++p)
      if (!kept.contains({topic, p})) result.emplace_back(topic, p);
  return result;
}

// Topics that few read come first: who reads nothing else has no other choice.
std::vector<uuid> fewest_first(const subscribers& of) {
  std::vector<std::pair<std::size_t, uuid>> order;
  for (const auto& [topic, who] : of) order.emplace_back(who.size(), topic);
  std::ranges::sort(order);
  std::vector<uuid> result;
  for (const auto& [count, topic] : order) result.push_back(topic);
  return result;
}

// All read the same: shares differ by one at most, and who held most keeps the odd ones.
void share_evenly(targets& result, std::vector<topic_partition_id> unassigned) {
  std::vector<std::pair<std::size_t, std::string>> order;
  std::size_t total = unassigned.size();
  for (const auto& [id, mine] : result) {
    order.emplace_back(size_of(mine), id);
    total += order.back().first;
  }
  std::ranges::sort(
      order, [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  const std::size_t least = total / order.size(), extra = total % order.size();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t quota = least + (i < extra ? 1 : 0);
    assignment& mine = result[order[i].second];
    for (; order[i].first > quota; --order[i].first) {
      const topic_partition_id last{mine.rbegin()->first, *mine.rbegin()->second.rbegin()};
      take(mine, last);
      unassigned.push_back(last);
    }
  }
  auto next = unassigned.begin();
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const std::size_t quota = least + (i < extra ? 1 : 0); order[i].first < quota; ++order[i].first)
      add(result[order[i].second], *next++);
}

// Members read different topics: the free ones to who has least, then moves from who has most to who has least, topic
// by topic, while that makes the shares more alike. Each move lowers the sum of their squares: it ends.
void share_by_subscription(targets& result, const std::vector<topic_partition_id>& unassigned, const subscribers& of) {
  std::vector<assignment*> mine;
  std::vector<std::size_t> load;
  for (auto& [id, a] : result) {
    mine.push_back(&a);
    load.push_back(size_of(a));
  }
  const auto by_load = [&](std::size_t a, std::size_t b) { return load[a] < load[b]; };
  for (const auto& p : unassigned) {
    const std::size_t least = *std::ranges::min_element(of.at(p.first), by_load);
    add(*mine[least], p);
    ++load[least];
  }
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& [topic, who] : of) {
      while (true) {
        const std::size_t least = *std::ranges::min_element(who, by_load);
        std::optional<std::size_t> most;
        for (const std::size_t member : who)
          if (load[member] >= load[least] + 2 && (!most || load[member] > load[*most]) && mine[member]->contains(topic))
            most = member;
        if (!most) break;
        const topic_partition_id p{topic, *mine[*most]->at(topic).rbegin()};
        take(*mine[*most], p);
        add(*mine[least], p);
        --load[*most];
        ++load[least];
        moved = true;
      }
    }
  }
}

}  // namespace

targets assign_range(const group_spec& spec) {
  std::vector<std::pair<std::string, const member_spec*>> members;
  std::map<uuid, range_state> topics;
  for (const auto& [id, m] : spec.members) {
    members.emplace_back(id, &m);
    for (const uuid& topic : *m.topics) ++topics[topic].subscribers;
  }
  for (auto& [topic, state] : topics) {
    state.partitions = spec.partitions.at(topic);
    state.extra = state.partitions % state.subscribers;
  }
  std::ranges::sort(members, [](const auto& a, const auto& b) {
    const auto &left = a.second->instance_id, &right = b.second->instance_id;
    if (left.has_value() != right.has_value()) return left.has_value();
    return left ? *left < *right : a.first < b.first;
  });
  targets result;
  for (const auto& [id, m] : members) {
    assignment& mine = result[id];
    for (const uuid& topic : *m->topics) {
      range_state& state = topics[topic];
      std::int32_t share = state.partitions / state.subscribers;
      if (state.extra > 0) {
        ++share;
        --state.extra;
      }
      for (; share > 0; --share) mine[topic].insert(state.next++);
    }
  }
  return result;
}

targets assign_uniform(const group_spec& spec) {
  if (spec.members.empty()) return {};
  std::set<topic_partition_id> kept;
  targets result = kept_of(spec, kept);
  const auto& topics = spec.members.begin()->second.topics;
  const bool alike = std::ranges::all_of(spec.members, [&](const auto& m) { return m.second.topics == topics; });
  if (alike) {
    share_evenly(result, free_ones(spec, kept, *topics));
  } else {
    const auto of = subscribers_of(spec);
    share_by_subscription(result, free_ones(spec, kept, fewest_first(of)), of);
  }
  return result;
}

const assignor* find_assignor(std::string_view name) {
  const auto it = std::ranges::find(assignors, name, &assignor::name);
  return it == assignors.end() ? nullptr : &*it;
}

}  // namespace mes::bus::groups
