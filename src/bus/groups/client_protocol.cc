#include "bus/groups/client_protocol.h"

#include <algorithm>

#include "wire/kafka/generated/groups.h"

namespace mes::bus::groups {
namespace kafka = wire::kafka;
namespace {

template <class Topics>
assignment by_id(const Topics& named, const topic_view& topics) {
  assignment result;
  for (const auto& t : named)
    if (const auto found = topics.find(t.topic); found && !t.partitions.empty())
      result[found->id].insert(t.partitions.begin(), t.partitions.end());
  return result;
}

}  // namespace

std::optional<packed_subscription> unpack_subscription(std::string_view bytes, const topic_view& topics) {
  kafka::reader in(bytes);
  packed_subscription result;
  result.version = in.int16();
  if (!in.ok() || result.version < 0) return std::nullopt;
  // A later version than we know begins like the last that we know.
  result.version = std::min(result.version, kafka::consumer_protocol_subscription::version_max);
  kafka::consumer_protocol_subscription subscription;
  if (!decode(in, result.version, subscription)) return std::nullopt;
  result.topics = topic_set({subscription.topics.begin(), subscription.topics.end()});
  if (subscription.rack_id) result.rack_id = std::string(*subscription.rack_id);
  result.owned = by_id(subscription.owned_partitions, topics);
  return result;
}

std::optional<assignment> unpack_assignment(std::string_view bytes, const topic_view& topics) {
  if (bytes.empty()) return assignment{};  // one that has none yet
  kafka::reader in(bytes);
  const std::int16_t version = in.int16();
  if (!in.ok() || version < 0) return std::nullopt;
  kafka::consumer_protocol_assignment unpacked;
  if (!decode(in, std::min(version, kafka::consumer_protocol_assignment::version_max), unpacked)) return std::nullopt;
  return by_id(unpacked.assigned_partitions, topics);
}

std::string pack_assignment(const assignment& a, std::int16_t version, const topic_view& topics) {
  kafka::writer out;
  out.int16(version);
  kafka::consumer_protocol_assignment packed;
  std::vector<std::string> names;  // what `packed` views
  names.reserve(a.size());
  for (const auto& [topic, partitions] : a) {
    auto found = topics.find(topic);
    if (!found) continue;
    names.push_back(std::move(found->name));
    packed.assigned_partitions.push_back({names.back(), {partitions.begin(), partitions.end()}});
  }
  encode(out, version, packed);
  return std::move(out.buffer());
}

}  // namespace mes::bus::groups
