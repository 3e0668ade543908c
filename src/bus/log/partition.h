// What the broker knows of one partition: its offsets, where its batches lie, who produced to it.
//
// Batches are first appended (they have an offset), then durable (consumers see them); what was appended but could not
// be stored is taken back.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bus/log/segment_log.h"
#include "wire/kafka/errors.h"
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
  std::uint32_t count = 0;  // of entries, resident or not
  bool resident() const { return !index; }
};

struct produced_batch {
  std::int16_t epoch = 0;
  std::int32_t first_sequence = 0;
  std::int32_t last_sequence = 0;
  std::int64_t base_offset = 0;
  std::int64_t last_offset = 0;
  std::int64_t timestamp_ms = 0;
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
  std::int64_t end_offset() const { return _end_offset; }
  std::uint64_t size_bytes() const;
  std::int32_t epoch_at_end() const { return _epochs.empty() ? -1 : _epochs.back().epoch; }

  // The check of an idempotent producer: nothing = append it; an offset = it is there already; or why not.
  std::expected<std::optional<std::int64_t>, wire::kafka::error_code> check_producer(
      const wire::kafka::batch_header& batch) const;

  // `batch.base_offset` is end_offset() when producing; recovery calls it for each batch that it finds.
  void appended(const wire::kafka::batch_header& batch, const segment_log::place& where);
  void indexed(const wire::kafka::batch_header& batch, const segment_log::place& where);  // its place alone
  void durable_up_to(std::int64_t end);
  void take_back();  // everything that is not durable

  // The batches from the one that holds `offset` on, at most `bytes_max` of them (one at least, if `one_at_least`),
  // below the high watermark. Returns their size in bytes. `offset` is between log_start() and high_watermark().
  std::size_t read(std::int64_t offset, std::size_t bytes_max, bool one_at_least,
                   std::vector<wire::kafka::external_bytes>& out) const;
  // Bytes that a read could give, counted up to `enough`.
  std::size_t available(std::int64_t offset, std::size_t enough) const;

  result<found_offset> first_at_or_after(std::int64_t timestamp_ms) const;
  found_offset max_timestamp() const;
  // KIP-320: the end offset of the largest epoch at most `epoch`, and that epoch.
  std::pair<std::int32_t, std::int64_t> end_of_epoch(std::int32_t epoch) const;

  bool delete_before(std::int64_t offset);  // false: it is not within the log
  // Forgets whole closed segments while `expired` says so of the oldest; true if there was one.
  bool retire(std::uint64_t active_segment, const std::function<bool(const range&, std::uint64_t size_bytes)>& expired);

  const std::vector<range>& ranges() const { return _ranges; }
  std::vector<range>& mutable_ranges() { return _ranges; }  // for recovery and for the closing of a segment
  void expire_producers(std::int64_t not_used_since_ms);
  const std::unordered_map<std::int64_t, std::vector<produced_batch>>& producers() const { return _producers; }

  // The checkpoint's part: offsets, epochs, producers; only of what is durable. Ranges come from the index files.
  void snapshot(wire::kafka::writer& out) const;
  bool restore(wire::kafka::reader& in);
  void attach(range r);  // recovery: of a closed segment, in order
  void settle();         // recovery, at its end: what is there is durable, what is not there cannot be read

 private:
  std::optional<index_entry> entry(const range& r, std::uint32_t i) const;
  std::optional<std::uint32_t> find(const range& r, std::int64_t offset) const;
  std::size_t first_range(std::int64_t offset) const;
  result<std::string> read_batch(const range& r, const index_entry& e) const;

  std::int64_t _log_start = 0;
  std::int64_t _high_watermark = 0;
  std::int64_t _end_offset = 0;
  std::vector<range> _ranges;
  std::vector<leader_epoch_start> _epochs;
  std::unordered_map<std::int64_t, std::vector<produced_batch>> _producers;
  // The last read of an index file; consumers read on where they were.
  mutable std::vector<index_entry> _chunk;
  mutable const os::file* _chunk_of = nullptr;
  mutable std::uint64_t _chunk_at = 0;
};

// An index entry's bytes in an index file: 24, little-endian.
inline constexpr std::size_t index_entry_size = 24;
void append_index_entry(std::string& out, const index_entry& e);
index_entry parse_index_entry(const char* bytes);

}  // namespace mes::bus::log
