#include "bus/handlers/record_checks.h"

#include <fmt/format.h>

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::size_t uncompressed_max = std::size_t{256} << 20;
constexpr std::size_t faults_told_max = 3;

}  // namespace

std::optional<refused_records> check_records(const log::topic& t, const kafka::batch_header& batch,
                                             std::string_view bytes, std::int64_t now_ms) {
  const auto type = t.configs.find("message.timestamp.type");
  const bool create_time = type == t.configs.end() || type->second == "CreateTime";
  constexpr std::int64_t one_hour_ms = 3'600'000;
  const std::int64_t before_max = t.config_number("message.timestamp.before.max.ms", INT64_MAX);
  const std::int64_t after_max = t.config_number("message.timestamp.after.max.ms", one_hour_ms);
  const bool keys = t.is_compacted();
  // A batch tells its largest timestamp; only what may be too old, or has no key, needs a look at each record.
  const bool too_new = create_time && after_max < INT64_MAX && batch.max_timestamp_ms - now_ms > after_max;
  const bool ages = create_time && (before_max < INT64_MAX || too_new);
  if (!keys && !ages) return std::nullopt;

  refused_records refused;
  std::int32_t index = 0;
  const auto tell = [&](error_code error, std::string why) {
    if (refused.error == error_code::none) refused.error = error;
    if (refused.records.size() < faults_told_max) refused.records.push_back({index, std::move(why)});
  };
  const bool whole = kafka::for_each_record(bytes, uncompressed_max, [&](const kafka::record_view& r) {
    if (keys && !r.key) {
      tell(error_code::invalid_record, "Compacted topic cannot accept message without key");
    } else if (ages && r.timestamp_ms >= 0 && now_ms - r.timestamp_ms > before_max) {
      tell(error_code::invalid_timestamp,
           fmt::format("Timestamp {} is more than {} ms in the past", r.timestamp_ms, before_max));
    } else if (ages && r.timestamp_ms - now_ms > after_max) {
      tell(error_code::invalid_timestamp,
           fmt::format("Timestamp {} is more than {} ms in the future", r.timestamp_ms, after_max));
    }
    ++index;
    return true;
  });
  if (!whole) return refused_records{error_code::corrupt_message, {}};
  if (refused.error == error_code::none) return std::nullopt;
  return refused;
}

}  // namespace mes::bus::handlers
