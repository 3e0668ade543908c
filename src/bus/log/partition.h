// What the broker knows of one partition: its offsets, where its batches lie, who produced to it.
//
// Batches are first appended (they have an offset), then durable (consumers see them); what was appended but could not
// be stored is taken back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bus/log/producers.h"
#include "bus/log/segment_log.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/record_batch.h"
#include "wire/kafka/writer.h"

namespace mes::bus::log {

struct index_entry {
  std::int64_t base_offset = 0;
  std::int64_t max_timestamp_ms = 0;
  std::uint32_t payload_at = 0;  // in the segment
  std::uint32_t size = 0;
};

// A partition's batches within one segment. The entries of a closed segment lie in its index file.
struct range {
  std::shared_ptr<segment> in;
  std::int64_t first_offset = 0;
  std::int64_t end_offset = 0;  // one past the last
  std::int64_t max_timestamp_ms = -1;
  std::uint64_t bytes = 0;
  std::vector<index_entry> entries;  // while resident
  std::shared_ptr<os::file> index;   // else
  std::uint64_t index_at = 0;
  std::uint32_t skipped = 0;              // entries at index_at that are not of this range any more
  std::vector<std::uint32_t> index_sums;  // of each chunk of entries at index_at
  std::uint32_t count = 0;                // of entries, resident or not
  bool resident() const { return !index; }
};

// Everything of a partition below `end` lies in segments that compaction wrote; below `compacted` each key is there
// once. Both are 0 where nothing was cleaned.
struct cleaned_part {
  std::int64_t end = 0;
  std::int64_t compacted = 0;
  std::vector<std::uint64_t> segments;
};

struct leader_epoch_start {
  std::int32_t epoch = 0;
  std::int64_t first_offset = 0;
};

// What ListOffsets answers.
struct found_offset {
  std::int64_t offset = -1;
  std::int64_t timestamp_ms = -1;
};

class partition {
 public:
  std::int64_t log_start() const { return _log_start; }
  std::int64_t high_watermark() const { return _high_watermark; }
  // Below it no transaction is open: how far consumers of committed records read.
  std::int64_t last_stable_offset() const;
  std::int64_t end_offset() const { return _end_offset; }
  std::uint64_t size_bytes() const;

  // Sequences, open and aborted transactions.
  const class producers& producers() const { return _producers; }
  std::optional<std::int32_t> epoch_of(std::int64_t offset) const;

  // `batch.base_offset` is end_offset() when producing; recovery calls it for each batch that it finds. `marker` is
  // what a control batch says.
  void appended(const wire::kafka::batch_header& batch, const segment_log::place& where,
                const std::optional<wire::kafka::end_marker_batch>& marker = std::nullopt);
  void indexed(const wire::kafka::batch_header& batch, const segment_log::place& where);  // its place alone
  void durable_up_to(std::int64_t end);
  void take_back();  // everything that is not durable

  // The batches from the one that holds `offset` on, at most `bytes_max` of them (one at least, if `one_at_least`),
  // below the high watermark and `below`. `offset` is between log_start() and high_watermark().
  // A batch that does not hold together, or that cannot be read, ends it: take_fault() tells.
  struct read_result {
    std::size_t bytes = 0;
    std::int64_t end = 0;  // one past the last offset that was read; `offset` if there was none
  };
  read_result read(std::int64_t offset, std::size_t bytes_max, bool one_at_least,
                   std::vector<wire::kafka::external_bytes>& out, std::int64_t below = INT64_MAX) const;
  std::optional<error> take_fault() const { return std::exchange(_fault, std::nullopt); }
  // The segment whose index file did not hold together: store::mend_index().
  std::optional<std::uint64_t> take_broken_index() const { return std::exchange(_broken_index, std::nullopt); }
  // Bytes that a read could give, counted up to `enough`.
  std::size_t available(std::int64_t offset, std::size_t enough, std::int64_t below = INT64_MAX) const;

  result<found_offset> first_at_or_after(std::int64_t timestamp_ms) const;
  result<found_offset> max_timestamp() const;
  // KIP-320: the end offset of the largest epoch at most `epoch`, and that epoch.
  std::pair<std::int32_t, std::int64_t> end_of_epoch(std::int32_t epoch) const;

