// Writes old parts of partitions anew, into segments of their own: without records whose key came again (compaction),
// or as they are (moving, so that a segment of which little is left can go).
//
// Values in, files and values out, on a thread of its own: the store decides what to clean, and what was written
// counts only when a change in the log says so. What is not in the log when the power goes is removed at the next
// start.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/uuid.h"
#include "bus/log/partition.h"
#include "os/file_system.h"

namespace mes::bus::log {

// Everything of a partition below `end`, where a batch begins, and below `cleaned_end`.
struct clean_task {
  uuid topic;
  std::int32_t partition = 0;
  std::string topic_name;     // for log lines
  std::vector<range> kept;    // stay as they are, in front; not for compaction
  std::vector<range> ranges;  // what is written anew
  std::vector<range> kept_behind;
  std::int64_t log_start = 0;
  std::int64_t end = 0;
  std::int64_t cleaned_end = 0;  // up to here it was written anew before: what is not compacted of it moves along
  bool compact = false;
  std::int64_t compacted = 0;  // up to here it was compacted before
  std::int64_t delete_retention_ms = 0;
  std::vector<aborted_transaction> aborted;  // their records are dropped
};

struct cleaned_task {
  uuid topic;
  std::int32_t partition = 0;
  std::int64_t end = 0;
  std::int64_t compacted = 0;
  std::vector<range> ranges;
};

struct clean_failure {
  uuid topic;
  std::int32_t partition = 0;
  std::string topic_name;
  std::string why;                            // with file and position
  std::optional<std::uint64_t> broken_index;  // the segment's, if that is why
};

// A batch whose records take more than batch_bytes_max unpacked: it stays as it is.
struct large_batch {
  uuid topic;
  std::int32_t partition = 0;
  std::string topic_name;
  std::int64_t offset = 0;
};

struct clean_outcome {
  std::vector<cleaned_task> done;
  std::vector<clean_failure> uncleanable;  // their batches cannot be read back
  std::vector<large_batch> too_large;
  std::vector<std::shared_ptr<segment>> segments;  // that were written
  std::uint64_t bytes_read = 0, bytes_written = 0, records_dropped = 0;
  result<void> fault;  // nothing of the run stays
};

struct clean_options {
  os::file_system* files = nullptr;
  std::string directory;
  std::uint32_t segment_bytes = 0;
  std::uint64_t first_number = 0;        // of the segments to write
  std::uint64_t bytes_max = UINT64_MAX;  // to be written, without indexes; then it gives up: storage_full
  std::size_t memory_bytes_max = 0;      // for keys
  std::size_t batch_bytes_max = 0;       // of one batch unpacked, and again of what is kept of it
  std::int64_t now_ms = 0;
  const std::atomic<bool>* stop = nullptr;  // ends early, as a fault
};

// The segments are synced, with their names and index files, when it returns without a fault; else they are removed.
clean_outcome clean(const clean_options& options, const std::vector<clean_task>& tasks);

}  // namespace mes::bus::log
