#include "bus/handlers/record_checks.h"

#include <fmt/format.h>

#include "wire/kafka/reader.h"
#include "wire/kafka/record_times.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::size_t faults_told_max = 3;
constexpr std::size_t magic_at = 16;  // in the formats 0 to 2

}  // namespace

first_bytes look_at(std::string_view bytes) {
  constexpr std::int32_t length_min = 14;  // of format 0
  kafka::reader in(bytes);
  in.int64();
  const std::int32_t length = in.int32();
  if (!in.ok()) return first_bytes::no_whole_batch;
  if (length < length_min) return first_bytes::corrupt;
  if (bytes.size() <= magic_at) return first_bytes::no_whole_batch;
  if (static_cast<unsigned char>(bytes[magic_at]) > 2) return first_bytes::corrupt;
  return in.left() < static_cast<std::size_t>(length) ? first_bytes::no_whole_batch : first_bytes::batch;
}

std::expected<bool, error_code> is_transactional(const kafka::produce_request& request) {
  for (const auto& topic : request.topic_data)
    for (const auto& part : topic.partition_data) {
      const std::string_view bytes = part.records.value_or(std::string_view{});
      const first_bytes start = look_at(bytes);
      if (start == first_bytes::corrupt) return std::unexpected(error_code::corrupt_message);
      if (start == first_bytes::no_whole_batch || bytes[magic_at] != 2) continue;
      if (const auto batch = kafka::peek_batch(bytes); batch && batch->transactional()) return true;
    }
  return false;
}

error_code check_shape(std::string_view bytes, std::int16_t version) {
  constexpr std::int16_t knows_zstd = 7;
  const first_bytes start = look_at(bytes);
  if (start == first_bytes::corrupt) return error_code::corrupt_message;
  if (start == first_bytes::no_whole_batch || bytes[magic_at] != 2) return error_code::invalid_record;
  const auto batch = kafka::peek_batch(bytes);
  if (!batch) return error_code::corrupt_message;
  if (batch->codec() == kafka::compression::zstd && version < knows_zstd)
    return error_code::unsupported_compression_type;
  if (batch->batch_size == bytes.size()) return error_code::none;
  const first_bytes rest = look_at(bytes.substr(batch->batch_size));
  if (rest == first_bytes::corrupt) return error_code::corrupt_message;
  return rest == first_bytes::batch ? error_code::invalid_record : error_code::none;
}

error_code check_end(std::string_view bytes) {
  if (kafka::peek_batch(bytes)->batch_size == bytes.size()) return error_code::none;
  // A length that is not the batch's own leaves a rest too: its sum tells.
  return kafka::check_batch_sum(bytes) ? error_code::invalid_record : error_code::corrupt_message;
}

std::optional<refused_records> check_records(const log::topic& t, kafka::batch_header& batch, std::string_view bytes,
                                             std::int64_t now_ms) {
  const auto type = t.configs.find("message.timestamp.type");
  const bool create_time = type == t.configs.end() || type->second == "CreateTime";
  constexpr std::int64_t one_hour_ms = 3'600'000;
  const std::int64_t before_max = t.config_number("message.timestamp.before.max.ms", INT64_MAX);
  const std::int64_t after_max = t.config_number("message.timestamp.after.max.ms", one_hour_ms);
  const bool keys = t.is_compacted();
  // Times are the broker's to give. Where the topic does not say so, Kafka minds it alone if there is no other.
  const bool stamped = batch.log_append_time() && (!create_time || batch.max_timestamp_ms < 0);
  const std::size_t unpacked_max = uncompressed_max(bytes.size());
  const auto contradicts = [] {
    return refused_records{
        error_code::invalid_record, {}, "The records are not those that the batch's header tells of"};
  };
  // Only what may be too old, or has no key, needs a look at each record: else the largest timestamp tells. Retention
  // goes by it, and so it must be true.
  const bool each = keys || (create_time && before_max < INT64_MAX);
  if (!each && !stamped && batch.codec() != kafka::compression::none) {
    const auto newest = kafka::largest_timestamp(batch, bytes, unpacked_max);
    if (!newest && newest.error() == kafka::batch_fault::bad_record) return contradicts();
    // What cannot be unpacked is its readers' affair, and keeps what its header says.
    if (create_time && !batch.log_append_time()) batch.max_timestamp_ms = newest.value_or(batch.max_timestamp_ms);
  }
  const bool too_new = batch.max_timestamp_ms > now_ms && batch.max_timestamp_ms - now_ms > after_max;
  const bool ages = create_time && (each || too_new);
  if (!keys && !ages && !stamped) return std::nullopt;

  refused_records refused;
  std::int32_t index = 0;
  std::int64_t newest = -1;
  const auto tell = [&](error_code error, std::string why) {
    if (refused.error == error_code::none) refused.error = error;
    if (refused.records.size() < faults_told_max) refused.records.push_back({index, std::move(why)});
  };
  const auto whole = kafka::for_each_sent_record(bytes, unpacked_max, [&](const kafka::record_view& r) {
    newest = std::max(newest, r.timestamp_ms);
    if (keys && !r.key) {
      tell(error_code::invalid_record, "Compacted topic cannot accept message without key");
    } else if (stamped) {
      tell(error_code::invalid_timestamp, "Producer should not set timestamp type to LogAppendTime.");
    } else if (ages && r.timestamp_ms >= 0 && now_ms - r.timestamp_ms > before_max) {
      tell(error_code::invalid_timestamp,
           fmt::format("Timestamp {} is more than {} ms in the past", r.timestamp_ms, before_max));
    } else if (ages && r.timestamp_ms > now_ms && r.timestamp_ms - now_ms > after_max) {
      tell(error_code::invalid_timestamp,
           fmt::format("Timestamp {} is more than {} ms in the future", r.timestamp_ms, after_max));
    }
    ++index;
  });
  if (!whole && whole.error() == kafka::batch_fault::too_large)  // what is sent again and again is what is corrupt
    return refused_records{
        error_code::message_too_large, {}, fmt::format("The records come to more than {} bytes", unpacked_max)};
  if (!whole && whole.error() == kafka::batch_fault::bad_record) return contradicts();
  if (!whole) return refused_records{error_code::corrupt_message, {}, "The records cannot be unpacked"};
  if (refused.error == error_code::none) {
    if (!batch.log_append_time()) batch.max_timestamp_ms = newest;
    return std::nullopt;
  }
  refused.why = refused.records.front().why;
  return refused;
}

}  // namespace mes::bus::handlers
