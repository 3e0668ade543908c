#include "bus/groups/consumer_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "bus/groups/reconcile.h"
#include "bus/groups/topic_pattern.h"

namespace mes::bus::groups {
using wire::kafka::error_code;
namespace {

// A record of Kafka's has a byte or two before each name.
std::size_t record_bytes_of(const heartbeat_request& r) {
  std::size_t sum = r.member_id.size() + bytes_of(r.instance_id) + bytes_of(r.rack_id) + bytes_of(r.regex) +
                    bytes_of(r.assignor) + r.client_id.size() + r.client_host.size();
  if (r.topics)
    for (const std::string& name : *r.topics) sum += name.size() + (name.size() < 127 ? 1 : 2);
  return sum;
}

bool is_empty(const std::optional<std::string>& text) { return text && text->empty(); }

std::optional<heartbeat_result> check_join(const heartbeat_request& r) {
  if (r.rebalance_timeout_ms == -1)
    return refuse(error_code::invalid_request, "RebalanceTimeoutMs must be provided in first request.");
  if (!r.owned || !r.owned->empty())
    return refuse(error_code::invalid_request, "TopicPartitions must be empty when (re-)joining.");
  if (!r.topics && !r.regex)
    return refuse(error_code::invalid_request,
                  "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  return std::nullopt;
}

std::string assignor_names() {
  std::string names;
  for (const assignor& a : assignors) names += (names.empty() ? "" : ", ") + std::string(a.name);
  return names;
}

// Against the epoch that the member has here. One that lost the answer to its last heartbeat is one behind.
std::optional<heartbeat_result> check_epoch(const consumer_member& m, const heartbeat_request& r) {
  constexpr std::string_view text =
      "The consumer group member has a {} member epoch ({}) than the one known by the group coordinator ({}). The "
      "member must abandon all its partitions and rejoin.";
  if (r.epoch == 0 || r.epoch == m.epoch) return std::nullopt;
  if (r.epoch > m.epoch) return refuse(error_code::fenced_member_epoch, fmt::format(text, "greater", r.epoch, m.epoch));
  if (r.epoch == m.previous_epoch && r.owned && is_part_of(*r.owned, m.assigned)) return std::nullopt;
  return refuse(error_code::fenced_member_epoch, fmt::format(text, "smaller", r.epoch, m.epoch));
}

heartbeat_result unknown_member(const heartbeat_request& r) {
  return refuse(error_code::unknown_member_id,
                fmt::format("Member {} is not a member of group {}.", r.member_id, r.group));
}

// The static member of the request's instance, if it is this member.
std::optional<heartbeat_result> check_instance(const consumer_member* found, const heartbeat_request& r) {
  if (!found) return refuse(error_code::unknown_member_id, fmt::format("Instance id {} is unknown.", *r.instance_id));
  if (found->id == r.member_id) return std::nullopt;
  return refuse(error_code::fenced_instance_id,
                fmt::format("Static member {} with instance id {} was fenced by member {}.", r.member_id,
                            *r.instance_id, found->id));
}

// Finds or makes the member in `next`.
std::optional<heartbeat_result> find_member(const consumer_group& g, consumer_group& next, const heartbeat_request& r) {
  const consumer_member* found = nullptr;
  if (!r.instance_id) {
    const auto it = g.members.find(r.member_id);
    found = it == g.members.end() ? nullptr : &*it->second;
    if (!found && r.epoch != 0) return unknown_member(r);
  } else {
    found = g.find_instance(*r.instance_id);
    if (r.epoch != 0) {
      if (auto refused = check_instance(found, r)) return refused;
    } else if (found && !found->classic && found->epoch != epoch_left_static) {
      return refuse(error_code::unreleased_instance_id,
                    fmt::format("Static member {} with instance id {} cannot join the group because the instance id is "
                                "owned by {} member.",
                                r.member_id, *r.instance_id, found->id));
    } else if (found) {
      replace(next, found->id, r.member_id);
      return std::nullopt;
    }
  }
  if (!found) {
    next.members[r.member_id].edit().id = r.member_id;
    return std::nullopt;
  }
  return check_epoch(*found, r);
}

// `topics`: of the request, if it names some.
void describe(member_metadata& m, const heartbeat_request& r, const topic_set& topics) {
  if (r.instance_id) m.instance_id = r.instance_id;
  if (r.rack_id) m.rack_id = r.rack_id;
  if (r.rebalance_timeout_ms != -1) m.rebalance_timeout_ms = r.rebalance_timeout_ms;
  if (r.topics) m.topics = topics;
  if (r.regex) m.regex = *r.regex;
  if (r.assignor) m.assignor = r.assignor;
  m.client_id = r.client_id;
  m.client_host = r.client_host;
  m.principal = r.principal;
  m.classic.reset();
}

// It tells everything, not only what is new: it joins, or is not sure that we know.
bool is_whole(const heartbeat_request& r) {
  return r.epoch == 0 || (r.rebalance_timeout_ms != -1 && (r.topics || r.regex) && r.owned);
}

topic_set topics_of(const heartbeat_request& r) { return r.topics ? topic_set(*r.topics) : topic_set(); }

resolved_patterns resolve(const consumer_group& g, const topic_view& topics, bool all) {
  resolved_patterns result;
  for (const auto& [id, m] : g.members) {
    if (m->regex.empty() || result.contains(m->regex)) continue;
    const auto known = g.patterns.find(m->regex);
    result[m->regex] = all || known == g.patterns.end() ? matching_topics(m->regex, topics) : known->second;
  }
  return result;
}

// What decides which topics a member reads; only with an expression does it matter who it is.
using subscription = std::tuple<const void*, std::string_view, std::string_view, std::string_view>;

// The members by that: most groups have a single one, however many members.
std::map<subscription, std::vector<const consumer_member*>> by_subscription(const consumer_group& g) {
  std::map<subscription, std::vector<const consumer_member*>> result;
  for (const auto& [id, m] : g.members) {
    subscription s{m->topics.identity(), "", "", ""};
    if (!m->regex.empty()) s = {m->topics.identity(), m->regex, m->principal, m->client_host};
    result[s].push_back(&*m);
  }
  return result;
}

subscribed_topics topics_of_all(const consumer_group& g, const topic_view& topics) {
  std::unordered_set<std::string_view> names;
  for (const auto& [what, members] : by_subscription(g)) g.add_topics_of(*members.front(), topics, names);
  subscribed_topics result;
  for (const auto name : names)
    if (const auto found = topics.find(name)) result[found->name] = {found->id, found->partitions};
  return result;
}

targets new_targets(const consumer_group& g, const topic_view& topics) {
  group_spec spec;
  for (const auto& [name, topic] : *g.topics) spec.partitions[topic.id] = topic.partitions;
  for (const auto& [what, members] : by_subscription(g)) {
    std::unordered_set<std::string_view> names;
    g.add_topics_of(*members.front(), topics, names);
    std::set<uuid> ids;
    for (const auto name : names)
      if (const auto it = g.topics->find(name); it != g.topics->end()) ids.insert(it->second.id);
    const shared_value<std::set<uuid>> shared(std::move(ids));
    for (const consumer_member* m : members) spec.members[m->id] = {m->instance_id, shared, g.target_of(m->id)};
  }
  const assignor* const wanted = find_assignor(g.assignor_name());
  return (wanted ? *wanted : default_assignor).assign(spec);
}

bool are_targets(const consumer_group& g, const targets& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& t) { return t.second == g.target_of(t.first); });
}

heartbeat_result result_of(const consumer_member& m) {
  heartbeat_result result;
  result.member_id = m.id;
  result.epoch = m.epoch;
  return result;
}

}  // namespace

