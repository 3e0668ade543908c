#include "wire/kafka/end_marker.h"

#include "wire/kafka/reader.h"
#include "wire/kafka/record_batch.h"
#include "wire/kafka/writer.h"

namespace mes::wire::kafka {
namespace {

constexpr std::int16_t key_version = 0, value_version = 0;
constexpr std::int16_t transactional_control = 16 | 32;  // of a batch's attributes

}  // namespace

std::string make_end_marker(const end_marker_batch& marker) {
  writer key, value;
  key.int16(key_version);
  key.int16(static_cast<std::int16_t>(marker.what));
  value.int16(value_version);
  value.int32(marker.coordinator_epoch);
  batch_header header;
  header.attributes = transactional_control;
  header.producer_id = marker.producer_id;
  header.producer_epoch = marker.producer_epoch;
  return make_batch({{std::move(key.buffer()), std::move(value.buffer()), marker.timestamp_ms}}, header);
}

std::optional<end_marker_batch> read_end_marker(std::string_view batch) {
  const auto header = peek_batch(batch);
  if (!header || !header->control()) return std::nullopt;
  std::optional<end_marker_batch> found;
  constexpr std::size_t bytes_max = 4'096;
  for_each_record(batch, bytes_max, [&](const record_view& record) {
    reader key(record.key.value_or(std::string_view{})), value(record.value.value_or(std::string_view{}));
    const auto version = key.int16();
    const auto type = key.int16();
    value.int16();
    const auto coordinator_epoch = value.int32();
    // Newer versions only add at the end.
    if (!key.ok() || !value.ok() || version < 0 || (type != 0 && type != 1)) return false;
    found = {header->producer_id, header->producer_epoch, static_cast<end_marker>(type), coordinator_epoch,
             record.timestamp_ms};
    return false;
  });
  return found;
}

}  // namespace mes::wire::kafka
