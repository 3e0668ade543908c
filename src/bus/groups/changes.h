// The coordinator's changes as they stand in the log: the first byte of their payload.
#pragma once

#include <cstdint>

namespace mes::bus::groups {

enum class change : std::int8_t {
  offsets_committed_without_expiry = 16,  // of older versions; read, not written
  offsets_deleted = 17,
  group = 18,  // of the classic protocol
  group_deleted = 19,
  consumer_group_without_principals = 20,  // of older versions; read, not written
  offsets_committed = 21,
  consumer_group_without_moved = 22,  // of older versions; read, not written
  consumer_group = 23,                // of KIP-848's protocol
};

}  // namespace mes::bus::groups