  bool delete_before(std::int64_t offset);  // false: it is not within the log
  // Forgets batches while `expired` says so of the oldest; true if there was one.
  struct oldest {
    std::int64_t max_timestamp_ms;
    std::uint64_t bytes;
    const segment& in;
  };
  bool retire(const std::function<bool(const oldest&, std::uint64_t size_bytes)>& expired);
  // Lets go of the ranges that lie before the log's start.
  void drop_deleted();

  cleaned_part cleaned() const;                                // its segments are those that ranges() refers to
  void set_cleaned(std::int64_t end, std::int64_t compacted);  // recovery, before replace_below()
  // Everything below `end` is now where `fresh` says.
  void replace_below(std::int64_t end, std::int64_t compacted, std::vector<range> fresh);
  // The base offset of the last durable batch: compaction never takes it, so that the end can always be read.
  std::int64_t last_batch_offset() const;
  // The base offset of the first batch in [offset, end) with a record newer than that; else `end`.
  std::int64_t first_newer_than(std::int64_t timestamp_ms, std::int64_t offset, std::int64_t end) const;
  std::optional<index_entry> batch_at(std::int64_t offset) const;          // that holds it, or the next one
  std::uint64_t bytes_between(std::int64_t from, std::int64_t end) const;  // both where batches begin

  const std::vector<range>& ranges() const { return _ranges; }
  std::vector<range>& mutable_ranges() { return _ranges; }  // for recovery and for the closing of a segment
  // The entries of all ranges in that segment, read from it anew: `its` are the partition's there.
  bool can_take_entries(std::uint64_t segment, const std::vector<index_entry>& its) const;
  void take_entries(std::uint64_t segment, const std::vector<index_entry>& its);
  void expire_producers(std::int64_t not_used_since_ms) { _producers.expire(not_used_since_ms, _high_watermark); }

  // The checkpoint's part: offsets, epochs, producers; only of what is durable. Ranges come from the index files.
  void snapshot(wire::kafka::writer& out) const;
  bool restore(wire::kafka::reader& in, std::int8_t version);
  void attach(range r);  // recovery: of a closed segment, in order
  void settle();         // recovery, at its end: what is there is durable, what is not there cannot be read

 private:
  std::optional<index_entry> entry(const range& r, std::uint32_t i) const;
  result<found_offset> unless_fault(result<found_offset> found) const;
  std::optional<std::uint32_t> find(const range& r, std::int64_t offset) const;
  std::size_t first_range(std::int64_t offset) const;
  std::optional<std::uint32_t> start_of(const range& r, std::int64_t offset) const;
  void trim(range& r, std::int64_t before);
  void start_at(std::int64_t offset);
  result<std::string> read_batch(const range& r, const index_entry& e) const;
  bool holds_together(const range& r, const index_entry& e) const;
  result<found_offset> first_record(const range& r, const index_entry& e, std::int64_t timestamp_ms) const;

  std::int64_t _log_start = 0;
  std::int64_t _high_watermark = 0;
  std::int64_t _end_offset = 0;
  std::int64_t _cleaned_end = 0, _compacted_end = 0;
  std::vector<range> _ranges;
  std::vector<leader_epoch_start> _epochs;
  class producers _producers;
  // The last read of an index file; consumers read on where they were.
  mutable std::optional<error> _fault;
  mutable std::optional<std::uint64_t> _broken_index;
  mutable std::vector<index_entry> _chunk;
  mutable const os::file* _chunk_of = nullptr;
  mutable std::uint64_t _chunk_at = 0;
};

// An index entry's bytes in an index file: 24, little-endian.
inline constexpr std::size_t index_entry_size = 24;
void append_index_entry(std::string& out, const index_entry& e);
index_entry parse_index_entry(const char* bytes);

// Entries are summed in chunks, each from a multiple of so many entries on.
inline constexpr std::uint32_t index_chunk_entries = 128;
std::vector<std::uint32_t> index_sums(std::string_view entries);
result<std::vector<index_entry>> read_index_chunk(const range& r, std::uint32_t chunk);

}  // namespace mes::bus::log
