// Rules of topics, configurations, the cluster, and of the rules themselves.
#include <set>

#include "bus/handlers/authorize_parts.h"
#include "wire/kafka/generated/admin.h"
#include "wire/kafka/generated/security.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;

namespace {

constexpr std::string_view not_authorized = "Cluster authorization failed.";

// APIs that are about the cluster as a whole and answer with one error.
template <class Response>
bool of_cluster(call& c, operation what) {
  if (!c.authorizes() || allowed_cluster(c, what)) return true;
  return refuse_whole<Response>(c, error_code::cluster_authorization_failed);
}

template <class Parts>
void refuse_each(Parts& parts, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto& part = parts.emplace_back();
    part.error_code = kafka::code(error_code::cluster_authorization_failed);
    part.error_message = not_authorized;
  }
}

// Kafka's numbers of configured things (ConfigResource.Type).
constexpr std::int8_t of_topic = 2, of_group = 32;

bool allowed_config(const requester& c, operation what, std::int8_t type, std::string_view name) {
  if (type == of_topic) return allowed_topic(c, what, name);
  if (type == of_group) return allowed_group(c, what, name);
  return allowed_cluster(c, what);
}

error_code config_error(std::int8_t type) {
  if (type == of_topic) return error_code::topic_authorization_failed;
  return type == of_group ? error_code::group_authorization_failed : error_code::cluster_authorization_failed;
}

template <class Part, class Resources>
std::vector<Part> refuse_configs(const call& c, Resources& resources, operation what) {
  std::vector<Part> refused;
  for (const auto& r :
       take_out(resources, [&](const auto& r) { return !allowed_config(c, what, r.resource_type, r.resource_name); })) {
    Part& out = refused.emplace_back();
    out.resource_type = r.resource_type;
    out.resource_name = r.resource_name;
    out.error_code = kafka::code(config_error(r.resource_type));
    out.error_message.reset();
  }
  return refused;
}

}  // namespace

