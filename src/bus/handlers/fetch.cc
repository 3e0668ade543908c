#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "bus/handlers/data.h"

namespace mes::bus {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

// KIP-595: the end of what the client has read and is here too; nothing: all of it is.
std::optional<std::pair<std::int32_t, std::int64_t>> parting(const log::store& store, const log::partition& partition,
                                                             const waiting_fetch::part& p) {
  if (p.last_epoch < 0 || p.last_epoch > store.leader_epoch()) return std::nullopt;
  const auto known = p.last_epoch == store.leader_epoch() ? std::pair{p.last_epoch, partition.high_watermark()}
                                                          : partition.end_of_epoch(p.last_epoch);
  if (known.first < p.last_epoch || known.second < p.offset) return known;
  return std::nullopt;
}

error_code check(const log::store& store, const waiting_fetch::topic_part& t, const waiting_fetch::part& p,
                 bool by_id) {
  // Deleted topics are not found any more, though a fetch that waited still holds them.
  if (!t.found || !store.find(t.found->id))
    return by_id ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition;
  if (p.index < 0 || static_cast<std::size_t>(p.index) >= t.found->partitions.size())
    return error_code::unknown_topic_or_partition;
  if (p.leader_epoch >= 0 && p.leader_epoch < store.leader_epoch()) return error_code::fenced_leader_epoch;
  if (p.leader_epoch > store.leader_epoch()) return error_code::unknown_leader_epoch;
  const log::partition& partition = *t.found->partitions[static_cast<std::size_t>(p.index)];
  if (p.last_epoch > store.leader_epoch()) return error_code::offset_out_of_range;
  if (p.offset < partition.log_start())
    return error_code::offset_out_of_range;  // also where the log parts, as in Kafka
  if (parting(store, partition, p)) return error_code::none;
  if (p.offset > partition.high_watermark()) return error_code::offset_out_of_range;
  return error_code::none;
}

}  // namespace

bool waiting_fetch::ready(const log::store& store) {
  for (topic_part& t : topics)
    for (part& p : t.parts)
      if (has_enough_with(store, t, p)) return true;
  return topics.empty();
}

bool waiting_fetch::has_enough_with(const log::store& store, const topic_part& t, part& p) {
  if (check(store, t, p, from.version >= 13) != error_code::none) return true;
  const log::partition& partition = *t.found->partitions[static_cast<std::size_t>(p.index)];
  if (parting(store, partition, p)) return true;
  const std::int64_t end = end_of(partition);
  have += partition.available(std::max(p.offset, p.counted_to), bytes_min - have, end);
  p.counted_to = std::max(p.counted_to, end);
  return have >= bytes_min;
}

void waiting_fetch::answer(broker& b) const {
  kafka::fetch_response response;
  std::size_t left = bytes_max;
  bool first = true;
  for (const topic_part& t : topics) {
    auto& topic_answer = response.responses.emplace_back();
    topic_answer.topic = t.name;
    topic_answer.topic_id = t.id;
    for (const part& p : t.parts) {
      auto& answer = topic_answer.partitions.emplace_back();
      answer.partition_index = p.index;
      const error_code error = check(b.store(), t, p, from.version >= 13);
      answer.error_code = kafka::code(error);
      answer.high_watermark = -1;
      // Kafka's answer has an empty list where the partition is not known, else none.
      if (error != error_code::unknown_topic_or_partition && error != error_code::unknown_topic_id)
        answer.aborted_transactions.reset();
      if (error != error_code::none) continue;
      const log::partition& partition = *t.found->partitions[static_cast<std::size_t>(p.index)];
      answer.high_watermark = partition.high_watermark();
      answer.last_stable_offset = partition.last_stable_offset();
      answer.log_start_offset = partition.log_start();
      if (const auto known = parting(b.store(), partition, p)) {
        answer.diverging_epoch = {known->first, known->second};
        continue;
      }
      const auto [size, end] = b.store().reading(partition, [&] {
        answer.records.external.clear();
        return partition.read(p.offset, std::min(left, p.bytes_max), first, answer.records.external, end_of(partition));
      });
      if (only_committed) {
        auto& aborted = answer.aborted_transactions.emplace();
        for (const auto& a : partition.producers().aborted(p.offset, end))
          aborted.push_back({a.producer_id, a.first_offset});
      }
      if (const auto fault = partition.take_fault()) {
        b.logger().error("records cannot be read", {{"topic", std::string_view(t.found->name)},
                                                    {"partition", std::int64_t{p.index}},
                                                    {"error", std::string_view(fault->message)}});
        if (size == 0)
          answer.error_code = kafka::code(fault->code == mes::error_code::corrupt ? error_code::corrupt_message
                                                                                  : error_code::kafka_storage_error);
      }
      b.stats().bytes_out += size;
      if (size > 0) first = false;
      left -= std::min(left, size);
    }
  }
  from.answer(response);
}

}  // namespace mes::bus

namespace mes::bus::handlers {

void fetch(const call& c, kafka::fetch_request& request) {
  // Sessions are never given: an id of 0 is always a legal answer. A fetch of everything (epoch 0 or -1) may close one.
  if (request.session_epoch != 0 && request.session_epoch != -1) {
    kafka::fetch_response response;
    response.error_code = kafka::code(kafka::error_code::fetch_session_id_not_found);
    return c.answer(response);
  }
  auto wait = std::make_unique<waiting_fetch>();
  wait->from = c;
  const std::int32_t bytes_max = std::min(request.max_bytes, c.of->settings().fetch_bytes_max);
  wait->bytes_min = static_cast<std::size_t>(std::max(std::min(request.min_bytes, bytes_max), 0));
  wait->bytes_max = static_cast<std::size_t>(std::max(bytes_max, 0));
  wait->wait_ms = wait->from.may_wait_ms = std::max(request.max_wait_ms, 0);
  wait->only_committed = request.isolation_level == 1;
  // As in Kafka, a partition that is named again is fetched once: where it was named first, by what was said last.
  std::map<std::tuple<uuid, std::string_view, std::int32_t>, const kafka::fetch_request::fetch_partition*> said;
  for (const auto& topic : request.topics)
    for (const auto& p : topic.partitions) said[{topic.topic_id, topic.topic, p.partition}] = &p;
  for (const auto& topic : request.topics) {
    waiting_fetch::topic_part t;
    t.found = c.version >= 13 ? c.of->store().find(topic.topic_id) : c.of->store().find(topic.topic);
    t.name = topic.topic;
    if (t.found && wait->from.topic.empty()) wait->from.topic = t.found->name;
    t.id = topic.topic_id;
    for (const auto& named : topic.partitions) {
      const auto last = said.extract({topic.topic_id, topic.topic, named.partition});
      if (last.empty()) continue;
      const auto& p = *last.mapped();
      t.parts.push_back({p.partition, p.fetch_offset, p.current_leader_epoch,
                         static_cast<std::size_t>(std::max(p.partition_max_bytes, 0)), p.last_fetched_epoch});
    }
    if (!t.parts.empty()) wait->topics.push_back(std::move(t));
  }
  if (wait->wait_ms <= 0 || wait->bytes_min == 0 || wait->ready(c.of->store())) return wait->answer(*c.of);
  c.of->wait_for_data(std::move(wait));
}

}  // namespace mes::bus::handlers
