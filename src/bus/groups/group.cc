#include "bus/groups/group.h"

#include <algorithm>

namespace mes::bus::groups {

const std::string* member::metadata(std::string_view protocol) const { return metadata_of(supported, protocol); }

std::string_view name_of(group_state state) {
  switch (state) {
    case group_state::empty:
      return "Empty";
    case group_state::preparing_rebalance:
      return "PreparingRebalance";
    case group_state::completing_rebalance:
      return "CompletingRebalance";
    case group_state::stable:
      return "Stable";
  }
  return "Dead";
}

std::string_view state_name(const group& g) { return g.modern ? state_name(*g.modern) : name_of(g.state); }

bool group::all_joined() const {
  return ids_given.empty() && std::ranges::all_of(members, [](const auto& m) { return m.second.joining != nullptr; });
}

std::string group::chosen_protocol() const {
  std::map<std::string, int> votes;
  for (const auto& [id, m] : members)
    for (const auto& [protocol_name, metadata] : m.supported) {
      const bool everyone = std::ranges::all_of(
          members, [&](const auto& other) { return other.second.metadata(protocol_name) != nullptr; });
      if (!everyone) continue;
      ++votes[protocol_name];
      break;
    }
  const auto best = std::ranges::max_element(votes, {}, [](const auto& v) { return v.second; });
  return best == votes.end() ? "" : best->first;
}

bool group::supports(const protocols& offered) const {
  return members.empty() || std::ranges::any_of(offered, [this](const auto& p) {
           return std::ranges::all_of(members, [&](const auto& m) { return m.second.metadata(p.first) != nullptr; });
         });
}

std::int32_t group::rebalance_timeout_ms() const {
  std::int32_t longest = 0;
  for (const auto& [id, m] : members) longest = std::max(longest, m.rebalance_timeout_ms);
  return longest;
}

void write_group(wire::kafka::writer& out, const group& g) {
  out.string(true, g.name);
  out.int32(g.generation);
  out.string(true, g.protocol_type);
  out.string(true, g.protocol);
  out.string(true, g.leader);
  out.int64(g.empty_since_ms);
  out.varuint(static_cast<std::uint32_t>(g.members.size()));
  for (const auto& [id, m] : g.members) {
    out.string(true, id);
    out.nullable_string(true, m.instance_id);
    out.string(true, m.client_id);
    out.string(true, m.client_host);
    out.int32(m.session_timeout_ms);
    out.int32(m.rebalance_timeout_ms);
    out.varuint(static_cast<std::uint32_t>(m.supported.size()));
    for (const auto& [name, metadata] : m.supported) {
      out.string(true, name);
      out.bytes(true, metadata);
    }
    out.bytes(true, m.assignment);
  }
}

bool read_group(wire::kafka::reader& in, group& g) {
  g.generation = in.int32();
  g.protocol_type = in.string(true);
  g.protocol = in.string(true);
  g.leader = in.string(true);
  g.empty_since_ms = in.int64();
  g.members.clear();
  g.instances.clear();
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    member m;
    m.id = in.string(true);
    if (const auto instance = in.nullable_string(true)) {
      m.instance_id = std::string(*instance);
      g.instances[*m.instance_id] = m.id;
    }
    m.client_id = in.string(true);
    m.client_host = in.string(true);
    m.session_timeout_ms = in.int32();
    m.rebalance_timeout_ms = in.int32();
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k) {
      std::string name(in.string(true));
      m.supported.emplace_back(std::move(name), std::string(in.bytes(true)));
    }
    m.assignment = in.bytes(true);
    g.members.emplace(m.id, std::move(m));
  }
  g.state = g.members.empty() ? group_state::empty : group_state::stable;
  return in.ok();
}

}  // namespace mes::bus::groups
