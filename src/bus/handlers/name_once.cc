#include "bus/handlers/name_once.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "wire/kafka/generated/admin.h"
#include "wire/kafka/generated/data.h"
#include "wire/kafka/generated/groups.h"
#include "wire/kafka/generated/transactions.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
namespace {

// The first of each stays where it is, and is given every later one to take from. By sorting: requests may name
// millions of things.
template <class T, class Key, class Take>
void keep_first(std::vector<T>& named, Key key, Take take) {
  if (named.size() < 2) return;
  const auto key_at = [&](std::size_t i) { return std::invoke(key, named[i]); };
  std::vector<std::size_t> order(named.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(key_at(i), i); });
  std::vector<bool> is_again(named.size());
  std::size_t first = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (key_at(order[i]) != key_at(order[first])) {
      first = i;
      continue;
    }
    is_again[order[i]] = true;
    take(named[order[first]], named[order[i]]);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < named.size(); ++i)
    if (!is_again[i] && kept++ != i) named[kept - 1] = std::move(named[i]);
  named.resize(kept);
}

template <class T, class Key = std::identity>
void keep_first(std::vector<T>& named, Key key = {}) {
  keep_first(named, key, [](T&, const T&) {});
}

template <class Topics, class Key, class Partitions>
void merge_topics(Topics& topics, Key key, Partitions partitions) {
  keep_first(topics, key, [&](auto& first, auto& again) {
    (first.*partitions).insert((first.*partitions).end(), (again.*partitions).begin(), (again.*partitions).end());
  });
}

template <class Topics, class Key, class Partitions, class Index = std::identity>
void keep_first_partitions(Topics& topics, Key key, Partitions partitions, Index index = {}) {
  merge_topics(topics, key, partitions);
  for (auto& t : topics) keep_first(t.*partitions, index);
}

}  // namespace

void name_once(kafka::consumer_group_describe_request& request) { keep_first(request.group_ids); }
void name_once(kafka::delete_groups_request& request) { keep_first(request.groups_names); }
void name_once(kafka::describe_groups_request& request) { keep_first(request.groups); }
void name_once(kafka::describe_transactions_request& request) { keep_first(request.transactional_ids); }
void name_once(kafka::find_coordinator_request& request) { keep_first(request.coordinator_keys); }
void name_once(kafka::list_config_resources_request& request) { keep_first(request.resource_types); }

void name_once(kafka::list_groups_request& request) {
  keep_first(request.states_filter);
  keep_first(request.types_filter);
}

void name_once(kafka::list_transactions_request& request) {
  keep_first(request.state_filters);
  keep_first(request.producer_id_filters);
}

void name_once(kafka::alter_partition_reassignments_request& request) {
  using topic = kafka::alter_partition_reassignments_request::reassignable_topic;
  using partition = kafka::alter_partition_reassignments_request::reassignable_partition;
  keep_first_partitions(request.topics, &topic::name, &topic::partitions, &partition::partition_index);
}

// What is said last of a partition is done, as in Kafka.
void name_once(kafka::delete_records_request& request) {
  using topic = kafka::delete_records_request::delete_records_topic;
  using partition = kafka::delete_records_request::delete_records_partition;
  merge_topics(request.topics, &topic::name, &topic::partitions);
  for (auto& t : request.topics)
    keep_first(t.partitions, &partition::partition_index,
               [](partition& first, const partition& again) { first.offset = again.offset; });
}

void name_once(kafka::describe_configs_request& request) {
  keep_first(request.resources, [](const auto& r) { return std::pair(r.resource_type, r.resource_name); });
}

void name_once(kafka::describe_log_dirs_request& request) {
  using topic = kafka::describe_log_dirs_request::describable_log_dir_topic;
  if (request.topics) keep_first_partitions(*request.topics, &topic::topic, &topic::partitions);
}

void name_once(kafka::describe_producers_request& request) {
  using topic = kafka::describe_producers_request::topic_request;
  keep_first_partitions(request.topics, &topic::name, &topic::partition_indexes);
}

void name_once(kafka::describe_topic_partitions_request& request) {
  keep_first(request.topics, &kafka::describe_topic_partitions_request::topic_request::name);
}

void name_once(kafka::elect_leaders_request& request) {
  using topic = kafka::elect_leaders_request::topic_partitions_item;
  if (request.topic_partitions) keep_first_partitions(*request.topic_partitions, &topic::topic, &topic::partitions);
}

void name_once(kafka::offset_delete_request& request) {
  using topic = kafka::offset_delete_request::offset_delete_request_topic;
  using partition = kafka::offset_delete_request::offset_delete_request_partition;
  keep_first_partitions(request.topics, &topic::name, &topic::partitions, &partition::partition_index);
}

void name_once(kafka::offset_fetch_request& request) {
  using topic = kafka::offset_fetch_request::offset_fetch_request_topic;
  using topic_of_group = kafka::offset_fetch_request::offset_fetch_request_topics;
  if (request.topics) keep_first_partitions(*request.topics, &topic::name, &topic::partition_indexes);
  keep_first(request.groups, &kafka::offset_fetch_request::offset_fetch_request_group::group_id);
  for (auto& g : request.groups)
    if (g.topics)
      keep_first_partitions(
          *g.topics, [](const topic_of_group& t) { return std::pair(t.name, t.topic_id); },
          &topic_of_group::partition_indexes);
}

// Of a partition the last records are taken, as in Kafka.
void name_once(kafka::produce_request& request) {
  using topic = kafka::produce_request::topic_produce_data;
  using partition = kafka::produce_request::partition_produce_data;
  merge_topics(
      request.topic_data, [](const topic& t) { return std::pair(t.name, t.topic_id); }, &topic::partition_data);
  for (auto& t : request.topic_data)
    keep_first(t.partition_data, &partition::index,
               [](partition& first, const partition& again) { first.records = again.records; });
}

// Of each marker: the same producer may end one transaction after the other.
void name_once(kafka::write_txn_markers_request& request) {
  using topic = kafka::write_txn_markers_request::writable_txn_marker_topic;
  for (auto& m : request.markers) keep_first_partitions(m.topics, &topic::name, &topic::partition_indexes);
}

}  // namespace mes::bus::handlers
