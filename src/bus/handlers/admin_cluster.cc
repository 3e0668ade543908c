// The cluster of one node: its broker, its log directory, its partitions, and what tools ask of several nodes.
#include <sys/statvfs.h>

#include <algorithm>
#include <set>

#include "bus/handlers/admin.h"
#include "bus/handlers/admin_parts.h"
#include "bus/handlers/authorize_parts.h"
#include "bus/handlers/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::int32_t partitions_shown_max = 2'000;  // Kafka's max.request.partition.size.limit

// Why a partition is refused: in words too for the first few thousand of an answer, for a request may name millions.
class refusals {
 public:
  template <class Partition>
  void add(Partition& p, error_code error, std::string_view why) {
    constexpr std::size_t worded_max = 10'000;  // of one topic there are no more
    p.error_code = kafka::code(error);
    if (_count++ < worded_max) p.error_message = why;
  }

 private:
  std::size_t _count = 0;
};

bool has_partition(const std::shared_ptr<log::topic>& t, std::int32_t index) {
  return t && index >= 0 && static_cast<std::size_t>(index) < t->partitions.size();
}

}  // namespace

void describe_cluster(const call& c, kafka::describe_cluster_request& request) {
  constexpr std::int8_t brokers = 1, controllers = 2;
  kafka::describe_cluster_response response;
  if (request.endpoint_type != brokers) {
    refuse(response,
           request.endpoint_type == controllers ? error_code::mismatched_endpoint_type
                                                : error_code::unsupported_endpoint_type,
           "This is an endpoint of brokers");
    return c.answer(response);
  }
  response.cluster_id = c.of->store().cluster_id().to_hex();
  response.controller_id = broker::node_id;
  const security::listener here = c.advertised();
  response.brokers.push_back({broker::node_id, here.advertised_host, here.advertised_port, std::nullopt, false});
  c.answer(response);
}

void describe_log_dirs(const call& c, kafka::describe_log_dirs_request& request) {
  const log::store& store = c.of->store();
  kafka::describe_log_dirs_response response;
  auto& directory = response.results.emplace_back();
  directory.log_dir = c.of->settings().directory;
  struct statvfs disk{};
  if (statvfs(directory.log_dir.c_str(), &disk) == 0) {
    directory.total_bytes = static_cast<std::int64_t>(disk.f_blocks * disk.f_frsize);
    directory.usable_bytes = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  } else {
    directory.error_code = kafka::code(error_code::kafka_storage_error);
  }
  const auto add = [&](const log::topic& t, const auto& wanted) {
    auto& out = directory.topics.emplace_back();
    out.name = t.name;
    for (std::size_t i = 0; i < t.partitions.size(); ++i)
      if (const auto index = static_cast<std::int32_t>(i); wanted(index))
        out.partitions.push_back({index, static_cast<std::int64_t>(t.partitions[i]->size_bytes()), 0, false});
    if (out.partitions.empty()) directory.topics.pop_back();
  };
  if (!request.topics) {
    for (const auto& [name, t] : store.topics()) add(*t, [](std::int32_t) { return true; });
  } else {
    for (const auto& wanted : *request.topics)
      if (const auto t = store.find(wanted.topic))
        add(*t, [indexes = std::set(wanted.partitions.begin(), wanted.partitions.end())](std::int32_t index) {
          return indexes.contains(index);
        });
  }
  c.answer(response);
}

namespace {

// The cursor names a topic that is asked for, and a partition.
bool check_cursor(const kafka::describe_topic_partitions_request& request) {
  if (!request.cursor) return true;
  const auto& topics = request.topics;
  const bool among = topics.empty() ||
                     std::ranges::any_of(topics, [&](const auto& t) { return t.name == request.cursor->topic_name; });
  return among && request.cursor->partition_index >= 0;
}

}  // namespace

