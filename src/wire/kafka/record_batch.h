// Record batches, format version 2: the header, the check of a received batch, and the records of one.
//
// Base offset and leader epoch lie outside the CRC, so a broker sets them in place and keeps the rest as received.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mes::wire::kafka {

enum class compression : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

struct batch_header {
  static constexpr std::size_t size = 61;    // bytes
  static constexpr std::size_t prefix = 12;  // base offset and length, which the length does not count
  static constexpr std::size_t leader_epoch_at = 12;
  static constexpr std::size_t crc_at = 17;
  static constexpr std::size_t summed_from = 21;  // the CRC is of everything from here on

  std::int64_t base_offset = 0;
  std::uint32_t batch_size = 0;  // bytes, with the prefix
  std::int32_t leader_epoch = 0;
  std::int8_t magic = 2;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  std::int64_t base_timestamp_ms = 0;
  std::int64_t max_timestamp_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t count = 0;

  compression codec() const { return static_cast<compression>(attributes & 7); }
  bool log_append_time() const { return (attributes & 8) != 0; }
  bool transactional() const { return (attributes & 16) != 0; }
  bool control() const { return (attributes & 32) != 0; }
  // KIP-534: base_timestamp_ms is then the time from which compaction may drop the batch's tombstones.
  bool has_delete_horizon() const { return (attributes & 64) != 0; }
  std::int64_t last_offset() const { return base_offset + last_offset_delta; }
  std::int32_t last_sequence() const;  // wraps at 2^31
};

enum class batch_fault : std::uint8_t {
  cut_short,
  unknown_magic,
  bad_crc,
  bad_header,
  bad_codec,
  bad_record,
  bad_packing,  // its records cannot be unpacked
  too_large
};

// The header of the batch at the start of `bytes`, which may hold less than all of it; no check but of the length.
std::optional<batch_header> peek_batch(std::string_view bytes);

// The first batch of `bytes`, checked: length, magic, CRC, counts; without compression also each record's frame, and
// max_timestamp_ms is that of the records, whatever the header says.
std::expected<batch_header, batch_fault> check_batch(std::string_view bytes);

// Only what storage can have broken: length, magic, CRC.
std::expected<batch_header, batch_fault> check_batch_sum(std::string_view bytes);

// Set what the broker sets. `batch` is at least a header long.
void set_base_offset(char* batch, std::int64_t offset);
void set_leader_epoch(char* batch, std::int32_t epoch);
void set_max_timestamp(char* batch, std::size_t size, std::int64_t ms);    // with the new CRC
void set_log_append_time(char* batch, std::size_t size, std::int64_t ms);  // with the new CRC
void set_create_time(char* batch, std::size_t size);                       // the records' own: as above

struct record_view {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> headers;
};

// Calls `each` for every record until it returns false. Views live as long as the call. too_large: the records take
// more than `bytes_max` uncompressed.
std::expected<void, batch_fault> for_each_record(std::string_view batch, std::size_t bytes_max,
                                                 const std::function<bool(const record_view&)>& each);

// The same of a batch as producers send it: bad_record, too, if its records are not numbered from its base offset on,
// or something stands behind them.
std::expected<void, batch_fault> for_each_sent_record(std::string_view batch, std::size_t bytes_max,
                                                      const std::function<void(const record_view&)>& each);

// The batch without the records that `keep` refuses, as compaction leaves it: offsets, producer, first and last
// sequence and codec stay. `delete_horizon_ms`, if given, is written into it. Empty: no record is kept.
std::expected<std::string, batch_fault> rewrite_batch(std::string_view batch, std::size_t bytes_max,
                                                      std::optional<std::int64_t> delete_horizon_ms,
                                                      const std::function<bool(const record_view&)>& keep);

// The batch with its records compressed by another codec; every record is checked. Base offset, sequences, producer and
// the records themselves stay; the largest timestamp is that of the records, as Kafka's broker sets it.
std::expected<std::string, batch_fault> recompress_batch(std::string_view batch, std::size_t bytes_max,
                                                         compression codec, std::optional<int> level);

// Uncompressed batches for tests, tools and control records.
struct record_to_write {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::int64_t timestamp_ms = 0;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};
std::string make_batch(const std::vector<record_to_write>& records, batch_header header = {});

}  // namespace mes::wire::kafka
