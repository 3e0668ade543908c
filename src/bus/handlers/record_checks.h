// What Kafka demands of produced bytes: of what every batch is like, and what a topic's settings ask of its records.
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/log/store.h"
#include "wire/kafka/errors.h"
#include "wire/kafka/generated/data.h"
#include "wire/kafka/record_batch.h"

namespace mes::bus::handlers {

// Bytes that the records of a batch may come to: they are unpacked while everybody else waits.
constexpr std::size_t uncompressed_max(std::size_t batch_bytes) {
  return std::clamp(batch_bytes * 128, std::size_t{16} << 20, std::size_t{256} << 20);
}

// What stands at the start of a partition's bytes, by its length and its format alone.
enum class first_bytes : std::uint8_t { no_whole_batch, corrupt, batch };
first_bytes look_at(std::string_view bytes);

// Whether a request is about a transaction: its first whole batch that is decides. CORRUPT_MESSAGE: one before it
// cannot be a batch, which Kafka says of the whole request.
std::expected<bool, wire::kafka::error_code> is_transactional(const wire::kafka::produce_request& request);

// What Kafka sees of one batch of format 2 before it looks at anything else of the request.
wire::kafka::error_code check_shape(std::string_view bytes, std::int16_t version);
// Of bytes whose shape is right: nothing stands behind the batch.
wire::kafka::error_code check_end(std::string_view bytes);

struct record_fault {
  std::int32_t index = 0;  // of the record in the batch
  std::string why;
};

struct refused_records {
  wire::kafka::error_code error{};
  std::vector<record_fault> records;  // the first few
  std::string why;
};

// Nothing: all of them may be appended. Those of a compressed batch are held against its header here, as those of
// others in kafka::check_batch(). `now_ms` by the wall clock. Records that keep their own times give `batch` its
// max_timestamp_ms, whatever it says.
std::optional<refused_records> check_records(const log::topic& t, wire::kafka::batch_header& batch,
                                             std::string_view bytes, std::int64_t now_ms);

}  // namespace mes::bus::handlers