// Page by page, in the order of names.
void describe_topic_partitions(const call& c, kafka::describe_topic_partitions_request& request) {
  const log::store& store = c.of->store();
  kafka::describe_topic_partitions_response response;
  if (!check_cursor(request)) {
    for (const auto& t : request.topics) {
      auto& out = response.topics.emplace_back();
      out.name = t.name;
      out.error_code = kafka::code(error_code::invalid_request);
    }
    return c.answer(response);
  }
  std::vector<std::string> names;
  for (const auto& t : request.topics) names.emplace_back(t.name);
  const bool all = names.empty();
  if (all)
    for (const auto& [name, t] : store.topics()) names.push_back(name);
  if (request.cursor) std::erase_if(names, [&](const std::string& name) { return name < request.cursor->topic_name; });
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::int32_t left = std::clamp(request.response_partition_limit, 1, partitions_shown_max);
  for (const std::string& name : names) {
    // Of all, those that the client may describe: pages are of these, and no cursor names another.
    if (all && c.authorizes() && !allowed_topic(c, operation::describe, name)) continue;
    const auto t = store.find(name);
    if (left == 0) {
      response.next_cursor = {name, 0};
      break;
    }
    auto& out = response.topics.emplace_back();
    out.name = name;
    if (!t) {
      out.error_code =
          kafka::code(is_topic_name(name) ? error_code::unknown_topic_or_partition : error_code::invalid_topic);
      continue;
    }
    out.topic_id = t->id;
    const bool goes_on = request.cursor && request.cursor->topic_name == name;
    auto index = static_cast<std::size_t>(goes_on ? request.cursor->partition_index : 0);
    for (; index < t->partitions.size() && left > 0; ++index, --left) {
      auto& p = out.partitions.emplace_back();
      p.partition_index = static_cast<std::int32_t>(index);
      p.leader_id = broker::node_id;
      p.leader_epoch = store.leader_epoch();
      p.replica_nodes = p.isr_nodes = {broker::node_id};
      p.eligible_leader_replicas.emplace();
      p.last_known_elr.emplace();
    }
    if (index < t->partitions.size()) {
      response.next_cursor = {name, static_cast<std::int32_t>(index)};
      break;
    }
  }
  c.answer(response);
}

// The one replica of a partition leads it already.
void elect_leaders(const call& c, kafka::elect_leaders_request& request) {
  kafka::elect_leaders_response response;
  refusals refused;
  if (!request.topic_partitions) return c.answer(response);  // all, as far as it is needed
  for (const auto& topic : *request.topic_partitions) {
    auto& out = response.replica_election_results.emplace_back();
    out.topic = topic.topic;
    const auto t = c.of->store().find(topic.topic);
    const std::string_view name = topic.topic.substr(0, topic_name_bytes_max);  // it is told for each partition
    for (const std::int32_t index : topic.partitions) {
      auto& p = out.partition_result.emplace_back();
      p.partition_id = index;
      p.error_message.reset();
      if (has_partition(t, index))
        p.error_code = kafka::code(error_code::election_not_needed);
      else
        refused.add(
            p, error_code::unknown_topic_or_partition,
            t ? fmt::format("No such partition as {}-{}", name, index) : fmt::format("No such topic as {}", name));
    }
  }
  c.answer(response);
}

// There is nowhere to move a partition to: what asks for its present place is done, the rest is refused.
void alter_partition_reassignments(const call& c, kafka::alter_partition_reassignments_request& request) {
  kafka::alter_partition_reassignments_response response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  response.error_message.reset();
  refusals refused;
  for (const auto& topic : request.topics) {
    auto& out = response.responses.emplace_back();
    out.name = topic.name;
    const auto t = c.of->store().find(topic.name);
    for (const auto& wanted : topic.partitions) {
      auto& p = out.partitions.emplace_back();
      p.partition_index = wanted.partition_index;
      p.error_message.reset();
      if (!has_partition(t, wanted.partition_index)) {
        refused.add(p, error_code::unknown_topic_or_partition, "This server does not host this topic-partition.");
      } else if (!wanted.replicas) {
        refused.add(p, error_code::no_reassignment_in_progress, "No partition reassignment is in progress.");
      } else if (const auto why = replicas_fault(*wanted.replicas)) {
        refused.add(p, error_code::invalid_replica_assignment, *why);
      }
    }
  }
  c.answer(response);
}

void list_partition_reassignments(const call& c, kafka::list_partition_reassignments_request&) {
  kafka::list_partition_reassignments_response response;
  response.error_message.reset();
  c.answer(response);
}

}  // namespace mes::bus::handlers
