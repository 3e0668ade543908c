// What store.cc, recovery.cc and checkpoint.cc share: the changes of state as they stand in the log.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bus/log/cleaner.h"
#include "bus/log/store.h"

namespace mes::bus::log {

enum class change : std::int8_t {
  topic_created = 1,
  topic_deleted = 2,
  partitions = 3,
  configs = 4,
  log_start = 5,
  cleaned = 6
};
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

struct written_checkpoint {
  position at;
  std::uint64_t number = 0;  // of checkpoints made
};

struct cleaned_change {
  uuid topic;
  std::int32_t partition = 0;
  cleaned_part what;
};
void write_cleaned(wire::kafka::writer& out, const std::vector<cleaned_change>& changes);
std::vector<cleaned_change> read_cleaned(wire::kafka::reader& in);

// What the threads of writer and cleaner hand back to the loop.
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
  void put_checkpoint(written_checkpoint c) {
    const std::lock_guard lock(_mutex);
    _checkpoint = c;
  }
  void put_cleaned(clean_outcome outcome) {
    const std::lock_guard lock(_mutex);
    _cleaned = std::move(outcome);
  }
  std::optional<clean_outcome> take_cleaned() {
    const std::lock_guard lock(_mutex);
    return std::exchange(_cleaned, std::nullopt);
  }
  std::optional<written_checkpoint> take_checkpoint() {
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
  std::optional<written_checkpoint> _checkpoint;
  std::optional<clean_outcome> _cleaned;
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

class index_builder {
 public:
  void add(const uuid& topic, std::int32_t partition, const range& r);  // resident
  index_file finish(std::uint64_t segment, std::uint32_t covered);

 private:
  index_file _index;
  wire::kafka::writer _ranges;
  std::int32_t _count = 0;
};

struct indexed_range {
  uuid topic;
  std::int32_t partition = 0;
  range what;
};
// The ranges of a segment's index file; nothing if it is missing, broken, not of this segment, or if it does not cover
// it up to `covered` (UINT32_MAX: whole), where that is asked for.
std::optional<std::vector<indexed_range>> read_index(os::file_system& files, const std::string& path,
                                                     const std::shared_ptr<segment>& s,
                                                     std::optional<std::uint32_t> covered, bool resident);
// How far a segment of that size is used from `from` on: what follows is zeros, written ahead.
result<std::uint64_t> used_bytes(const os::file& segment, std::uint64_t from, std::uint64_t size);

// Whether a frame's payload is what its header says, by sums and sizes.
bool payload_holds(const frame_header& header, std::string_view payload);

}  // namespace mes::bus::log
