#include "bus/handlers/admin.h"

#include <algorithm>
#include <memory>

#include "bus/configs.h"
#include "bus/handlers/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

// Answers when all parts of it are done: made with one part, the handler itself.
template <class Response>
struct gathered {
  call from;
  Response response;
  std::size_t left = 1;

  void done() {
    if (--left == 0) from.answer(response);
  }
};

template <class Part>
void refuse(Part& part, error_code error, std::string why) {
  part.error_code = kafka::code(error);
  part.error_message = std::move(why);
}

using creatable = kafka::create_topics_request::creatable_topic;
using created = kafka::create_topics_response::creatable_topic_result;

constexpr std::int32_t partitions_max = 10'000;

// Fills in the defaults; an error goes into `out`.
bool check_new_topic(const broker& b, const creatable& topic, const log::store& store, created& out,
                     std::map<std::string, std::string>& configs) {
  if (!is_topic_name(topic.name))
    return refuse(out, error_code::invalid_topic, "A topic's name has 1 to 249 of a-z A-Z 0-9 . _ -"), false;
  if (store.find(topic.name) || store.is_being_created(topic.name))
    return refuse(out, error_code::topic_already_exists, "Topic '" + out.name + "' already exists."), false;
  if (!topic.assignments.empty() && (topic.num_partitions != -1 || topic.replication_factor != -1))
    return refuse(out, error_code::invalid_request, "Either assignments or counts, not both"), false;
  for (const auto& a : topic.assignments)
    if (a.broker_ids != std::vector{b.node_id} || a.partition_index < 0 ||
        static_cast<std::size_t>(a.partition_index) >= topic.assignments.size())
      return refuse(out, error_code::invalid_replica_assignment, "There is one broker, of id 1"), false;
  out.num_partitions = topic.num_partitions;
  if (!topic.assignments.empty()) out.num_partitions = static_cast<std::int32_t>(topic.assignments.size());
  if (out.num_partitions == -1) out.num_partitions = b.settings().num_partitions;
  if (out.num_partitions < 1 || out.num_partitions > partitions_max)
    return refuse(out, error_code::invalid_partitions, "Number of partitions must be from 1 to 10000"), false;
  if (topic.replication_factor != -1 && topic.replication_factor != 1)
    return refuse(out, error_code::invalid_replication_factor, "Replication factor is 1: there is one broker"), false;
  out.replication_factor = 1;
  for (const auto& config : topic.configs) {
    if (!config.value) continue;  // null: the default
    if (auto why = check_topic_config(config.name, *config.value))
      return refuse(out, error_code::invalid_config, std::move(*why)), false;
    configs[std::string(config.name)] = *config.value;
  }
  return true;
}

void show_configs(const broker& b, const log::topic& t, created& out) {
  for (auto& config : topic_configs(b, t))
    out.configs->push_back({std::move(config.name), std::move(config.value), config.read_only,
                            static_cast<std::int8_t>(config.is_default ? 5 : 1), false});
}

}  // namespace

void create_topics(const call& c, kafka::create_topics_request& request) {
  broker& b = *c.of;
  auto all = std::make_shared<gathered<kafka::create_topics_response>>(c);
  auto& topics = all->response.topics;
  topics.reserve(request.topics.size());  // references into it stay valid
  for (const creatable& topic : request.topics) {
    created& out = topics.emplace_back();
    out.name = topic.name;
    std::map<std::string, std::string> configs;
    if (std::ranges::count(request.topics, topic.name, &creatable::name) > 1) {
      refuse(out, error_code::invalid_request, "The topic is named more than once");
      continue;
    }
    if (!check_new_topic(b, topic, b.store(), out, configs) || request.validate_only) continue;
    ++all->left;
    b.store().create_topic(out.name, out.num_partitions, std::move(configs), [c, all, &out](bool stored) {
      const auto t = c.of->store().find(out.name);
      if (stored && t) {
        out.topic_id = t->id;
        show_configs(*c.of, *t, out);
      } else {
        refuse(out, error_code::kafka_storage_error, "The log could not be written");
      }
      all->done();
    });
  }
  all->done();
}

