// Who reads which partitions, as KIP-848's coordinator keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "base/uuid.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::groups {

using assignment = std::map<uuid, std::set<std::int32_t>>;  // by topic id; never an empty set

inline bool holds(const assignment& a, const uuid& topic, std::int32_t partition) {
  const auto it = a.find(topic);
  return it != a.end() && it->second.contains(partition);
}

// Whether each partition of `part` is in `whole`.
inline bool is_part_of(const assignment& part, const assignment& whole) {
  for (const auto& [topic, partitions] : part)
    for (const std::int32_t p : partitions)
      if (!holds(whole, topic, p)) return false;
  return true;
}

inline std::size_t size_of(const assignment& a) {
  std::size_t sum = 0;
  for (const auto& [topic, partitions] : a) sum += partitions.size();
  return sum;
}

inline void write_assignment(wire::kafka::writer& out, const assignment& a) {
  out.varuint(static_cast<std::uint32_t>(a.size()));
  for (const auto& [topic, partitions] : a) {
    out.uuid(topic);
    out.varuint(static_cast<std::uint32_t>(partitions.size()));
    for (const std::int32_t p : partitions) out.varint(p);
  }
}

inline assignment read_assignment(wire::kafka::reader& in) {
  assignment a;
  for (std::uint32_t i = 0, topics = in.varuint(); i < topics && in.ok(); ++i) {
    auto& partitions = a[in.uuid()];
    for (std::uint32_t k = 0, count = in.varuint(); k < count && in.ok(); ++k) partitions.insert(in.varint());
  }
  return a;
}

}  // namespace mes::bus::groups
