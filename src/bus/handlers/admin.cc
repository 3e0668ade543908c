#include "bus/handlers/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "bus/configs.h"
#include "bus/handlers/admin_parts.h"
#include "bus/handlers/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::string_view not_hosted = "This server does not host this topic-partition.";
constexpr std::string_view named_twice = "Duplicate topic name.";
constexpr std::string_view over_quota = "The throttling quota has been exceeded.";
constexpr std::string_view not_stored = "The log could not be written";
constexpr std::string_view too_many = "Excessively large number of partitions per request.";

// Counts a change of topics; false: the client is over its quota and is told so instead (KIP-599).
template <class Part>
bool within_quota(const call& c, std::size_t partitions, std::int16_t strict_from, Part& out) {
  if (c.of->access().limits().mutate(c.user(), c.client_id, static_cast<double>(partitions), c.version >= strict_from,
                                     net::now_ms()))
    return true;
  refuse(out, error_code::throttling_quota_exceeded, over_quota);
  return false;
}

template <class Response>
void throttle_mutations(const call& c, Response& response) {
  const std::int64_t wait_ms = c.of->access().limits().mutation_wait_ms(c.user(), c.client_id, net::now_ms());
  response.throttle_time_ms = static_cast<std::int32_t>(std::min<std::int64_t>(wait_ms, INT32_MAX));
}

// Not above the broker's limit with those that there are.
template <class Part>
bool has_room(broker& b, std::size_t partitions, Part& out) {
  if (b.has_room_for(partitions)) return true;
  return refuse(
      out, error_code::policy_violation,
      fmt::format("The broker has {} of at most {} partitions (partitions_max): there is no room for {} more.",
                  b.store().partition_count(), b.settings().partitions_max, partitions));
}

using creatable = kafka::create_topics_request::creatable_topic;
using created = kafka::create_topics_response::creatable_topic_result;

bool check_assignments(const creatable& topic, std::int32_t& partitions, created& out) {
  if (topic.replication_factor != -1)
    return refuse(out, error_code::invalid_request,
                  "A manual partition assignment was specified, but replication factor was not set to -1.");
  if (topic.num_partitions != -1)
    return refuse(out, error_code::invalid_request,
                  "A manual partition assignment was specified, but numPartitions was not set to -1.");
  std::set<std::int32_t> indexes;
  for (const auto& a : topic.assignments) {
    if (!indexes.insert(a.partition_index).second)
      return refuse(out, error_code::invalid_replica_assignment,
                    fmt::format("Found multiple manual partition assignments for partition {}", a.partition_index));
    if (auto why = replicas_fault(a.broker_ids)) return refuse(out, error_code::invalid_replica_assignment, *why);
  }
  if (*indexes.begin() != 0 || *indexes.rbegin() != static_cast<std::int32_t>(indexes.size()) - 1)
    return refuse(out, error_code::invalid_replica_assignment,
                  "partitions should be a consecutive 0-based integer sequence");
  partitions = static_cast<std::int32_t>(indexes.size());
  return true;
}

bool check_counts(const broker& b, const creatable& topic, std::int32_t& partitions, created& out) {
  if (topic.replication_factor < -1 || topic.replication_factor == 0)
    return refuse(out, error_code::invalid_replication_factor,
                  "Replication factor must be larger than 0, or -1 to use the default value.");
  if (topic.num_partitions < -1 || topic.num_partitions == 0)
    return refuse(out, error_code::invalid_partitions,
                  "Number of partitions was set to an invalid non-positive value.");
  if (topic.replication_factor > 1)
    return refuse(out, error_code::invalid_replication_factor,
                  fmt::format("Unable to replicate the partition {} time"
                              "(s): The target replication factor of {} cannot "
                              "be reached because only 1 broker(s) are registered.",
                              topic.replication_factor, topic.replication_factor));
  partitions = topic.num_partitions == -1 ? b.settings().num_partitions : topic.num_partitions;
  return true;
}

