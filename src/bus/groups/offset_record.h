// Committed offsets as they stand in the log.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "bus/groups/changes.h"
#include "bus/groups/group.h"

namespace mes::bus::groups {

inline void write_offset(wire::kafka::writer& out, const topic_partition& where, const committed_offset& o) {
  out.string(true, where.first);
  out.int32(where.second);
  out.int64(o.offset);
  out.int32(o.leader_epoch);
  out.string(true, o.metadata);
  out.int64(o.committed_ms);
  out.int64(o.expires_ms);
}

inline std::pair<topic_partition, committed_offset> read_offset(wire::kafka::reader& in, bool tells_expiry = true) {
  topic_partition where;
  where.first = in.string(true);
  where.second = in.int32();
  committed_offset o;
  o.offset = in.int64();
  o.leader_epoch = in.int32();
  o.metadata = in.string(true);
  o.committed_ms = in.int64();
  if (tells_expiry) o.expires_ms = in.int64();
  return {std::move(where), std::move(o)};
}

// An empty std::function would become a callback that throws.
inline std::move_only_function<void(bool)> optional_callback(std::function<void(bool)> done) {
  if (!done) return nullptr;
  return done;
}

inline void begin_change(change what, const std::string& group_name, wire::kafka::writer& out) {
  out.int8(static_cast<std::int8_t>(what));
  out.string(true, group_name);
}

}  // namespace mes::bus::groups
