#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "bus/handlers/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

log::partition* find_partition(const call& c, std::string_view topic, std::int32_t index) {
  const auto t = c.of->store().find(topic);
  if (!t || index < 0 || static_cast<std::size_t>(index) >= t->partitions.size()) return nullptr;
  return t->partitions[static_cast<std::size_t>(index)].get();
}

error_code check_epoch(const call& c, std::int32_t epoch) {
  constexpr std::int32_t not_told = -1;
  if (epoch != not_told && epoch < c.of->store().leader_epoch()) return error_code::fenced_leader_epoch;
  return epoch > c.of->store().leader_epoch() ? error_code::unknown_leader_epoch : error_code::none;
}

// No epoch (-1, -1) where none can be told of: of epochs to come, and of "none".
std::pair<std::int32_t, std::int64_t> end_of_epoch(const call& c, const log::partition& p, std::int32_t epoch) {
  const std::int32_t current = c.of->store().leader_epoch();
  if (epoch < 0 || epoch > current) return {-1, -1};
  return epoch == current ? std::pair{current, p.high_watermark()} : p.end_of_epoch(epoch);
}

// The timestamps below 0 that have a meaning in a version of ListOffsets; others are refused.
bool is_known_timestamp(std::int64_t timestamp, std::int16_t version) {
  constexpr std::array<std::int16_t, 6> since = {1, 1, 7, 8, 9, 11};  // of -1, -2, …
  return timestamp >= 0 || (timestamp >= -static_cast<std::int64_t>(since.size()) &&
                            version >= since[static_cast<std::size_t>(-timestamp - 1)]);
}

// KIP-79, KIP-734, KIP-405, KIP-1023: negative timestamps have a meaning. `end`: of what the client may read.
void find_offset(log::store& store, const log::partition& p, std::int64_t timestamp, std::int32_t epoch,
                 std::int64_t end, kafka::list_offsets_response::list_offsets_partition_response& out) {
  constexpr std::int64_t latest = -1, earliest = -2, max_timestamp = -3, earliest_local = -4;
  if (timestamp == latest) {
    out.offset = end;
  } else if (timestamp == earliest || timestamp == earliest_local) {
    out.offset = p.log_start();
  } else if (timestamp == max_timestamp || timestamp >= 0) {
    const auto found = store.reading(
        p, [&] { return timestamp == max_timestamp ? p.max_timestamp() : p.first_at_or_after(timestamp); });
    if (!found) {
      out.error_code = kafka::code(error_code::kafka_storage_error);
      return;
    }
    if (found->offset < end) {
      out.offset = found->offset;
      out.timestamp = found->timestamp_ms;
    }
  }
  // -5 and below speak of tiered storage, which is not there: no offset.
  if (out.offset >= 0) out.leader_epoch = timestamp == latest ? epoch : p.epoch_of(out.offset).value_or(epoch);
}

}  // namespace

void list_offsets(const call& c, kafka::list_offsets_request& request) {
  // As in Kafka, a partition that is named twice is refused, once.
  std::map<std::pair<std::string_view, std::int32_t>, int> times;
  for (const auto& topic : request.topics)
    for (const auto& part : topic.partitions) ++times[{topic.name, part.partition_index}];
  kafka::list_offsets_response response;
  for (const auto& topic : request.topics) {
    kafka::list_offsets_response::list_offsets_topic_response topic_answer;
    topic_answer.name = topic.name;
    for (const auto& part : topic.partitions) {
      const auto named = times.extract({topic.name, part.partition_index});
      if (named.empty()) continue;
      auto& out = topic_answer.partitions.emplace_back();
      out.partition_index = part.partition_index;
      const log::partition* p = find_partition(c, topic.name, part.partition_index);
      const error_code error = named.mapped() > 1                               ? error_code::invalid_request
                               : !is_known_timestamp(part.timestamp, c.version) ? error_code::unsupported_version
                               : p ? check_epoch(c, part.current_leader_epoch)
                                   : error_code::unknown_topic_or_partition;
      if (error == error_code::none)
        find_offset(c.of->store(), *p, part.timestamp, c.of->store().leader_epoch(),
                    request.isolation_level == 1 ? p->last_stable_offset() : p->high_watermark(), out);
      else
        out.error_code = kafka::code(error);
    }
    if (!topic_answer.partitions.empty()) response.topics.push_back(std::move(topic_answer));
  }
  c.answer(response);
}

void offset_for_leader_epoch(const call& c, kafka::offset_for_leader_epoch_request& request) {
  kafka::offset_for_leader_epoch_response response;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response.topics.emplace_back();
    topic_answer.topic = topic.topic;
    for (const auto& part : topic.partitions) {
      auto& out = topic_answer.partitions.emplace_back();
      out.partition = part.partition;
      const log::partition* p = find_partition(c, topic.topic, part.partition);
      const error_code error = p ? check_epoch(c, part.current_leader_epoch) : error_code::unknown_topic_or_partition;
      out.error_code = kafka::code(error);
      if (error == error_code::none)
        std::tie(out.leader_epoch, out.end_offset) = end_of_epoch(c, *p, part.leader_epoch);
    }
  }
  c.answer(response);
}

}  // namespace mes::bus::handlers