bool check_name(const creatable& topic, const log::store& store, created& out) {
  if (store.find(topic.name) || store.is_being_created(topic.name))
    return refuse(out, error_code::topic_already_exists, fmt::format("Topic '{}' already exists.", topic.name));
  if (auto why = topic_name_fault(topic.name)) return refuse(out, error_code::invalid_topic, *why);
  if (const auto other = colliding_topic(store, topic.name))
    return refuse(out, error_code::invalid_topic,
                  fmt::format("Topic '{}' collides with existing topic: {}", topic.name, *other));
  return true;
}

bool check_new_configs(const creatable& topic, created& out, config_values& configs) {
  for (const auto& config : topic.configs) {
    if (!config.value)
      return refuse(out, error_code::invalid_config,
                    fmt::format("Null value not supported for topic configs: {}", config.name));
    configs[std::string(config.name)] = *config.value;
  }
  if (auto why = check_configs(config_resource::topic, configs)) return refuse(out, error_code::invalid_config, *why);
  return true;
}

// In the order in which Kafka looks, since one fault is told. Fills in the defaults; an error goes into `out`.
bool check_new_topic(const broker& b, const creatable& topic, const log::store& store, created& out,
                     config_values& configs) {
  if (!check_name(topic, store, out) || !check_new_configs(topic, out, configs)) return false;
  std::int32_t partitions = 0;
  if (!(topic.assignments.empty() ? check_counts(b, topic, partitions, out)
                                  : check_assignments(topic, partitions, out)))
    return false;
  out.num_partitions = partitions;
  out.replication_factor = 1;
  return true;
}

void show_configs(const broker& b, const log::topic& t, created& out) {
  for (const shown_config& config : topic_configs(b, t))
    out.configs->push_back(
        {std::string(config.name), config.value(), config.read_only, static_cast<std::int8_t>(config.source()), false});
}

// Kafka's bound of a request; topics that it would refuse count, too.
bool is_excessive(const broker& b, const kafka::create_topics_request& request) {
  std::int64_t partitions = 0;
  for (const creatable& t : request.topics)
    partitions += !t.assignments.empty()   ? std::ssize(t.assignments)
                  : t.num_partitions == -1 ? b.settings().num_partitions
                                           : std::max(t.num_partitions, 1);
  return partitions > partitions_max;
}

}  // namespace

void create_topics(const call& c, kafka::create_topics_request& request) {
  broker& b = *c.of;
  const bool excessive = is_excessive(b, request);
  auto all = std::make_shared<gathered<kafka::create_topics_response>>(c);
  auto& topics = all->response.topics;
  topics.reserve(request.topics.size());  // references into it stay valid
  auto times = times_named(request.topics, &creatable::name);
  for (const creatable& topic : request.topics) {
    const auto named = times.extract(topic.name);
    if (named.empty()) continue;  // told of already
    created& out = topics.emplace_back();
    out.name = topic.name;
    if (excessive) {
      refuse(out, error_code::policy_violation, too_many);
      continue;
    }
    config_values configs;
    if (named.mapped() > 1) {
      refuse(out, error_code::invalid_request, named_twice);
      continue;
    }
    if (!check_new_topic(b, topic, b.store(), out, configs)) continue;
    const auto partitions = static_cast<std::size_t>(out.num_partitions);
    if (!has_room(b, partitions, out) || !within_quota(c, partitions, 6, out)) {
      out.num_partitions = out.replication_factor = -1;
      continue;
    }
    if (request.validate_only) {
      log::topic as_if;
      as_if.name = out.name;
      as_if.configs = std::move(configs);
      out.topic_id = uuid::make_v4();  // as Kafka: one that no topic will have
      show_configs(b, as_if, out);
      continue;
    }
    ++all->left;
    b.store().create_topic(out.name, out.num_partitions, configs, [c, all, &out](bool stored) {
      const auto t = c.of->store().find(out.name);
      if (stored && t) {
        out.topic_id = t->id;
        show_configs(*c.of, *t, out);
      } else {
        refuse(out, error_code::kafka_storage_error, not_stored);
      }
      all->done();
    });
  }
  throttle_mutations(c, all->response);
  all->done();
}