void delete_topics(const call& c, kafka::delete_topics_request& request) {
  auto all = std::make_shared<gathered<kafka::delete_topics_response>>(c);
  for (const auto name : request.topic_names) request.topics.push_back({name, {}});
  auto& answers = all->response.responses;
  answers.reserve(request.topics.size());
  for (const auto& topic : request.topics) {
    auto& out = answers.emplace_back();
    const auto t = topic.name ? c.of->store().find(*topic.name) : c.of->store().find(topic.topic_id);
    if (topic.name) out.name = std::string(*topic.name);
    out.topic_id = topic.topic_id;
    if (!t) {
      refuse(out, topic.name ? error_code::unknown_topic_or_partition : error_code::unknown_topic_id,
             "This server does not host this topic");
      continue;
    }
    out.name = t->name;
    out.topic_id = t->id;
    ++all->left;
    c.of->store().delete_topic(t->id, [all, &out](bool stored) {
      if (!stored) refuse(out, error_code::kafka_storage_error, "The log could not be written");
      all->done();
    });
  }
  all->done();
}

void create_partitions(const call& c, kafka::create_partitions_request& request) {
  auto all = std::make_shared<gathered<kafka::create_partitions_response>>(c);
  auto& answers = all->response.results;
  answers.reserve(request.topics.size());
  for (const auto& topic : request.topics) {
    auto& out = answers.emplace_back();
    out.name = topic.name;
    const auto t = c.of->store().find(topic.name);
    if (!t) {
      refuse(out, error_code::unknown_topic_or_partition, "This server does not host this topic");
    } else if (topic.count <= static_cast<std::int32_t>(t->partitions.size()) || topic.count > partitions_max) {
      refuse(
          out, error_code::invalid_partitions,
          "The topic has " + std::to_string(t->partitions.size()) + " partitions: only more is possible, up to 10000");
    } else if (!request.validate_only) {
      ++all->left;
      c.of->store().add_partitions(t->id, topic.count, [all, &out](bool stored) {
        if (!stored) refuse(out, error_code::kafka_storage_error, "The log could not be written");
        all->done();
      });
    }
  }
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

void describe_configs(const call& c, kafka::describe_configs_request& request) {
  constexpr std::int8_t topic_resource = 2, broker_resource = 4;
  constexpr std::int8_t from_topic = 1, from_static = 4, from_default = 5;
  broker& b = *c.of;
  kafka::describe_configs_response response;
  for (const auto& resource : request.resources) {
    auto& out = response.results.emplace_back();
    out.resource_type = resource.resource_type;
    out.resource_name = resource.resource_name;
    std::vector<shown_config> configs;
    if (resource.resource_type == topic_resource) {
      const auto t = b.store().find(resource.resource_name);
      if (!t) {
        refuse(out, error_code::unknown_topic_or_partition, "This server does not host this topic");
        continue;
      }
      configs = topic_configs(b, *t);
    } else if (resource.resource_type == broker_resource) {
      if (resource.resource_name.empty()) continue;  // dynamic defaults of the cluster: none are set
      configs = broker_configs(b);
    } else {
      refuse(out, error_code::invalid_request, "Configs of topics (2) and of the broker (4) can be described");
      continue;
    }
    for (auto& config : configs) {
      if (resource.configuration_keys &&
          std::ranges::find(*resource.configuration_keys, config.name) == resource.configuration_keys->end())
        continue;
      auto& shown = out.configs.emplace_back();
      shown.name = config.name;
      shown.value = config.value;
      shown.read_only = config.read_only;
      shown.config_source = config.read_only ? from_static : config.is_default ? from_default : from_topic;
      shown.config_type = static_cast<std::int8_t>(config.type);
      if (request.include_synonyms) shown.synonyms.push_back({config.name, config.value, shown.config_source});
    }
  }
  c.answer(response);
}

void describe_cluster(const call& c, kafka::describe_cluster_request& request) {
  const broker& b = *c.of;
  kafka::describe_cluster_response response;
  response.endpoint_type = request.endpoint_type;
  response.cluster_id = c.of->store().cluster_id().to_hex();
  response.controller_id = b.node_id;
  response.brokers.push_back({b.node_id,
                              b.settings().advertised_host.empty() ? c.local_host : b.settings().advertised_host,
                              b.port(), std::nullopt, false});
  c.answer(response);
}

}  // namespace mes::bus::handlers
