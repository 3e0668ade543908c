// Rules of produce, fetch and what finds offsets and topics.
#include <set>

#include "bus/handlers/authorize_parts.h"
#include "bus/handlers/data.h"
#include "bus/handlers/record_checks.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;

bool allowed(const requester& c, operation what, resource_type resource, std::string_view name) {
  return c.of->access().acls().allows(c.who->principal, c.who->host, what, resource, name);
}

std::int32_t allowed_bits(const requester& c, resource_type resource, std::string_view name) {
  return c.of->access().acls().allowed_bits(c.who->principal, c.who->host, resource, name);
}

std::string name_of_topic(const requester& c, const uuid& id) {
  const auto t = c.of->store().find(id);
  return t ? t->name : std::string();
}

namespace {

// Of a topic that is named, or known by its id from some version on. One that is not there is the handler's affair.
bool denied_topic(const call& c, operation what, std::string_view name, const uuid& id, bool by_id) {
  if (!by_id) return !allowed_topic(c, what, name);
  const std::string found = name_of_topic(c, id);
  return !found.empty() && !allowed_topic(c, what, found);
}

std::vector<kafka::produce_response::topic_produce_response> refused_of(
    const std::vector<kafka::produce_request::topic_produce_data>& topics, error_code error) {
  std::vector<kafka::produce_response::topic_produce_response> refused;
  for (const auto& t : topics) {
    auto& out = refused.emplace_back();
    out.name = t.name;
    out.topic_id = t.topic_id;
    for (const auto& p : t.partition_data) {
      auto& part = out.partition_responses.emplace_back();
      part.index = p.index;
      part.error_code = kafka::code(error);
      part.base_offset = -1;
      part.log_start_offset = -1;
    }
  }
  return refused;
}

}  // namespace

bool authorize(call& c, kafka::produce_request& request) {
  if (!c.authorizes()) return true;
  if (request.transactional_id && is_transactional(request).value_or(false) &&
      !allowed_transaction(c, operation::write, *request.transactional_id)) {
    const auto all = std::exchange(request.topic_data, {});
    append_to_answer<&kafka::produce_response::responses, kafka::produce_response>(
        c, refused_of(all, error_code::transactional_id_authorization_failed));
    request.transactional_id.reset();
    return true;
  }
  const auto denied = take_out(request.topic_data, [&](const auto& t) {
    return denied_topic(c, operation::write, t.name, t.topic_id, c.version >= 13);
  });
  append_to_answer<&kafka::produce_response::responses, kafka::produce_response>(
      c, refused_of(denied, error_code::topic_authorization_failed));
  return true;
}

