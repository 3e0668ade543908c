// WriteTxnMarkers: a transaction is ended in some partitions by whoever may alter the cluster. Brokers tell one another
// by it, and an administrator closes what was left open (kafka-transactions abort); the coordinator is not asked.
#include <map>
#include <memory>

#include "base/instant.h"
#include "bus/handlers/authorize_parts.h"
#include "bus/handlers/transactions.h"
#include "wire/kafka/end_marker.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
namespace {

using marker = kafka::write_txn_markers_request::writable_txn_marker;
using response = kafka::write_txn_markers_response;
using errors = std::map<std::int64_t, std::map<std::string, std::map<std::int32_t, error_code>>>;  // by producer, topic

error_code append(broker& b, const std::shared_ptr<log::topic>& t, std::int32_t index, const marker& m) {
  if (!t || index < 0 || static_cast<std::size_t>(index) >= t->partitions.size())
    return error_code::unknown_topic_or_partition;
  const kafka::end_marker_batch end{m.producer_id, m.producer_epoch,
                                    m.transaction_result ? kafka::end_marker::commit : kafka::end_marker::abort,
                                    m.coordinator_epoch, instant::now().ms()};
  const auto error =
      t->partitions[static_cast<std::size_t>(index)]->producers().check_marker(end, m.transaction_version);
  if (error != error_code::none) return error;
  std::string batch = kafka::make_end_marker(end);
  b.store().append(t, index, batch.data(), *kafka::peek_batch(batch));
  return error_code::none;
}

response answer_of(const errors& all) {
  response out;
  for (const auto& [producer_id, topics] : all) {
    auto& m = out.markers.emplace_back();
    m.producer_id = producer_id;
    for (const auto& [topic, partitions] : topics) {
      auto& t = m.topics.emplace_back();
      t.name = topic;
      for (const auto& [index, error] : partitions) t.partitions.push_back({index, kafka::code(error)});
    }
  }
  return out;
}

template <class Each>
errors for_each_partition(const kafka::write_txn_markers_request& request, Each&& each) {
  errors all;
  for (const marker& m : request.markers)
    for (const auto& topic : m.topics)
      for (const std::int32_t index : topic.partition_indexes)
        all[m.producer_id][std::string(topic.name)][index] = each(m, topic.name, index);
  return all;
}

}  // namespace

bool authorize(call& c, kafka::write_txn_markers_request& request) {
  if (!c.authorizes() || allowed_cluster(c, operation::alter) || allowed_cluster(c, operation::cluster_action))
    return true;
  c.answer(
      answer_of(for_each_partition(request, [](const auto&...) { return error_code::cluster_authorization_failed; })));
  return false;
}

void write_txn_markers(const call& c, kafka::write_txn_markers_request& request) {
  broker& b = *c.of;
  bool any = false;
  errors all = for_each_partition(request, [&](const marker& m, std::string_view topic, std::int32_t index) {
    const error_code error = append(b, b.store().find(topic), index, m);
    any = any || error == error_code::none;
    return error;
  });
  if (!any) return c.answer(answer_of(all));
  b.store().when_durable([c, all = std::move(all)](bool stored) mutable {
    if (!stored)
      for (auto& [producer_id, topics] : all)
        for (auto& [topic, partitions] : topics)
          for (auto& [index, error] : partitions)
            if (error == error_code::none) error = error_code::kafka_storage_error;
    c.answer(answer_of(all));
  });
}

}  // namespace mes::bus::handlers
