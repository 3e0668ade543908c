// What clients can make groups hold, before any of it is in the log: bounded for one group, and for all together.
#include <algorithm>

#include "bus/groups/coordinator.h"

namespace mes::bus::groups {
namespace {

constexpr std::size_t uuid_text_size = 37;  // with the dash before it

// An id is with its member, at its place in the group, and in its timer.
std::size_t memory_of(std::size_t id_bytes, std::string_view client_id, std::string_view client_host,
                      const protocols& supported) {
  return sizeof(member) + 3 * id_bytes + client_id.size() + client_host.size() + bytes_of(supported);
}

std::size_t memory_of(const std::string& text) { return sizeof text + text.size(); }

std::size_t length(const std::string& text) { return text.size(); }
std::size_t length(const std::optional<std::string>& text) { return bytes_of(text); }
std::size_t bytes_of_all(const auto&... texts) { return (length(texts) + ...); }

}  // namespace

std::size_t bytes_of(const join_request& r) {
  return sizeof r + bytes_of_all(r.group, r.member_id, r.instance_id, r.client_id, r.client_host, r.protocol_type) +
         bytes_of(r.supported) + r.supported.size() * sizeof r.supported.front();
}

std::size_t bytes_of(const sync_request& r) {
  std::size_t sum = sizeof r + bytes_of_all(r.group, r.member_id, r.instance_id, r.protocol_type, r.protocol);
  for (const auto& [id, assignment] : r.assignments) sum += memory_of(id) + memory_of(assignment);
  return sum;
}

std::size_t bytes_of(const std::vector<leaving_member>& members) {
  std::size_t sum = 0;
  for (const leaving_member& m : members) sum += sizeof m + bytes_of_all(m.member_id, m.instance_id);
  return sum;
}

std::size_t bytes_of(const heartbeat_request& r) {
  constexpr std::size_t node = 4 * sizeof(void*);  // of std::map and std::set
  std::size_t sum = sizeof r + bytes_of_all(r.group, r.member_id, r.instance_id, r.rack_id, r.regex, r.assignor,
                                            r.client_id, r.client_host, r.principal);
  if (r.topics)
    for (const std::string& name : *r.topics) sum += memory_of(name);
  if (r.owned)
    for (const auto& [topic, partitions] : *r.owned)
      sum += node + sizeof topic + sizeof partitions + partitions.size() * (node + sizeof(std::int32_t));
  return sum;
}

// What all members offer, with the one that the request is of as it would be.
std::size_t coordinator::offered_bytes(const group* g, const join_request& r) {
  std::size_t sum = bytes_of(r.supported);
  const auto add = [&](const auto& m, const protocols& offered) {
    if (m.id != r.member_id && !(m.instance_id && m.instance_id == r.instance_id)) sum += bytes_of(offered);
  };
  if (!g) return sum;
  for (const auto& [id, m] : g->members) add(m, m.supported);
  if (g->modern)
    for (const auto& [id, m] : g->modern->members)
      if (m->classic) add(*m, m->classic->supported);
  return sum;
}

// Who is a member may always say the same again, or less.
bool coordinator::has_memory_for(const group* g, const join_request& r) const {
  if (_options.members_bytes_max == 0) return true;
  const std::size_t id_bytes = r.member_id.empty() ? r.client_id.size() + uuid_text_size : r.member_id.size();
  const std::size_t asked = memory_of(id_bytes, r.client_id, r.client_host, r.supported);
  std::size_t had = 0;
  if (g && g->modern) {
    const auto m = g->modern->members.find(r.member_id);
    const consumer_member* known = m == g->modern->members.end() ? nullptr : &*m->second;
    if (r.instance_id) known = g->modern->find_instance(*r.instance_id);
    if (known && known->classic)
      had = memory_of(known->id.size(), known->client_id, known->client_host, known->classic->supported);
  } else if (g) {
    const auto instance = r.instance_id ? g->instances.find(*r.instance_id) : g->instances.end();
    const auto m = g->members.find(instance == g->instances.end() ? r.member_id : instance->second);
    if (m != g->members.end()) had = m->second.held.bytes();
    if (const auto given = g->ids_given.find(r.member_id); given != g->ids_given.end())
      had = given->second.held.bytes();
  }
  return asked <= had || _members_bytes - had + asked <= _options.members_bytes_max;
}

// With its member, and in the group's record.
bool coordinator::has_memory_for(const group& g, const assignments_of_members& assignments) const {
  std::size_t asked = 0;
  for (const auto& [id, assignment] : assignments) asked += 2 * assignment.size();
  const std::size_t had = g.held.bytes();
  return _options.members_bytes_max == 0 || asked <= had || _members_bytes - had + asked <= _options.members_bytes_max;
}

// For a group as a whole, in place of what it holds now.
std::size_t coordinator::memory_left_to(const group& g) const {
  if (_options.members_bytes_max == 0) return SIZE_MAX;
  std::size_t others = _members_bytes - g.held.bytes();
  for (const auto& [id, m] : g.members) others -= m.held.bytes();
  for (const waiting_request& r : g.waiting) others -= r.held.bytes();
  return _options.members_bytes_max - std::min(others, _options.members_bytes_max);
}

void coordinator::count_memory(group& g, member& m) {
  m.held = held_bytes(_members_bytes, g.name.size() + memory_of(m.id.size(), m.client_id, m.client_host, m.supported));
}

void coordinator::count_memory(group& g) {
  std::size_t bytes = g.stored.size() + (g.modern ? g.modern->memory_bytes() : 0);
  for (const auto& [id, m] : g.members) bytes += m.assignment.size();
  g.held = held_bytes(_members_bytes, bytes);
}

held_bytes coordinator::held_for_id(const group& g, const std::string& id) {
  return {_members_bytes, sizeof(given_id) + g.name.size() + 2 * id.size()};  // it is in its timer too
}

}  // namespace mes::bus::groups