bool authorize(call& c, kafka::fetch_request& request) {
  security::quotas& limits = c.of->access().limits();
  // An answer is no larger than what ten seconds of the quota give, as in Kafka.
  if (limits.active())
    if (const auto rate = limits.limit(security::quota_kind::fetch, c.user(), c.client_id))
      request.max_bytes = static_cast<std::int32_t>(std::min<double>(request.max_bytes, std::max(*rate * 10, 1.0)));
  if (!c.authorizes()) return true;
  const auto denied = take_out(request.topics, [&](const auto& t) {
    return denied_topic(c, operation::read, t.topic, t.topic_id, c.version >= 13);
  });
  if (denied.empty()) return true;
  std::vector<kafka::fetch_response::fetchable_topic_response> refused;
  for (const auto& t : denied) {
    auto& out = refused.emplace_back();
    out.topic = t.topic;
    out.topic_id = t.topic_id;
    for (const auto& p : t.partitions) {
      auto& part = out.partitions.emplace_back();
      part.partition_index = p.partition;
      part.error_code = kafka::code(error_code::topic_authorization_failed);
      part.high_watermark = -1;
    }
  }
  request.max_wait_ms = 0;  // an error is told at once
  append_to_answer<&kafka::fetch_response::responses, kafka::fetch_response>(c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::list_offsets_request& request) {
  if (!c.authorizes()) return true;
  const auto denied =
      take_out(request.topics, [&](const auto& t) { return !allowed_topic(c, operation::describe, t.name); });
  std::vector<kafka::list_offsets_response::list_offsets_topic_response> refused;
  for (const auto& t : denied) {
    auto& out = refused.emplace_back();
    out.name = t.name;
    for (const auto& p : t.partitions) {
      auto& part = out.partitions.emplace_back();
      part.partition_index = p.partition_index;
      part.error_code = kafka::code(error_code::topic_authorization_failed);
    }
  }
  append_to_answer<&kafka::list_offsets_response::topics, kafka::list_offsets_response>(c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::offset_for_leader_epoch_request& request) {
  // It was for brokers alone once.
  if (!c.authorizes() || allowed_cluster(c, operation::cluster_action)) return true;
  const auto denied =
      take_out(request.topics, [&](const auto& t) { return !allowed_topic(c, operation::describe, t.topic); });
  std::vector<kafka::offset_for_leader_epoch_response::offset_for_leader_topic_result> refused;
  for (const auto& t : denied) {
    auto& out = refused.emplace_back();
    out.topic = t.topic;
    for (const auto& p : t.partitions) {
      auto& part = out.partitions.emplace_back();
      part.partition = p.partition;
      part.error_code = kafka::code(error_code::topic_authorization_failed);
    }
  }
  append_to_answer<&kafka::offset_for_leader_epoch_response::topics, kafka::offset_for_leader_epoch_response>(
      c, std::move(refused));
  return true;
}

// Topics that may not be described are not told of: of all topics they are left out, by name or id they are refused,
// and an id's name is not told.
bool authorize(call& c, kafka::metadata_request& request) {
  const bool topic_bits = request.include_topic_authorized_operations;
  const bool cluster_bits = request.include_cluster_authorized_operations;
  if (topic_bits || cluster_bits)
    c.amend<kafka::metadata_response>([by = requester(c), topic_bits, cluster_bits](kafka::metadata_response& r) {
      if (cluster_bits)
        r.cluster_authorized_operations = allowed_cluster(by, operation::describe)
                                              ? allowed_bits(by, resource_type::cluster, security::cluster_name)
                                              : 0;
      if (!topic_bits) return;
      for (auto& t : r.topics)
        if (t.error_code != kafka::code(error_code::unknown_topic_id) &&
            t.error_code != kafka::code(error_code::invalid_request))
          t.topic_authorized_operations = allowed_bits(by, resource_type::topic, t.name.value_or(""));
    });
  if (!c.authorizes()) return true;
  if (!request.topics || (c.version == 0 && request.topics->empty())) {
    c.amend<kafka::metadata_response>([by = requester(c)](kafka::metadata_response& r) {
      std::erase_if(r.topics,
                    [&](const auto& t) { return !allowed_topic(by, operation::describe, t.name.value_or("")); });
    });
    return true;
  }
  const bool may_create_all = allowed_cluster(c, operation::create);
  const auto denied = take_out(*request.topics, [&](const auto& t) {
    const std::string name = t.name ? std::string(*t.name) : name_of_topic(c, t.topic_id);
    if (name.empty()) return false;
    if (!allowed_topic(c, operation::describe, name)) return true;
    return request.allow_auto_topic_creation && c.of->settings().auto_create_topics && !c.of->store().find(name) &&
           !may_create_all && !allowed_topic(c, operation::create, name);
  });
  std::vector<kafka::metadata_response::metadata_response_topic> refused;
  for (const auto& t : denied) {
    auto& out = refused.emplace_back();
    const bool by_id = !t.name;
    out.error_code = kafka::code(error_code::topic_authorization_failed);
    if (!by_id || c.version < 12) out.name = t.name.value_or("");
    if (by_id) out.topic_id = t.topic_id;
  }
  // None is left: in version 0 that would ask for all.
  if (request.topics->empty()) c.amend<kafka::metadata_response>([](kafka::metadata_response& r) { r.topics.clear(); });
  append_to_answer<&kafka::metadata_response::topics, kafka::metadata_response>(c, std::move(refused));
  return true;
}

bool authorize(call&, kafka::api_versions_request&) { return true; }

}  // namespace mes::bus::handlers
