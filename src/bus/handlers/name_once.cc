#include "bus/handlers/name_once.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "wire/kafka/generated/admin.h"
#include "wire/kafka/generated/groups.h"
#include "wire/kafka/generated/transactions.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
namespace {

// The first of each stays where it is. By sorting: requests may name millions of things.
template <class T, class Key = std::identity>
void keep_first(std::vector<T>& named, Key key = {}) {
  const auto key_at = [&](std::size_t i) { return std::invoke(key, named[i]); };
  std::vector<std::size_t> order(named.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(key_at(i), i); });
  std::vector<bool> is_again(named.size());
  for (std::size_t i = 1; i < order.size(); ++i) is_again[order[i]] = key_at(order[i]) == key_at(order[i - 1]);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < named.size(); ++i)
    if (!is_again[i] && kept++ != i) named[kept - 1] = std::move(named[i]);
  named.resize(kept);
}

template <class Topics, class Key, class Partitions>
void keep_first_partitions(Topics& topics, Key key, Partitions partitions) {
  keep_first(topics, key);
  for (auto& t : topics) keep_first(t.*partitions);
}

}  // namespace

void name_once(kafka::consumer_group_describe_request& request) { keep_first(request.group_ids); }
void name_once(kafka::describe_groups_request& request) { keep_first(request.groups); }
void name_once(kafka::describe_transactions_request& request) { keep_first(request.transactional_ids); }
void name_once(kafka::list_config_resources_request& request) { keep_first(request.resource_types); }

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

}  // namespace mes::bus::handlers