bool authorize(call& c, kafka::create_topics_request& request) {
  if (!c.authorizes()) return true;
  using created = kafka::create_topics_response::creatable_topic_result;
  const bool all = allowed_cluster(c, operation::create);
  std::vector<created> refused;
  for (const auto& t :
       take_out(request.topics, [&](const auto& t) { return !all && !allowed_topic(c, operation::create, t.name); })) {
    created& out = refused.emplace_back();
    out.name = t.name;
    out.error_code = kafka::code(error_code::topic_authorization_failed);
    out.error_message = "Authorization failed.";
  }
  // Who may not describe a topic's settings does not learn them by making it.
  c.amend<kafka::create_topics_response>([by = requester(c)](kafka::create_topics_response& r) {
    for (created& t : r.topics) {
      if (t.error_code != 0 || allowed_topic(by, operation::describe_configs, t.name)) continue;
      t.topic_config_error_code = kafka::code(error_code::topic_authorization_failed);
      t.configs.reset();
      t.num_partitions = -1;
      t.replication_factor = -1;
    }
  });
  append_to_answer<&kafka::create_topics_response::topics, kafka::create_topics_response>(c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::delete_topics_request& request) {
  if (!c.authorizes() || allowed_cluster(c, operation::remove)) return true;
  std::vector<kafka::delete_topics_response::deletable_topic_result> refused;
  const auto refuse = [&](std::optional<std::string> name, const uuid& id) {
    auto& out = refused.emplace_back();
    out.name = std::move(name);
    out.topic_id = id;
    out.error_code = kafka::code(error_code::topic_authorization_failed);
    out.error_message = "Topic authorization failed.";
  };
  // Who may describe a topic learns that there is none, whether or not he might delete it.
  const auto denied = [&](std::string_view name) {
    if (!allowed_topic(c, operation::describe, name)) return true;
    return c.of->store().find(name) && !allowed_topic(c, operation::remove, name);
  };
  for (const auto name : take_out(request.topic_names, denied)) refuse(std::string(name), {});
  for (const auto& t : take_out(request.topics, [&](const auto& t) {
         if (t.name) return denied(*t.name);
         const std::string name = name_of_topic(c, t.topic_id);
         return !name.empty() && !allowed_topic(c, operation::remove, name);
       })) {
    // A name is told to those alone who may describe the topic.
    const std::string known = t.name ? std::string(*t.name) : name_of_topic(c, t.topic_id);
    const bool tell = t.name || allowed_topic(c, operation::describe, known);
    refuse(tell ? std::optional(known) : std::nullopt, t.topic_id);
  }
  append_to_answer<&kafka::delete_topics_response::responses, kafka::delete_topics_response>(c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::delete_records_request& request) {
  if (!c.authorizes()) return true;
  std::vector<kafka::delete_records_response::delete_records_topic_result> refused;
  for (const auto& t :
       take_out(request.topics, [&](const auto& t) { return !allowed_topic(c, operation::remove, t.name); })) {
    auto& out = refused.emplace_back();
    out.name = t.name;
    for (const auto& p : t.partitions)
      out.partitions.push_back({p.partition_index, -1, kafka::code(error_code::topic_authorization_failed)});
  }
  append_to_answer<&kafka::delete_records_response::topics, kafka::delete_records_response>(c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::create_partitions_request& request) {
  if (!c.authorizes()) return true;
  std::vector<kafka::create_partitions_response::create_partitions_topic_result> refused;
  for (const auto& t :
       take_out(request.topics, [&](const auto& t) { return !allowed_topic(c, operation::alter, t.name); }))
    refused.push_back({std::string(t.name), kafka::code(error_code::topic_authorization_failed), std::nullopt});
  append_to_answer<&kafka::create_partitions_response::results, kafka::create_partitions_response>(c,
                                                                                                   std::move(refused));
  return true;
}

bool authorize(call& c, kafka::describe_configs_request& request) {
  if (!c.authorizes()) return true;
  append_to_answer<&kafka::describe_configs_response::results, kafka::describe_configs_response>(
      c, refuse_configs<kafka::describe_configs_response::describe_configs_result>(c, request.resources,
                                                                                   operation::describe_configs));
  return true;
}

bool authorize(call& c, kafka::alter_configs_request& request) {
  if (!c.authorizes()) return true;
  append_to_answer<&kafka::alter_configs_response::responses, kafka::alter_configs_response>(
      c, refuse_configs<kafka::alter_configs_response::alter_configs_resource_response>(c, request.resources,
                                                                                        operation::alter_configs));
  return true;
}

bool authorize(call& c, kafka::incremental_alter_configs_request& request) {
  if (!c.authorizes()) return true;
  using refused = kafka::incremental_alter_configs_response::alter_configs_resource_response;
  append_to_answer<&kafka::incremental_alter_configs_response::responses, kafka::incremental_alter_configs_response>(
      c, refuse_configs<refused>(c, request.resources, operation::alter_configs));
  return true;
}

bool authorize(call& c, kafka::list_config_resources_request&) {
  return of_cluster<kafka::list_config_resources_response>(c, operation::describe_configs);
}

bool authorize(call& c, kafka::describe_cluster_request& request) {
  if (request.include_cluster_authorized_operations)
    c.amend<kafka::describe_cluster_response>([by = requester(c)](kafka::describe_cluster_response& r) {
      if (r.error_code != 0) return;
      r.cluster_authorized_operations = allowed_cluster(by, operation::describe)
                                            ? allowed_bits(by, resource_type::cluster, security::cluster_name)
                                            : 0;
    });
  return true;
}

bool authorize(call& c, kafka::describe_log_dirs_request&) {
  return of_cluster<kafka::describe_log_dirs_response>(c, operation::describe);
}

bool authorize(call& c, kafka::describe_topic_partitions_request& request) {
  using described = kafka::describe_topic_partitions_response::describe_topic_partitions_response_topic;
  c.amend<kafka::describe_topic_partitions_response>([by = requester(c)](kafka::describe_topic_partitions_response& r) {
    for (described& t : r.topics)
      if (t.error_code != kafka::code(error_code::invalid_request) &&
          t.error_code != kafka::code(error_code::topic_authorization_failed))
        t.topic_authorized_operations = allowed_bits(by, resource_type::topic, t.name.value_or(""));
  });
  if (!c.authorizes() || request.topics.empty()) return true;  // of all the handler leaves out what is hidden
  std::vector<described> refused;
  for (const auto& t :
       take_out(request.topics, [&](const auto& t) { return !allowed_topic(c, operation::describe, t.name); })) {
    if (request.cursor && t.name < request.cursor->topic_name) continue;  // of a page before
    described& out = refused.emplace_back();
    out.name = t.name;
    out.error_code = kafka::code(error_code::topic_authorization_failed);
  }
  if (request.topics.empty()) {
    kafka::describe_topic_partitions_response response;
    response.topics = std::move(refused);
    c.answer(response);
    return false;
  }
  append_to_answer<&kafka::describe_topic_partitions_response::topics, kafka::describe_topic_partitions_response>(
      c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::describe_producers_request& request) {
  if (!c.authorizes()) return true;
  std::vector<kafka::describe_producers_response::topic_response> refused;
  for (const auto& t :
       take_out(request.topics, [&](const auto& t) { return !allowed_topic(c, operation::read, t.name); })) {
    auto& out = refused.emplace_back();
    out.name = t.name;
    for (const std::int32_t index : t.partition_indexes) {
      auto& p = out.partitions.emplace_back();
      p.partition_index = index;
      p.error_code = kafka::code(error_code::topic_authorization_failed);
    }
  }
  append_to_answer<&kafka::describe_producers_response::topics, kafka::describe_producers_response>(c,
                                                                                                    std::move(refused));
  return true;
}

bool authorize(call& c, kafka::elect_leaders_request&) {
  return of_cluster<kafka::elect_leaders_response>(c, operation::alter);
}
bool authorize(call& c, kafka::alter_partition_reassignments_request&) {
  return of_cluster<kafka::alter_partition_reassignments_response>(c, operation::alter);
}
bool authorize(call& c, kafka::list_partition_reassignments_request&) {
  return of_cluster<kafka::list_partition_reassignments_response>(c, operation::describe);
}

// ---- Quotas, users, ACLs ----

bool authorize(call& c, kafka::describe_client_quotas_request&) {
  return of_cluster<kafka::describe_client_quotas_response>(c, operation::describe_configs);
}

bool authorize(call& c, kafka::alter_client_quotas_request& request) {
  if (!c.authorizes() || allowed_cluster(c, operation::alter_configs)) return true;
  kafka::alter_client_quotas_response response;
  refuse_each(response.entries, request.entries.size());
  for (std::size_t i = 0; i < request.entries.size(); ++i)
    for (const auto& e : request.entries[i].entity)
      response.entries[i].entity.push_back(
          {std::string(e.entity_type), e.entity_name ? std::optional<std::string>(*e.entity_name) : std::nullopt});
  c.answer(response);
  return false;
}

bool authorize(call& c, kafka::describe_user_scram_credentials_request&) {
  return of_cluster<kafka::describe_user_scram_credentials_response>(c, operation::describe);
}

bool authorize(call& c, kafka::alter_user_scram_credentials_request& request) {
  if (!c.authorizes() || allowed_cluster(c, operation::alter)) return true;
  std::set<std::string_view> users;
  for (const auto& d : request.deletions) users.insert(d.name);
  for (const auto& u : request.upsertions) users.insert(u.name);
  kafka::alter_user_scram_credentials_response response;
  refuse_each(response.results, users.size());
  for (std::size_t i = 0; const std::string_view user : users) response.results[i++].user = user;
  c.answer(response);
  return false;
}

bool authorize(call& c, kafka::describe_acls_request&) {
  return of_cluster<kafka::describe_acls_response>(c, operation::describe);
}

bool authorize(call& c, kafka::create_acls_request& request) {
  if (!c.authorizes() || allowed_cluster(c, operation::alter)) return true;
  kafka::create_acls_response response;
  refuse_each(response.results, request.creations.size());
  c.answer(response);
  return false;
}

bool authorize(call& c, kafka::delete_acls_request& request) {
  if (!c.authorizes() || allowed_cluster(c, operation::alter)) return true;
  kafka::delete_acls_response response;
  refuse_each(response.filter_results, request.filters.size());
  c.answer(response);
  return false;
}

bool authorize(call&, kafka::sasl_handshake_request&) { return true; }
bool authorize(call&, kafka::sasl_authenticate_request&) { return true; }

}  // namespace mes::bus::handlers
