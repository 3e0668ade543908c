// Who produced to one partition, and in which transactions: what makes a retried batch appear once, and what keeps
// open and aborted transactions from consumers that read committed records alone.
//
// Like its partition's batches, what is here was first appended, then is durable, or is taken back. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "wire/kafka/end_marker.h"
#include "wire/kafka/errors.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/record_batch.h"
#include "wire/kafka/writer.h"

namespace mes::bus::log {

struct produced_batch {
  std::int16_t epoch = 0;
  std::int32_t first_sequence = 0;
  std::int32_t last_sequence = 0;
  std::int64_t base_offset = 0;
  std::int64_t last_offset = 0;
  std::int64_t timestamp_ms = 0;
};

struct producer {
  std::int16_t marker_epoch = -1;       // of the last durable marker
  std::int32_t coordinator_epoch = -1;  // of that marker
  std::int64_t last_used_ms = -1;       // timestamp of the last record or marker
  std::int64_t open_at = -1;            // first offset of its open transaction; -1: none is open
  std::vector<produced_batch> batches;  // the last ones
  std::int16_t epoch() const;           // -1: none
  std::int32_t last_sequence() const;   // of the current epoch; -1: nothing of it yet
};

struct aborted_transaction {
  std::int64_t producer_id = 0;
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;   // of its marker
  std::int64_t stable_after = 0;  // the last stable offset once this one had ended
};

class producers {
 public:
  // The check of a client's batch: nothing = append it; a batch = it is there already, as that; or why not.
  // `new_starts_at_zero`: a producer that is not known here must begin with sequence 0 (transactions v2).
  std::expected<std::optional<produced_batch>, wire::kafka::error_code> check(const wire::kafka::batch_header& batch,
                                                                              bool new_starts_at_zero = false) const;

  // The check of a marker that does not come from the coordinator here. From transactions version 2 on each end has an
  // epoch of its own.
  wire::kafka::error_code check_marker(const wire::kafka::end_marker_batch& marker, std::int8_t version) const;

  void appended(const wire::kafka::batch_header& batch,
                const std::optional<wire::kafka::end_marker_batch>& marker = std::nullopt);
  void durable_up_to(std::int64_t end);
  void take_back(std::int64_t end);        // what was appended at `end` or after it
  void forget_before(std::int64_t start);  // aborted transactions whose records are gone
  void expire(std::int64_t not_used_since_ms, std::int64_t high_watermark);

  // The first offset that belongs to an open transaction; INT64_MAX: none is open.
  std::int64_t first_open() const { return _open.empty() ? INT64_MAX : _open.begin()->first; }
  bool is_open(std::int64_t producer_id) const;
  // Aborted transactions with records from `from` on and below `end`, in the order of their markers.
  std::vector<aborted_transaction> aborted(std::int64_t from, std::int64_t end) const;
  // Whether a batch of that producer at that offset belongs to an aborted transaction: compaction drops it.
  bool is_aborted(std::int64_t producer_id, std::int64_t offset) const;

  const std::unordered_map<std::int64_t, producer>& all() const { return _all; }

  void snapshot(wire::kafka::writer& out, std::int64_t high_watermark) const;  // of what is durable
  bool restore(wire::kafka::reader& in, std::int8_t version);

 private:
  struct pending {  // appended, not durable
    std::int64_t producer_id;
    std::int64_t base_offset;
    std::int64_t last_offset;
    std::optional<wire::kafka::end_marker_batch> marker;
    bool transactional = false;
  };
  void end_transaction(const pending& p);

  std::unordered_map<std::int64_t, producer> _all;  // by producer id
  std::map<std::int64_t, std::int64_t> _open;       // first offset to producer id
  std::vector<aborted_transaction> _aborted;        // in the order of last_offset
  std::deque<pending> _pending;
};

}  // namespace mes::bus::log
