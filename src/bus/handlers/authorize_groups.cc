// Rules of consumer groups and transactions.
#include <set>

#include "bus/handlers/authorize_parts.h"
#include "wire/kafka/generated/groups.h"
#include "wire/kafka/generated/transactions.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;

namespace {

// Offsets of a group: the group, then each topic.
template <class Response, class Topics>
auto refused_offsets(const Topics& topics, error_code error) {
  decltype(Response::topics) refused;
  for (const auto& t : topics) {
    auto& out = refused.emplace_back();
    out.name = t.name;
    if constexpr (requires { out.topic_id = t.topic_id; }) out.topic_id = t.topic_id;
    for (const auto& p : t.partitions) {
      auto& part = out.partitions.emplace_back();
      part.partition_index = p.partition_index;
      part.error_code = kafka::code(error);
    }
  }
  return refused;
}

template <class Response, class Topics>
bool refuse_offsets(const call& c, const Topics& topics, error_code error) {
  Response response;
  response.topics = refused_offsets<Response>(topics, error);
  c.answer(response);
  return false;
}

template <class Response, class Topics>
void refuse_unreadable(call& c, Topics& topics) {
  const auto denied = take_out(topics, [&](const auto& t) {
    std::string name(t.name);
    if constexpr (requires { t.topic_id; })
      if (c.version >= 10) name = name_of_topic(c, t.topic_id);
    return !name.empty() && !allowed_topic(c, operation::read, name);
  });
  append_to_answer<&Response::topics, Response>(
      c, refused_offsets<Response>(denied, error_code::topic_authorization_failed));
}

// A group in whole: its members' requests.
template <class Response>
bool member_of(call& c, std::string_view group) {
  if (!c.authorizes() || allowed_group(c, operation::read, group)) return true;
  return refuse_whole<Response>(c, error_code::group_authorization_failed);
}

}  // namespace

