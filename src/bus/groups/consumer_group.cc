#include "bus/groups/consumer_group.h"

#include <algorithm>

namespace mes::bus::groups {
namespace kafka = wire::kafka;
namespace {

template <class Items, class Write>
void write_all(kafka::writer& out, const Items& items, Write&& write) {
  out.varuint(static_cast<std::uint32_t>(items.size()));
  for (const auto& item : items) write(item);
}

template <class Read>
void read_all(kafka::reader& in, Read&& read) {
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) read();
}

std::optional<std::string> read_optional(kafka::reader& in) {
  const auto text = in.nullable_string(true);
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

void write_current(kafka::writer& out, const current_assignment& c) {
  out.int32(c.epoch);
  out.int32(c.previous_epoch);
  out.int8(static_cast<std::int8_t>(c.state));
  write_assignment(out, c.assigned);
  write_assignment(out, c.revoking);
}

current_assignment read_current(kafka::reader& in) {
  current_assignment c;
  c.epoch = in.int32();
  c.previous_epoch = in.int32();
  c.state = static_cast<progress>(in.int8());
  c.assigned = read_assignment(in);
  c.revoking = read_assignment(in);
  return c;
}

topic_set read_topics(kafka::reader& in) {
  std::vector<std::string> names;
  read_all(in, [&] { names.emplace_back(in.string(true)); });
  return topic_set(std::move(names));
}

void write_member(kafka::writer& out, const consumer_member& m) {
  out.string(true, m.id);
  out.nullable_string(true, m.instance_id);
  out.nullable_string(true, m.rack_id);
  out.string(true, m.client_id);
  out.string(true, m.client_host);
  out.int32(m.rebalance_timeout_ms);
  write_all(out, m.topics, [&](const std::string& topic) { out.string(true, topic); });
  out.string(true, m.regex);
  out.nullable_string(true, m.assignor);
  out.boolean(m.classic.has_value());
  if (m.classic) {
    out.int32(m.classic->session_timeout_ms);
    write_all(out, m.classic->supported, [&](const auto& protocol) {
      out.string(true, protocol.first);
      out.bytes(true, protocol.second);
    });
  }
  write_current(out, m);
  out.string(true, m.principal);
}

consumer_member read_member(kafka::reader& in, bool has_principal) {
  consumer_member m;
  m.id = in.string(true);
  m.instance_id = read_optional(in);
  m.rack_id = read_optional(in);
  m.client_id = in.string(true);
  m.client_host = in.string(true);
  m.rebalance_timeout_ms = in.int32();
  m.topics = read_topics(in);
  m.regex = in.string(true);
  m.assignor = read_optional(in);
  if (in.boolean()) {
    m.classic.emplace().session_timeout_ms = in.int32();
    read_all(in, [&] {
      std::string name(in.string(true));
      m.classic->supported.emplace_back(std::move(name), std::string(in.bytes(true)));
    });
  }
  static_cast<current_assignment&>(m) = read_current(in);
  if (has_principal) m.principal = in.string(true);
  return m;
}

}  // namespace

const std::string* metadata_of(const protocols& offered, std::string_view name) {
  const auto it = std::ranges::find(offered, name, &protocols::value_type::first);
  return it == offered.end() ? nullptr : &it->second;
}

std::size_t bytes_of(const protocols& offered) {
  std::size_t sum = 0;
  for (const auto& [name, metadata] : offered) sum += name.size() + metadata.size();
  return sum;
}

const consumer_member* consumer_group::find_instance(std::string_view instance_id) const {
  const auto it = std::ranges::find_if(members, [&](const auto& m) { return m.second->instance_id == instance_id; });
  return it == members.end() ? nullptr : &*it->second;
}

bool consumer_group::has_owner(const uuid& topic, std::int32_t partition) const {
  return std::ranges::any_of(members, [&](const auto& m) {
    return holds(m.second->assigned, topic, partition) || holds(m.second->revoking, topic, partition);
  });
}

bool is_all_classic(const consumer_group& g) {
  return !g.members.empty() &&
         std::ranges::all_of(g.members, [](const auto& m) { return m.second->classic.has_value(); });
}

void consumer_group::add_topics_of(const consumer_member& m, const topic_view& view,
                                   std::unordered_set<std::string_view>& to) const {
  to.insert(m.topics.begin(), m.topics.end());
  const auto it = patterns.find(m.regex);
  if (it == patterns.end()) return;
  for (const std::string_view name : it->second) {
    if (to.contains(name)) continue;
    if (m.principal.empty() || view.may_describe(m.principal, m.client_host, name)) to.insert(name);
  }
}

const assignment& consumer_group::target_of(const std::string& member_id) const {
  static const assignment none;
  const auto it = target->find(member_id);
  return it == target->end() ? none : it->second;
}

std::string_view consumer_group::assignor_name() const {
  std::map<std::string_view, int> votes;
  for (const auto& [id, m] : members)
    if (m->assignor) ++votes[*m->assignor];
  const auto best = std::ranges::max_element(votes, {}, [](const auto& v) { return v.second; });
  return best == votes.end() ? default_assignor.name : best->first;
}

std::size_t consumer_group::memory_bytes() const {
  constexpr std::size_t ids_of_a_member = 4;  // its own, and those of its place, its target and its clock
  std::unordered_set<const void*> counted;
  const auto once = [&](const topic_set& names) {
    return counted.insert(names.identity()).second ? names.memory_bytes() : 0;
  };
  std::size_t sum = 0;
  for (const auto& [id, m] : members) {
    sum += sizeof(consumer_member) + ids_of_a_member * id.size() + bytes_of(m->instance_id) + bytes_of(m->rack_id) +
           m->client_id.size() + m->client_host.size() + m->principal.size() + m->regex.size() + once(m->topics);
    if (m->classic) sum += bytes_of(m->classic->supported);
  }
  for (const auto& [regex, names] : patterns) sum += regex.size() + once(names);
  return sum;
}

std::string_view state_name(const consumer_group& g) {
  if (g.members.empty()) return "Empty";
  if (g.epoch > g.target_epoch) return "Assigning";
  const bool settled =
      std::ranges::all_of(g.members, [&](const auto& m) { return m.second->is_settled(g.target_epoch); });
  return settled ? "Stable" : "Reconciling";
}

std::optional<consumer_change> difference(const consumer_group& before, const consumer_group& after) {
  consumer_change change;
  change.epoch = after.epoch;
  change.target_epoch = after.target_epoch;
  if (before.topics != after.topics) change.topics = after.topics;
  if (before.patterns != after.patterns) change.patterns = after.patterns;
  const bool has_targets = before.target != after.target;
  for (const auto& [id, m] : before.members)
    if (!after.members.contains(id)) change.gone.push_back(id);
  for (const auto& [id, m] : after.members) {
    const auto was = before.members.find(id);
    if (was == before.members.end() ||
        static_cast<const member_metadata&>(*was->second) != static_cast<const member_metadata&>(*m))
      change.members.push_back(m);
    else if (was->second != m)
      change.moved.emplace_back(id, *m);
    if (has_targets && before.target_of(id) != after.target_of(id)) change.target.emplace_back(id, after.target_of(id));
  }
  const bool same = before.epoch == after.epoch && before.target_epoch == after.target_epoch && !change.topics &&
                    !change.patterns && change.gone.empty() && change.members.empty() && change.moved.empty() &&
                    change.target.empty();
  if (same) return std::nullopt;
  return change;
}

consumer_change whole(const consumer_group& g) {
  consumer_change change{.fresh = true, .epoch = g.epoch, .target_epoch = g.target_epoch};
  change.topics = g.topics;
  change.patterns = g.patterns;
  for (const auto& [id, m] : g.members) change.members.push_back(m);
  for (const auto& [id, a] : *g.target) change.target.emplace_back(id, a);
  return change;
}

shared_topic_sets names_of_all(const consumer_group& g) {
  shared_topic_sets known;
  for (const auto& [id, m] : g.members) known.add(m->topics);
  return known;
}

void apply(consumer_group& g, consumer_change change) {
  if (change.fresh) g = {};
  g.epoch = change.epoch;
  g.target_epoch = change.target_epoch;
  if (change.topics) g.topics = std::move(*change.topics);
  if (change.patterns) g.patterns = std::move(*change.patterns);
  for (const auto& id : change.gone) g.members.erase(id);
  shared_topic_sets known = change.members.empty() ? shared_topic_sets() : names_of_all(g);
  for (auto& m : change.members) {
    const topic_set& shared = known.shared(m->topics);
    if (shared.identity() != m->topics.identity()) m.edit().topics = shared;
    std::string id = m->id;
    g.members.insert_or_assign(std::move(id), std::move(m));
  }
  for (auto& [id, current] : change.moved)
    if (const auto m = g.members.find(id); m != g.members.end())
      static_cast<current_assignment&>(m->second.edit()) = std::move(current);
  if (change.gone.empty() && change.target.empty()) return;
  targets& target = g.target.edit();
  for (const auto& id : change.gone) target.erase(id);
  for (auto& [id, a] : change.target) target.insert_or_assign(id, std::move(a));
}

void write_change(kafka::writer& out, const consumer_change& change, change_form form) {
  out.boolean(change.fresh);
  out.int32(change.epoch);
  out.int32(change.target_epoch);
  out.boolean(change.topics.has_value());
  if (change.topics)
    write_all(out, **change.topics, [&](const auto& topic) {
      out.string(true, topic.first);
      out.uuid(topic.second.id);
      out.int32(topic.second.partitions);
    });
  out.boolean(change.patterns.has_value());
  if (change.patterns)
    write_all(out, *change.patterns, [&](const auto& pattern) {
      out.string(true, pattern.first);
      write_all(out, pattern.second, [&](const std::string& topic) { out.string(true, topic); });
    });
  write_all(out, change.gone, [&](const std::string& id) { out.string(true, id); });
  write_all(out, change.members, [&](const auto& m) { write_member(out, *m); });
  write_all(out, change.target, [&](const auto& t) {
    out.string(true, t.first);
    write_assignment(out, t.second);
  });
  if (form < change_form::latest) return;
  write_all(out, change.moved, [&](const auto& m) {
    out.string(true, m.first);
    write_current(out, m.second);
  });
}

consumer_change read_change(kafka::reader& in, change_form form) {
  consumer_change change;
  change.fresh = in.boolean();
  change.epoch = in.int32();
  change.target_epoch = in.int32();
  if (in.boolean()) {
    subscribed_topics topics;
    read_all(in, [&] {
      auto& topic = topics[std::string(in.string(true))];
      topic.id = in.uuid();
      topic.partitions = in.int32();
    });
    change.topics = std::move(topics);
  }
  if (in.boolean()) {
    auto& patterns = change.patterns.emplace();
    read_all(in, [&] {
      std::string regex(in.string(true));
      patterns[std::move(regex)] = read_topics(in);
    });
  }
  read_all(in, [&] { change.gone.emplace_back(in.string(true)); });
  read_all(in, [&] { change.members.emplace_back(read_member(in, form > change_form::without_principals)); });
  read_all(in, [&] {
    std::string id(in.string(true));
    change.target.emplace_back(std::move(id), read_assignment(in));
  });
  if (form < change_form::latest) return change;
  read_all(in, [&] {
    std::string id(in.string(true));
    change.moved.emplace_back(std::move(id), read_current(in));
  });
  return change;
}

}  // namespace mes::bus::groups
