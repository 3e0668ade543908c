#include <algorithm>
#include <set>
#include <utility>

#include "bus/handlers/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

void fill(const broker& b, const log::store& store, const log::topic& t,
          kafka::metadata_response::metadata_response_topic& out) {
  out.name = t.name;
  out.topic_id = t.id;
  for (std::size_t i = 0; i < t.partitions.size(); ++i) {
    auto& p = out.partitions.emplace_back();
    p.partition_index = static_cast<std::int32_t>(i);
    p.leader_id = b.node_id;
    p.leader_epoch = store.leader_epoch();
    p.replica_nodes = {b.node_id};
    p.isr_nodes = {b.node_id};
  }
}

struct wanted {
  std::string name;
  uuid id;
  error_code error = error_code::none;
};

void answer(const call& c, const std::vector<wanted>& topics) {
  broker& b = *c.of;
  kafka::metadata_response response;
  auto& self = response.brokers.emplace_back();
  self.node_id = b.node_id;
  const security::listener here = c.advertised();
  self.host = here.advertised_host;
  self.port = here.advertised_port;
  response.cluster_id = b.store().cluster_id().to_hex();
  response.controller_id = b.node_id;
  for (const wanted& w : topics) {
    auto& out = response.topics.emplace_back();
    const auto t = w.name.empty() ? b.store().find(w.id) : b.store().find(w.name);
    if (t) {
      fill(b, b.store(), *t, out);
      continue;
    }
    if (!w.name.empty() || w.error != error_code::none || c.version < 12) out.name = w.name;
    out.topic_id = w.id;
    error_code error = w.error;
    if (error == error_code::none)
      error = w.name.empty() ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition;
    out.error_code = kafka::code(error);
  }
  c.answer(response);
}

using asked_topic = kafka::metadata_request::metadata_request_topic;

// Topics have ids from version 10 on, but are asked for by them from version 12 on.
bool refuse_ids(const call& c, const kafka::metadata_request& request) {
  if (!request.topics || c.version >= 12) return false;
  const bool fine = std::ranges::all_of(
      *request.topics, [](const asked_topic& t) { return t.name.has_value() && t.topic_id == uuid{}; });
  if (fine) return false;
  kafka::metadata_response response;
  for (const asked_topic& t : *request.topics) {
    auto& out = response.topics.emplace_back();
    out.error_code = kafka::code(error_code::invalid_request);
    out.name = t.name.value_or("");
    out.topic_id = t.topic_id;
  }
  call bare = c;  // nothing is told beside the error
  bare.amendments.reset();
  bare.answer(response);
  return true;
}

// What is asked for twice is answered once. If ids are among what is asked for, names are not looked at.
std::vector<asked_topic> once_each(const std::vector<asked_topic>& topics) {
  const bool by_id = std::ranges::any_of(topics, [](const asked_topic& t) { return t.topic_id != uuid{}; });
  std::set<std::pair<uuid, std::string_view>> seen;
  std::vector<asked_topic> once;
  for (const asked_topic& t : topics) {
    if (by_id && t.topic_id == uuid{}) continue;
    const std::string_view name = by_id ? std::string_view{} : t.name.value_or(std::string_view{});
    if (seen.emplace(t.topic_id, name).second) once.push_back(by_id ? asked_topic{t.topic_id, std::nullopt} : t);
  }
  return once;
}

// Beyond the bounds of CreateTopics none is made: as in Kafka, they stay unknown.
bool has_room_for_missing(broker& b, const std::vector<asked_topic>& topics) {
  const auto missing = static_cast<std::size_t>(std::ranges::count_if(topics, [&](const asked_topic& t) {
    return t.name && is_topic_name(*t.name) && !b.store().find(*t.name) && !b.store().is_being_created(*t.name);
  }));
  const std::size_t partitions = missing * static_cast<std::size_t>(b.settings().num_partitions);
  return partitions <= partitions_max && b.has_room_for(partitions);
}

}  // namespace

std::optional<std::string> colliding_topic(const log::store& store, std::string_view name) {
  if (name.find_first_of("._") == std::string_view::npos) return std::nullopt;
  const auto in_metrics = [](char ch) { return ch == '.' ? '_' : ch; };
  const auto found = std::ranges::find_if(store.topics(), [&](const auto& entry) {
    return std::ranges::equal(entry.first, name, {}, in_metrics, in_metrics);
  });
  return found == store.topics().end() ? std::nullopt : std::optional(found->first);
}

void metadata(const call& c, kafka::metadata_request& request) {
  broker& b = *c.of;
  if (refuse_ids(c, request)) return;
  auto topics = std::make_shared<std::vector<wanted>>();
  if (!request.topics || (c.version == 0 && request.topics->empty())) {
    for (const auto& [name, t] : b.store().topics()) topics->push_back({name, t->id});
    return answer(c, *topics);
  }
  const std::vector<asked_topic> asked = once_each(*request.topics);
  const bool may_create =
      b.settings().auto_create_topics && request.allow_auto_topic_creation && has_room_for_missing(b, asked);
  auto creating = std::make_shared<std::size_t>(1);  // and this function
  const auto one_done = [c, topics, creating] {
    if (--*creating == 0) answer(c, *topics);
  };
  for (const asked_topic& t : asked) {
    wanted& w = topics->emplace_back(std::string(t.name.value_or("")), t.topic_id);
    const bool by_id = !t.name && c.version >= 10;
    if (by_id || b.store().find(w.name)) continue;
    if (!is_topic_name(w.name)) {
      w.error = error_code::invalid_topic;
      continue;
    }
    if (!may_create || colliding_topic(b.store(), w.name)) continue;  // as in Kafka, it stays unknown
    // Kafka answers LEADER_NOT_AVAILABLE until the topic is there; waiting for it spares the client a round.
    ++*creating;
    const std::size_t at = topics->size() - 1;
    b.store().create_topic(w.name, b.settings().num_partitions, {}, [topics, at, one_done](bool stored) {
      if (!stored) (*topics)[at].error = error_code::kafka_storage_error;
      one_done();
    });
  }
  one_done();
}

}  // namespace mes::bus::handlers
