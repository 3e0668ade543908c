// The coordinator's limits and time-outs, under Kafka's names with the unit made plain.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mes::bus::groups {

struct coordinator_options {
  std::int32_t session_timeout_min_ms = 6'000;
  std::int32_t session_timeout_max_ms = 1'800'000;
  std::int64_t initial_rebalance_delay_ms = 0;
  std::int64_t new_member_join_timeout_ms = 300'000;  // how long one that has no id yet may wait for the others
  std::size_t group_size_max = INT32_MAX;
  std::size_t consumer_group_size_max = INT32_MAX;
  std::int32_t consumer_session_timeout_ms = 45'000;
  std::int32_t consumer_session_timeout_min_ms = 45'000;
  std::int32_t consumer_session_timeout_max_ms = 60'000;
  std::int32_t consumer_heartbeat_interval_ms = 5'000;
  std::int32_t consumer_heartbeat_interval_min_ms = 5'000;
  std::int32_t consumer_heartbeat_interval_max_ms = 15'000;
  std::int64_t offsets_retention_ms = 604'800'000;
  std::size_t offset_metadata_bytes_max = 4'096;
  // Bounds of ours, which Kafka does not have under these names.
  std::size_t groups_max = 100'000;
  std::size_t ids_given_max = 10'000;          // of one group: ids handed out that nobody joined with yet
  std::size_t waiting_max = 10'000;            // of one group: requests that wait for a change to be durable
  std::size_t state_bytes_max = 8U << 20;      // of one change in the log, and of what a group's members say
  std::size_t member_bytes_max = 1U << 20;     // of what one of KIP-848's says, as Kafka's record of it has room for
  std::size_t members_bytes_max = 128U << 20;  // of what the members of all groups say; 0: no limit
};

}  // namespace mes::bus::groups