heartbeat_result refuse(error_code error, std::string message) {
  heartbeat_result result;
  result.error = error;
  result.message = std::move(message);
  return result;
}

std::optional<heartbeat_result> check(const heartbeat_request& r, std::size_t member_bytes_max) {
  const auto invalid = [](std::string why) { return refuse(error_code::invalid_request, std::move(why)); };
  if (r.member_id.empty() && (r.makes_own_id || r.epoch != 0)) return invalid("MemberId can't be empty.");
  if (r.group.empty()) return invalid("GroupId can't be empty.");
  if (is_empty(r.instance_id)) return invalid("InstanceId can't be empty.");
  if (is_empty(r.rack_id)) return invalid("RackId can't be empty.");
  if (r.epoch == 0) {
    if (auto refused = check_join(r)) return refused;
  } else if (r.epoch == epoch_left_static) {
    if (!r.instance_id) return invalid("InstanceId can't be null.");
  } else if (r.epoch < epoch_left_static) {
    return invalid("MemberEpoch is invalid.");
  }
  // Kafka stores a member as one record, and answers UNKNOWN_SERVER_ERROR where that is too large. Clients end by
  // either error; of this one they show the text.
  if (const std::size_t bytes = record_bytes_of(r); bytes > member_bytes_max)
    return invalid(fmt::format("What a member subscribes to may take {} bytes, this one {}.", member_bytes_max, bytes));
  if (r.assignor && !find_assignor(*r.assignor))
    return refuse(
        error_code::unsupported_assignor,
        fmt::format("ServerAssignor {} is not supported. Supported assignors: {}.", *r.assignor, assignor_names()));
  if (r.regex && !r.regex->empty())
    if (const auto why = check_pattern(*r.regex))
      return refuse(error_code::invalid_regular_expression,
                    fmt::format("SubscribedTopicRegex `{}` is not a valid regular expression: {}.", *r.regex, *why));
  return std::nullopt;
}

void replace(consumer_group& next, const std::string& old_id, const std::string& new_id) {
  auto node = next.members.extract(old_id);
  consumer_member& m = node.mapped().edit();
  node.key() = m.id = new_id;
  m.epoch = m.previous_epoch = 0;
  if (next.target->contains(old_id)) {
    auto target = next.target.edit().extract(old_id);
    target.key() = new_id;
    next.target.edit().insert(std::move(target));
  }
  next.members.insert(std::move(node));
}