namespace {

using deletable = kafka::delete_topics_request::delete_topic_state;
using deleted = kafka::delete_topics_response::deletable_topic_result;

// What is named twice is not deleted at all, and told of once.
bool check_deletable(const deletable& topic, int times, deleted& out) {
  if (topic.name && topic.topic_id != uuid{})
    return refuse(out, error_code::invalid_request, "You may not specify both topic name and topic id.");
  if (!topic.name && topic.topic_id == uuid{})
    return refuse(out, error_code::invalid_request, "Neither topic name nor id were specified.");
  if (times > 1) return refuse(out, error_code::invalid_request, topic.name ? named_twice : "Duplicate topic id.");
  return true;
}

}  // namespace

void delete_topics(const call& c, kafka::delete_topics_request& request) {
  auto all = std::make_shared<gathered<kafka::delete_topics_response>>(c);
  for (const auto name : request.topic_names) request.topics.push_back({name, {}});
  const auto& topics = request.topics;
  auto& answers = all->response.responses;
  answers.reserve(topics.size());
  const auto key_of = [](const deletable& d) { return std::pair(d.name, d.topic_id); };
  auto times = times_named(topics, key_of);
  const auto names = times_named(topics, &deletable::name);
  const auto ids = times_named(topics, &deletable::topic_id);
  for (const deletable& topic : topics) {
    const bool once = !topic.name != (topic.topic_id == uuid{});
    const auto named = times.extract(key_of(topic));
    if (once && named.empty()) continue;  // told of already
    const auto t = topic.name ? c.of->store().find(*topic.name) : c.of->store().find(topic.topic_id);
    if (!topic.name && t && names.contains(t->name)) continue;  // its name's answer says so
    auto& out = answers.emplace_back();
    if (topic.name) out.name = std::string(*topic.name);
    out.topic_id = topic.topic_id;
    if (!check_deletable(topic, named.empty() ? 0 : named.mapped(), out)) continue;
    if (!t) {
      refuse(out, topic.name ? error_code::unknown_topic_or_partition : error_code::unknown_topic_id,
             topic.name ? not_hosted : "This server does not host this topic ID.");
      continue;
    }
    out.name = t->name;
    out.topic_id = t->id;
    if (topic.name && ids.contains(t->id)) {
      refuse(out, error_code::invalid_request, "The provided topic name maps to an ID that was already supplied.");
      continue;
    }
    if (!within_quota(c, t->partitions.size(), 5, out)) continue;
    ++all->left;
    c.of->store().delete_topic(t->id, [all, &out](bool stored) {
      if (!stored) refuse(out, error_code::kafka_storage_error, not_stored);
      all->done();
    });
  }
  throttle_mutations(c, all->response);
  all->done();
}

namespace {

// How many partitions are added; 0: an error is in `out`.
std::size_t check_more_partitions(const kafka::create_partitions_request::create_partitions_topic& topic,
                                  const log::topic& t,
                                  kafka::create_partitions_response::create_partitions_topic_result& out) {
  const auto have = static_cast<std::int32_t>(t.partitions.size());
  if (topic.count <= have || topic.count > partitions_max) {
    refuse(
        out, error_code::invalid_partitions,
        topic.count > partitions_max ? fmt::format("A topic has {} partitions at most on this broker.", partitions_max)
        : topic.count == have        ? "Topic already has " + std::to_string(have) + " partition(s)."
                              : fmt::format("The topic {} currently has {} partition(s); {} would not be an increase.",
                                            t.name, have, topic.count));
    return 0;
  }
  const auto added = static_cast<std::size_t>(topic.count - have);
  if (!topic.assignments) return added;
  if (topic.assignments->size() != added) {
    refuse(out, error_code::invalid_replica_assignment,
           fmt::format("Attempted to add {} additional partition(s), but only {} assignment(s) were specified.", added,
                       topic.assignments->size()));
    return 0;
  }
  for (const auto& a : *topic.assignments)
    if (auto why = replicas_fault(a.broker_ids)) {
      refuse(out, error_code::invalid_replica_assignment, *why);
      return 0;
    }
  return added;
}

}  // namespace

