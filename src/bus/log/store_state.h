// What store.cc, recovery.cc and checkpoint.cc share: the changes of state as they stand in the log.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bus/log/store.h"

namespace mes::bus::log {

enum class change : std::int8_t { topic_created = 1, topic_deleted = 2, partitions = 3, configs = 4, log_start = 5 };
inline constexpr unsigned char first_foreign_change = 16;
inline constexpr std::int32_t partitions_max = 100'000;  // of one topic

inline void write_configs(wire::kafka::writer& out, const std::map<std::string, std::string>& configs) {
  out.varuint(static_cast<std::uint32_t>(configs.size()));
  for (const auto& [key, value] : configs) {
    out.string(true, key);
    out.string(true, value);
  }
}

inline std::map<std::string, std::string> read_configs(wire::kafka::reader& in) {
  std::map<std::string, std::string> configs;
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    std::string key(in.string(true));
    configs[std::move(key)] = in.string(true);
  }
  return configs;
}

// What the writer's jobs hand back to the loop.
struct store::mailbox {
  struct index {
    std::uint64_t segment;
    std::string directory;
    std::shared_ptr<os::file> file;
  };

  void put_index(index i) {
    const std::lock_guard lock(_mutex);
    _indexes.push_back(std::move(i));
  }
  void put_fault(error e) {
    const std::lock_guard lock(_mutex);
    if (!_fault) _fault = std::move(e);
  }
  void put_checkpoint(position at) {
    const std::lock_guard lock(_mutex);
    _checkpoint = at;
  }
  std::optional<position> take_checkpoint() {
    const std::lock_guard lock(_mutex);
    return std::exchange(_checkpoint, std::nullopt);
  }
  std::vector<index> take_indexes() {
    const std::lock_guard lock(_mutex);
    return std::exchange(_indexes, {});
  }
  std::optional<error> take_fault() {
    const std::lock_guard lock(_mutex);
    return std::exchange(_fault, std::nullopt);
  }

 private:
  std::mutex _mutex;
  std::vector<index> _indexes;
  std::optional<error> _fault;
  std::optional<position> _checkpoint;
};

// An index file: entries, then a sealed directory of ranges, then the directory's place (8 bytes, little-endian).
inline constexpr std::string_view index_magic = "MESBUSIX";
inline constexpr std::string_view checkpoint_magic = "MESBUSCP";
inline constexpr std::string_view checkpoint_file = "checkpoint";

struct index_file {
  std::string entries;
  std::string directory;  // not sealed
  std::string bytes() const;
};

}  // namespace mes::bus::log