void bring_up_to_date(consumer_group& next, const topic_view& topics, bool bump, bool look_again) {
  if (bump || look_again) {
    next.patterns = resolve(next, topics, look_again);
    auto subscribed = topics_of_all(next, topics);
    if (subscribed != *next.topics) {
      next.topics = std::move(subscribed);
      bump = true;
    }
  }
  if (bump) next.epoch += 1;
  // What expressions resolve to for a member may change while the group's topics do not.
  const bool may_differ = look_again && !next.patterns.empty();
  if (next.epoch == next.target_epoch && !may_differ) return;
  auto wanted = new_targets(next, topics);
  if (next.epoch == next.target_epoch) {
    if (are_targets(next, wanted)) return;
    next.epoch += 1;
  }
  next.target = std::move(wanted);
  next.target_epoch = next.epoch;
}

void move_member(const consumer_group& before, consumer_group& next, const std::string& id,
                 const std::optional<assignment>& owned) {
  consumer_member& m = next.members.at(id).edit();
  m = reconcile(std::move(m), next.target_epoch, next.target_of(id), owned,
                [&](const uuid& topic, std::int32_t partition) { return before.has_owner(topic, partition); });
}

std::optional<heartbeat_result> beat_at_rest(const consumer_group& g, const heartbeat_request& r) {
  const auto known = g.members.find(r.member_id);
  if (known == g.members.end() || g.epoch != g.target_epoch) return std::nullopt;
  const consumer_member& m = *known->second;
  if (m.instance_id != r.instance_id || r.epoch != m.epoch || !m.is_settled(g.target_epoch)) return std::nullopt;
  member_metadata told = m;
  describe(told, r, topics_of(r));
  if (told != static_cast<const member_metadata&>(m)) return std::nullopt;
  auto result = result_of(m);
  if (is_whole(r)) result.assigned = m.assigned;
  return result;
}

heartbeat_result beat(const consumer_group& g, const heartbeat_request& r, const topic_view& topics, bool look_again,
                      const group_room& room) {
  const auto known = g.members.find(r.member_id);
  if (known == g.members.end() && g.members.size() >= room.members)
    return refuse(error_code::group_max_size_reached,
                  fmt::format("The consumer group has reached its maximum capacity of {} members.", room.members));
  if (!look_again)
    if (auto result = beat_at_rest(g, r)) return std::move(*result);
  consumer_group next = g;
  if (auto refused = find_member(g, next, r)) return std::move(*refused);
  const shared_value<consumer_member> was = next.members.at(r.member_id);
  consumer_member& m = next.members.at(r.member_id).edit();
  describe(m, r, names_of_all(g).shared(topics_of(r)));
  const bool is_another = m.principal != was->principal || m.client_host != was->client_host;
  const bool wants_another = m.topics != was->topics || m.regex != was->regex;
  bring_up_to_date(next, topics, wants_another || (is_another && !m.regex.empty()) || g.epoch == 0, look_again);
  if (wants_another)
    if (const std::size_t bytes = next.memory_bytes(); bytes > room.bytes && bytes > g.memory_bytes())
      return refuse(error_code::group_max_size_reached,
                    fmt::format("The members of the consumer group would take {} bytes, and there is room for {}.",
                                bytes, room.bytes));
  move_member(g, next, r.member_id, r.owned);
  const consumer_member& now = *next.members.at(r.member_id);
  auto result = result_of(now);
  if (is_whole(r) || now.assigned != was->assigned) result.assigned = now.assigned;
  result.change = difference(g, next);
  return result;
}

heartbeat_result leave(const consumer_group& g, const heartbeat_request& r, const topic_view& topics) {
  const consumer_member* found = nullptr;
  if (r.instance_id) {
    found = g.find_instance(*r.instance_id);
    if (auto refused = check_instance(found, r)) return std::move(*refused);
  } else {
    const auto it = g.members.find(r.member_id);
    if (it == g.members.end()) return unknown_member(r);
    found = &*it->second;
  }
  heartbeat_result result;
  result.member_id = r.member_id;
  result.epoch = r.epoch;
  if (r.instance_id && r.epoch == epoch_left_static) {
    consumer_group next = g;
    consumer_member& m = next.members.at(found->id).edit();
    m.epoch = epoch_left_static;
    m.revoking.clear();
    result.change = difference(g, next);
  } else {
    result.change = without_members(g, {found->id}, topics);
  }
  return result;
}

consumer_change without_members(const consumer_group& g, const std::vector<std::string>& ids,
                                const topic_view& topics) {
  consumer_group next = g;
  targets& left = next.target.edit();
  for (const auto& id : ids) {
    next.members.erase(id);
    left.erase(id);
  }
  next.patterns = resolve(next, topics, false);
  if (auto subscribed = topics_of_all(next, topics); subscribed != *next.topics) next.topics = std::move(subscribed);
  // Where only members of the classic protocol stay, theirs goes on in this generation (coordinator::downgrade).
  if (!is_all_classic(next)) next.epoch += 1;
  return *difference(g, next);
}

}  // namespace mes::bus::groups