void create_partitions(const call& c, kafka::create_partitions_request& request) {
  auto all = std::make_shared<gathered<kafka::create_partitions_response>>(c);
  auto& answers = all->response.results;
  answers.reserve(request.topics.size());
  auto times = times_named(request.topics, &kafka::create_partitions_request::create_partitions_topic::name);
  std::size_t added_by_all = 0;
  for (const auto& topic : request.topics) {
    const auto named = times.extract(topic.name);
    if (named.empty()) continue;  // told of already
    auto& out = answers.emplace_back();
    out.name = topic.name;
    const auto t = c.of->store().find(topic.name);
    if (named.mapped() > 1) {
      refuse(out, error_code::invalid_request, named_twice);
      continue;
    }
    if (!t) {
      refuse(out, error_code::unknown_topic_or_partition, not_hosted);
      continue;
    }
    const std::size_t added = check_more_partitions(topic, *t, out);
    if (added == 0) continue;
    if (added + added_by_all > std::size_t{partitions_max}) {
      refuse(out, error_code::policy_violation, too_many);
      continue;
    }
    if (!has_room(*c.of, added, out) || !within_quota(c, added, 3, out)) continue;
    added_by_all += added;
    if (request.validate_only) continue;
    ++all->left;
    c.of->store().add_partitions(t->id, topic.count, [all, &out](bool stored) {
      if (!stored) refuse(out, error_code::kafka_storage_error, not_stored);
      all->done();
    });
  }
  throttle_mutations(c, all->response);
  all->done();
}

void delete_records(const call& c, kafka::delete_records_request& request) {
  auto all = std::make_shared<gathered<kafka::delete_records_response>>(c);
  all->response.topics.reserve(request.topics.size());
  for (const auto& topic : request.topics) {
    auto& topic_answer = all->response.topics.emplace_back();
    topic_answer.name = topic.name;
    topic_answer.partitions.reserve(topic.partitions.size());
    const auto t = c.of->store().find(topic.name);
    for (const auto& p : topic.partitions) {
      auto& out = topic_answer.partitions.emplace_back();
      out.partition_index = p.partition_index;
      out.low_watermark = -1;
      if (!t || p.partition_index < 0 || static_cast<std::size_t>(p.partition_index) >= t->partitions.size()) {
        out.error_code = kafka::code(error_code::unknown_topic_or_partition);
        continue;
      }
      if (t->is_compacted() && !t->is_deleted()) {
        out.error_code = kafka::code(error_code::policy_violation);
        continue;
      }
      const log::partition& partition = *t->partitions[static_cast<std::size_t>(p.partition_index)];
      const std::int64_t before = p.offset == -1 ? partition.high_watermark() : p.offset;
      if (before < 0 || before > partition.high_watermark()) {
        out.error_code = kafka::code(error_code::offset_out_of_range);
        continue;
      }
      ++all->left;
      c.of->store().delete_records(t, p.partition_index, before, [all, t, &out](bool stored) {
        if (stored)
          out.low_watermark = t->partitions[static_cast<std::size_t>(out.partition_index)]->log_start();
        else
          out.error_code = kafka::code(error_code::kafka_storage_error);
        all->done();
      });
    }
  }
  all->done();
}

}  // namespace mes::bus::handlers