bool authorize(call& c, kafka::find_coordinator_request& request) {
  if (!c.authorizes()) return true;
  constexpr std::int8_t for_group = 0;
  const error_code error = request.key_type == for_group ? error_code::group_authorization_failed
                                                         : error_code::transactional_id_authorization_failed;
  const auto is_denied = [&](std::string_view key) {
    return request.key_type == for_group ? !allowed_group(c, operation::describe, key)
                                         : !allowed_transaction(c, operation::describe, key);
  };
  if (c.version < 4) {
    if (!is_denied(request.key)) return true;
    kafka::find_coordinator_response response;
    response.error_code = kafka::code(error);
    response.node_id = response.port = -1;
    c.answer(response);
    return false;
  }
  std::vector<kafka::find_coordinator_response::coordinator> refused;
  for (const auto key : take_out(request.coordinator_keys, is_denied)) {
    auto& out = refused.emplace_back();
    out.key = key;
    out.node_id = out.port = -1;
    out.error_code = kafka::code(error);
  }
  append_to_answer<&kafka::find_coordinator_response::coordinators, kafka::find_coordinator_response>(
      c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::join_group_request& r) {
  if (!c.authorizes() || allowed_group(c, operation::read, r.group_id)) return true;
  kafka::join_group_response response;
  response.error_code = kafka::code(error_code::group_authorization_failed);
  response.protocol_name = "";
  c.answer(response);
  return false;
}
bool authorize(call& c, kafka::sync_group_request& r) { return member_of<kafka::sync_group_response>(c, r.group_id); }
bool authorize(call& c, kafka::heartbeat_request& r) { return member_of<kafka::heartbeat_response>(c, r.group_id); }
bool authorize(call& c, kafka::leave_group_request& r) { return member_of<kafka::leave_group_response>(c, r.group_id); }

bool authorize(call& c, kafka::offset_commit_request& request) {
  if (!c.authorizes()) return true;
  if (!allowed_group(c, operation::read, request.group_id))
    return refuse_offsets<kafka::offset_commit_response>(c, request.topics, error_code::group_authorization_failed);
  refuse_unreadable<kafka::offset_commit_response>(c, request.topics);
  return true;
}

bool authorize(call& c, kafka::offset_fetch_request& request) {
  if (!c.authorizes()) return true;
  if (c.version < 8) {
    if (!allowed_group(c, operation::describe, request.group_id)) {
      kafka::offset_fetch_response response;
      response.error_code = kafka::code(error_code::group_authorization_failed);
      if (request.topics)
        for (const auto& t : *request.topics) {
          auto& out = response.topics.emplace_back();
          out.name = t.name;
          for (const std::int32_t index : t.partition_indexes)
            out.partitions.push_back({index, -1, -1, "", response.error_code});
        }
      c.answer(response);
      return false;
    }
    if (!request.topics) {
      c.amend<kafka::offset_fetch_response>([by = requester(c)](kafka::offset_fetch_response& r) {
        std::erase_if(r.topics, [&](const auto& t) { return !allowed_topic(by, operation::describe, t.name); });
      });
      return true;
    }
    std::vector<kafka::offset_fetch_response::offset_fetch_response_topic> refused;
    for (const auto& t :
         take_out(*request.topics, [&](const auto& t) { return !allowed_topic(c, operation::describe, t.name); })) {
      auto& out = refused.emplace_back();
      out.name = t.name;
      for (const std::int32_t index : t.partition_indexes)
        out.partitions.push_back({index, -1, -1, "", kafka::code(error_code::topic_authorization_failed)});
    }
    append_to_answer<&kafka::offset_fetch_response::topics, kafka::offset_fetch_response>(c, std::move(refused));
    return true;
  }
  std::vector<kafka::offset_fetch_response::offset_fetch_response_group> refused;
  for (const auto& g :
       take_out(request.groups, [&](const auto& g) { return !allowed_group(c, operation::describe, g.group_id); })) {
    auto& out = refused.emplace_back();
    out.group_id = g.group_id;
    out.error_code = kafka::code(error_code::group_authorization_failed);
  }
  append_to_answer<&kafka::offset_fetch_response::groups, kafka::offset_fetch_response>(c, std::move(refused));
  // Of all its topics the group tells only those that may be described; those that are named are refused.
  std::set<std::string> whole;
  for (const auto& g : request.groups)
    if (!g.topics) whole.emplace(g.group_id);
  c.amend<kafka::offset_fetch_response>(
      [by = requester(c), version = c.version, whole](kafka::offset_fetch_response& r) {
        for (auto& g : r.groups) {
          const auto hidden = [&](const auto& t) {
            const std::string name = version >= 10 ? name_of_topic(by, t.topic_id) : t.name;
            return !name.empty() && !allowed_topic(by, operation::describe, name);
          };
          if (whole.contains(g.group_id)) {
            std::erase_if(g.topics, hidden);
            continue;
          }
          for (auto& t : g.topics)
            if (hidden(t))
              for (auto& p : t.partitions)
                p = {p.partition_index, -1, -1, "", kafka::code(error_code::topic_authorization_failed)};
        }
      });
  return true;
}

bool authorize(call& c, kafka::offset_delete_request& request) {
  if (!c.authorizes()) return true;
  if (!allowed_group(c, operation::remove, request.group_id))
    return refuse_whole<kafka::offset_delete_response>(c, error_code::group_authorization_failed);
  refuse_unreadable<kafka::offset_delete_response>(c, request.topics);
  return true;
}

bool authorize(call& c, kafka::describe_groups_request& request) {
  if (request.include_authorized_operations)
    c.amend<kafka::describe_groups_response>([by = requester(c)](kafka::describe_groups_response& r) {
      for (auto& g : r.groups)
        if (g.error_code == 0) g.authorized_operations = allowed_bits(by, resource_type::group, g.group_id);
    });
  if (!c.authorizes()) return true;
  std::vector<kafka::describe_groups_response::described_group> refused;
  for (const auto name :
       take_out(request.groups, [&](std::string_view g) { return !allowed_group(c, operation::describe, g); })) {
    auto& out = refused.emplace_back();
    out.group_id = name;
    out.error_code = kafka::code(error_code::group_authorization_failed);
  }
  append_to_answer<&kafka::describe_groups_response::groups, kafka::describe_groups_response>(c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::list_groups_request&) {
  if (!c.authorizes() || allowed_cluster(c, operation::describe)) return true;
  c.amend<kafka::list_groups_response>([by = requester(c)](kafka::list_groups_response& r) {
    std::erase_if(r.groups, [&](const auto& g) { return !allowed_group(by, operation::describe, g.group_id); });
  });
  return true;
}

bool authorize(call& c, kafka::delete_groups_request& request) {
  if (!c.authorizes()) return true;
  std::vector<kafka::delete_groups_response::deletable_group_result> refused;
  for (const auto name :
       take_out(request.groups_names, [&](std::string_view g) { return !allowed_group(c, operation::remove, g); }))
    refused.push_back({std::string(name), kafka::code(error_code::group_authorization_failed)});
  append_to_answer<&kafka::delete_groups_response::results, kafka::delete_groups_response>(c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::consumer_group_heartbeat_request& request) {
  if (!c.authorizes()) return true;
  if (!allowed_group(c, operation::read, request.group_id))
    return refuse_whole<kafka::consumer_group_heartbeat_response>(c, error_code::group_authorization_failed);
  if (request.subscribed_topic_names)
    for (const auto name : *request.subscribed_topic_names)
      if (!allowed_topic(c, operation::describe, name))
        return refuse_whole<kafka::consumer_group_heartbeat_response>(c, error_code::topic_authorization_failed);
  return true;
}

bool authorize(call& c, kafka::consumer_group_describe_request& request) {
  using described = kafka::consumer_group_describe_response::described_group;
  if (request.include_authorized_operations)
    c.amend<kafka::consumer_group_describe_response>([by = requester(c)](kafka::consumer_group_describe_response& r) {
      for (described& g : r.groups)
        if (g.error_code == 0) g.authorized_operations = allowed_bits(by, resource_type::group, g.group_id);
    });
  if (!c.authorizes()) return true;
  std::vector<described> refused;
  for (const auto name :
       take_out(request.group_ids, [&](std::string_view g) { return !allowed_group(c, operation::describe, g); })) {
    described& out = refused.emplace_back();
    out.group_id = name;
    out.error_code = kafka::code(error_code::group_authorization_failed);
  }
  append_to_answer<&kafka::consumer_group_describe_response::groups, kafka::consumer_group_describe_response>(
      c, std::move(refused));
  // A group with a topic that may not be described is not told of at all.
  c.amend<kafka::consumer_group_describe_response>([by = requester(c)](kafka::consumer_group_describe_response& r) {
    for (described& g : r.groups) {
      const auto hides = [&](const auto& assignment) {
        return std::ranges::any_of(assignment.topic_partitions, [&](const auto& t) {
          return !allowed_topic(by, operation::describe, t.topic_name);
        });
      };
      if (!std::ranges::any_of(g.members,
                               [&](const auto& m) { return hides(m.assignment) || hides(m.target_assignment); }))
        continue;
      described refusal;
      refusal.group_id = g.group_id;
      refusal.error_code = kafka::code(error_code::topic_authorization_failed);
      refusal.error_message = "The group has described topic(s) that the client is not authorized to describe.";
      g = std::move(refusal);
    }
  });
  return true;
}

// ---- Transactions ----

namespace {

template <class Response>
bool transaction_of(call& c, std::string_view id) {
  if (!c.authorizes() || allowed_transaction(c, operation::write, id)) return true;
  return refuse_whole<Response>(c, error_code::transactional_id_authorization_failed);
}

using result_of_topic = kafka::add_partitions_to_txn_response::add_partitions_to_txn_topic_result;

// Each topic's partitions with `error`, but for those that `error_of` says otherwise of.
template <class Topics, class ErrorOf>
std::vector<result_of_topic> refused_topics(const Topics& topics, ErrorOf&& error_of) {
  std::vector<result_of_topic> refused;
  for (const auto& t : topics) {
    auto& out = refused.emplace_back();
    out.name = t.name;
    for (const std::int32_t index : t.partitions)
      out.results_by_partition.push_back({index, kafka::code(error_of(t.name))});
  }
  return refused;
}

// All of a transaction's topics or none: what its partitions are answered, or nothing if it is allowed.
template <class Topics>
std::vector<result_of_topic> refused_transaction(const call& c, std::string_view id, const Topics& topics) {
  if (!allowed_transaction(c, operation::write, id))
    return refused_topics(topics, [](std::string_view) { return error_code::transactional_id_authorization_failed; });
  const auto may_write = [&](const auto& t) { return allowed_topic(c, operation::write, t.name); };
  if (std::ranges::all_of(topics, may_write)) return {};
  return refused_topics(topics, [&](std::string_view name) {
    return allowed_topic(c, operation::write, name) ? error_code::operation_not_attempted
                                                    : error_code::topic_authorization_failed;
  });
}

}  // namespace

bool authorize(call& c, kafka::init_producer_id_request& request) {
  if (!c.authorizes()) return true;
  if (request.transactional_id) return transaction_of<kafka::init_producer_id_response>(c, *request.transactional_id);
  if (allowed_cluster(c, operation::idempotent_write) ||
      c.of->access().acls().allows_any(c.who->principal, c.who->host, operation::write, resource_type::topic))
    return true;
  return refuse_whole<kafka::init_producer_id_response>(c, error_code::cluster_authorization_failed);
}

bool authorize(call& c, kafka::add_partitions_to_txn_request& request) {
  if (!c.authorizes()) return true;
  if (c.version >= 4)  // between brokers
    return allowed_cluster(c, operation::cluster_action) ||
           refuse_whole<kafka::add_partitions_to_txn_response>(c, error_code::cluster_authorization_failed);
  kafka::add_partitions_to_txn_response response;
  response.results_by_topic_v3_and_below =
      refused_transaction(c, request.v3_and_below_transactional_id, request.v3_and_below_topics);
  if (response.results_by_topic_v3_and_below.empty()) return true;
  c.answer(response);
  return false;
}

bool authorize(call& c, kafka::add_offsets_to_txn_request& request) {
  if (!transaction_of<kafka::add_offsets_to_txn_response>(c, request.transactional_id)) return false;
  return member_of<kafka::add_offsets_to_txn_response>(c, request.group_id);
}

bool authorize(call& c, kafka::end_txn_request& request) {
  return transaction_of<kafka::end_txn_response>(c, request.transactional_id);
}

bool authorize(call& c, kafka::txn_offset_commit_request& request) {
  if (!c.authorizes()) return true;
  using response = kafka::txn_offset_commit_response;
  if (!allowed_transaction(c, operation::write, request.transactional_id))
    return refuse_offsets<response>(c, request.topics, error_code::transactional_id_authorization_failed);
  if (!allowed_group(c, operation::read, request.group_id))
    return refuse_offsets<response>(c, request.topics, error_code::group_authorization_failed);
  refuse_unreadable<response>(c, request.topics);
  return true;
}

bool authorize(call& c, kafka::describe_transactions_request& request) {
  if (!c.authorizes()) return true;
  std::vector<kafka::describe_transactions_response::transaction_state_item> refused;
  for (const auto id : take_out(request.transactional_ids,
                                [&](std::string_view t) { return !allowed_transaction(c, operation::describe, t); })) {
    auto& out = refused.emplace_back();
    out.transactional_id = id;
    out.error_code = kafka::code(error_code::transactional_id_authorization_failed);
  }
  c.amend<kafka::describe_transactions_response>([by = requester(c)](kafka::describe_transactions_response& r) {
    for (auto& t : r.transaction_states)
      std::erase_if(t.topics, [&](const auto& topic) { return !allowed_topic(by, operation::describe, topic.topic); });
  });
  append_to_answer<&kafka::describe_transactions_response::transaction_states, kafka::describe_transactions_response>(
      c, std::move(refused));
  return true;
}

bool authorize(call& c, kafka::list_transactions_request&) {
  if (!c.authorizes()) return true;
  c.amend<kafka::list_transactions_response>([by = requester(c)](kafka::list_transactions_response& r) {
    std::erase_if(r.transaction_states,
                  [&](const auto& t) { return !allowed_transaction(by, operation::describe, t.transactional_id); });
  });
  return true;
}

}  // namespace mes::bus::handlers
