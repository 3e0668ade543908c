// What people ask of a bus: its topics and groups, where records lie, where groups have read to (librdkafka).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "observe/log.h"
#include "runtime/kafka.h"

namespace mes::runtime {

struct kafka_place {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = -1;
  std::string metadata{};  // what stands beside a committed offset
  auto operator<=>(const kafka_place&) const = default;
};

struct kafka_topic {
  std::string name;
  std::int32_t partitions = 0;
};

struct kafka_group_member {
  std::string id, client_id, host;
  std::vector<kafka_place> assigned;  // without offsets
};

struct kafka_group {
  std::string name, state, assignor;
  bool described = true;  // false: of the new protocol (KIP-848), whose members this client cannot ask for
  std::vector<kafka_group_member> members;
};

// Calls wait for the bus, at most for the time-out: `unavailable` or `timed_out` after it; `permission_denied` at once
// if it does not let us in. One thread at a time.
class kafka_admin {
 public:
  kafka_admin(const kafka_cluster& to, const std::string& client_id, const observe::logger& log,
              std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~kafka_admin();

  result<std::vector<kafka_topic>> topics();           // by name
  result<kafka_topic> topic(const std::string& name);  // not_found
  result<std::map<std::string, std::string>> configs(const std::string& topic);
  // For each place the offset of the first record from that time on, else the end; -1 = the end, -2 = the start.
  static constexpr std::int64_t at_end = -1, at_start = -2;
  result<std::vector<kafka_place>> find_offsets(std::vector<kafka_place> places, std::int64_t time_ms);

  result<std::vector<kafka_group>> groups();           // by name
  result<kafka_group> group(const std::string& name);  // of an unknown one: state "Dead", without members
  result<std::vector<kafka_place>> committed(const std::string& group);
  result<void> set_committed(const std::string& group, const std::vector<kafka_place>& places);

 private:
  struct state;
  std::unique_ptr<state> _state;
};

// Reads partitions from given offsets on, outside of any group; where there are `ends`, of the same partitions, up to
// them.
class kafka_reader {
 public:
  kafka_reader(const kafka_cluster& to, const std::string& client_id, const observe::logger& log,
               const std::vector<kafka_place>& from, const std::optional<std::vector<kafka_place>>& ends = {});
  ~kafka_reader();

  // The next record, or nothing: none came in time, or there is none before the ends.
  result<std::optional<kafka_record>> next(std::chrono::milliseconds timeout);
  bool is_at_end() const;  // of all partitions

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
