#include "bus/handlers/group.h"

#include <algorithm>
#include <memory>

#include "base/instant.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

kafka::join_group_response answer_of(const call& c, groups::join_result r) {
  kafka::join_group_response out;
  out.error_code = kafka::code(r.error);
  out.generation_id = r.generation;
  if (r.error == error_code::none) {
    out.protocol_type = std::move(r.protocol_type);
    out.protocol_name = std::move(r.protocol);
  } else if (c.version < 7) {
    out.protocol_name = "";
  }
  out.leader = std::move(r.leader);
  out.skip_assignment = r.skip_assignment;
  out.member_id = std::move(r.member_id);
  for (auto& m : r.members) out.members.push_back({std::move(m.id), std::move(m.instance_id), std::move(m.metadata)});
  return out;
}

}  // namespace

void find_coordinator(const call& c, kafka::find_coordinator_request& request) {
  const broker& b = *c.of;
  constexpr std::int8_t for_group = 0, for_transaction = 1;
  const security::listener here = c.advertised();
  const bool known = request.key_type == for_group || request.key_type == for_transaction;
  const auto error = known ? error_code::none : error_code::invalid_request;
  const auto why = error == error_code::none
                       ? std::optional<std::string>()
                       : std::optional<std::string>("This broker coordinates consumer groups and transactions");
  kafka::find_coordinator_response response;
  if (c.version < 4) {
    response.error_code = kafka::code(error);
    response.error_message = why;
    response.node_id = error == error_code::none ? b.node_id : -1;
    response.host = error == error_code::none ? here.advertised_host : "";
    response.port = error == error_code::none ? here.advertised_port : -1;
  }
  for (const auto key : request.coordinator_keys) {
    auto& out = response.coordinators.emplace_back();
    out.key = key;
    out.error_code = kafka::code(error);
    out.error_message = why;
    out.node_id = error == error_code::none ? b.node_id : -1;
    out.host = error == error_code::none ? here.advertised_host : "";
    out.port = error == error_code::none ? here.advertised_port : -1;
  }
  c.answer(response);
}

void join_group(const call& c, kafka::join_group_request& request) {
  groups::join_request join;
  join.group = request.group_id;
  join.member_id = request.member_id;
  join.instance_id = owned(request.group_instance_id);
  join.client_id = c.client_id;
  join.client_host = "/" + c.client_host;  // as Java prints an address
  join.session_timeout_ms = request.session_timeout_ms;
  join.rebalance_timeout_ms =
      request.rebalance_timeout_ms > 0 ? request.rebalance_timeout_ms : request.session_timeout_ms;
  join.protocol_type = request.protocol_type;
  for (const auto& p : request.protocols) join.supported.emplace_back(p.name, p.metadata);
  join.id_required = c.version >= 4;
  join.knows_skip_assignment = c.version >= 9;
  c.of->groups().join(std::move(join), [c](groups::join_result r) { c.answer(answer_of(c, std::move(r))); });
}

void sync_group(const call& c, kafka::sync_group_request& request) {
  groups::sync_request sync;
  sync.group = request.group_id;
  sync.member_id = request.member_id;
  sync.instance_id = owned(request.group_instance_id);
  sync.generation = request.generation_id;
  sync.protocol_type = owned(request.protocol_type);
  sync.protocol = owned(request.protocol_name);
  for (const auto& a : request.assignments) sync.assignments.emplace_back(a.member_id, a.assignment);
  c.of->groups().sync(std::move(sync), [c](groups::sync_result r) {
    kafka::sync_group_response out;
    out.error_code = kafka::code(r.error);
    if (r.error == error_code::none) {
      out.protocol_type = std::move(r.protocol_type);
      out.protocol_name = std::move(r.protocol);
    }
    out.assignment = std::move(r.assignment);
    c.answer(out);
  });
}

void heartbeat(const call& c, kafka::heartbeat_request& request) {
  kafka::heartbeat_response response;
  response.error_code =
      kafka::code(c.of->groups().heartbeat({std::string(request.group_id), std::string(request.member_id),
                                            owned(request.group_instance_id), request.generation_id}));
  c.answer(response);
}

void leave_group(const call& c, kafka::leave_group_request& request) {
  kafka::leave_group_response response;
  if (c.version < 3) {
    response.error_code =
        kafka::code(c.of->groups().leave({std::string(request.group_id), std::string(request.member_id), {}, -1}));
    return c.answer(response);
  }
  for (const auto& m : request.members) {
    auto& out = response.members.emplace_back();
    out.member_id = m.member_id;
    out.group_instance_id = owned(m.group_instance_id);
    out.error_code =
        kafka::code(c.of->groups().leave({std::string(request.group_id), out.member_id, out.group_instance_id, -1}));
  }
  c.answer(response);
}

void offset_commit(const call& c, kafka::offset_commit_request& request) {
  broker& b = *c.of;
  const error_code whole =
      b.groups().check_commit({std::string(request.group_id), std::string(request.member_id),
                               owned(request.group_instance_id), request.generation_id_or_member_epoch});
  const std::int64_t now = instant::now().ms();
  auto response = std::make_shared<kafka::offset_commit_response>();
  std::vector<groups::offset_to_commit> offsets;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response->topics.emplace_back();
    const auto t = c.version >= 10 ? b.store().find(topic.topic_id) : b.store().find(topic.name);
    topic_answer.name = topic.name;
    topic_answer.topic_id = topic.topic_id;
    for (const auto& p : topic.partitions) {
      auto& out = topic_answer.partitions.emplace_back();
      out.partition_index = p.partition_index;
      const std::string_view metadata = p.committed_metadata.value_or("");
      error_code error = whole;
      if (error == error_code::none && !t)
        error = c.version >= 10 ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition;
      if (error == error_code::none &&
          (p.partition_index < 0 || static_cast<std::size_t>(p.partition_index) >= t->partitions.size()))
        error = error_code::unknown_topic_or_partition;
      if (error == error_code::none && metadata.size() > b.groups().offset_metadata_bytes_max())
        error = error_code::offset_metadata_too_large;
      out.error_code = kafka::code(error);
      if (error == error_code::none)
        offsets.push_back(
            {{t->name, p.partition_index}, {p.committed_offset, p.committed_leader_epoch, std::string(metadata), now}});
    }
  }
  if (offsets.empty()) return c.answer(*response);
  b.groups().commit(std::string(request.group_id), std::move(offsets), [c, response](bool stored) {
    if (!stored)
      for (auto& topic : response->topics)
        for (auto& p : topic.partitions)
          if (p.error_code == 0) p.error_code = kafka::code(error_code::coordinator_not_available);
    c.answer(*response);
  });
}

namespace {

using fetched_group = kafka::offset_fetch_response::offset_fetch_response_group;

// `stable`: an offset that an open transaction may replace is no answer (KIP-447).
void fill_partition(broker& b, const std::string& group, const std::string& topic, bool stable,
                    kafka::offset_fetch_response::offset_fetch_response_partitions& out) {
  out.committed_offset = -1;
  out.metadata = "";
  if (stable && b.transactions().has_pending_offset(group, {topic, out.partition_index})) {
    out.error_code = kafka::code(error_code::unstable_offset_commit);
    return;
  }
  const groups::group* g = b.groups().find(group);
  if (!g) return;
  const auto it = g->offsets.find({topic, out.partition_index});
  if (it == g->offsets.end()) return;
  out.committed_offset = it->second.offset;
  out.committed_leader_epoch = it->second.leader_epoch;
  out.metadata = it->second.metadata;
}

fetched_group fetch_group(const call& c, const kafka::offset_fetch_request::offset_fetch_request_group& wanted,
                          bool stable) {
  broker& b = *c.of;
  fetched_group out;
  out.group_id = wanted.group_id;
  const groups::group* g = b.groups().find(wanted.group_id);
  if (wanted.topics) {
    for (const auto& topic : *wanted.topics) {
      auto& topic_answer = out.topics.emplace_back();
      topic_answer.name = topic.name;
      topic_answer.topic_id = topic.topic_id;
      const auto t = c.version >= 10 ? b.store().find(topic.topic_id) : nullptr;
      for (const std::int32_t index : topic.partition_indexes) {
        auto& p = topic_answer.partitions.emplace_back();
        p.partition_index = index;
        if (c.version >= 10 && !t) p.error_code = kafka::code(error_code::unknown_topic_id);
        fill_partition(b, out.group_id, t ? t->name : topic_answer.name, stable, p);
      }
    }
    return out;
  }
  if (!g) return out;
  for (const auto& [where, o] : g->offsets) {
    if (out.topics.empty() || out.topics.back().name != where.first) {
      out.topics.emplace_back().name = where.first;
      if (const auto t = b.store().find(where.first)) out.topics.back().topic_id = t->id;
    }
    auto& p = out.topics.back().partitions.emplace_back();
    p.partition_index = where.second;
    fill_partition(b, out.group_id, where.first, stable, p);
  }
  return out;
}

}  // namespace

void offset_fetch(const call& c, kafka::offset_fetch_request& request) {
  kafka::offset_fetch_response response;
  if (c.version >= 8) {
    for (const auto& g : request.groups) response.groups.push_back(fetch_group(c, g, request.require_stable));
    return c.answer(response);
  }
  kafka::offset_fetch_request::offset_fetch_request_group one;
  one.group_id = request.group_id;
  if (request.topics)
    for (const auto& t : *request.topics) one.topics->push_back({t.name, {}, t.partition_indexes});
  else
    one.topics.reset();
  auto fetched = fetch_group(c, one, request.require_stable);
  for (auto& t : fetched.topics) {
    auto& out = response.topics.emplace_back();
    out.name = std::move(t.name);
    for (auto& p : t.partitions)
      out.partitions.push_back(
          {p.partition_index, p.committed_offset, p.committed_leader_epoch, std::move(p.metadata), p.error_code});
  }
  c.answer(response);
}

void offset_delete(const call& c, kafka::offset_delete_request& request) {
  auto response = std::make_shared<kafka::offset_delete_response>();
  const groups::group* g = c.of->groups().find(request.group_id);
  if (!g) {
    response->error_code = kafka::code(error_code::group_id_not_found);
    return c.answer(*response);
  }
  const auto subscribed = groups::coordinator::subscribed(*g);
  std::vector<groups::topic_partition> which;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response->topics.emplace_back();
    topic_answer.name = topic.name;
    const bool in_use = subscribed.contains(topic_answer.name);
    for (const auto& p : topic.partitions) {
      topic_answer.partitions.push_back(
          {p.partition_index, kafka::code(in_use ? error_code::group_subscribed_to_topic : error_code::none)});
      if (!in_use) which.emplace_back(topic_answer.name, p.partition_index);
    }
  }
  c.of->groups().remove_offsets(std::string(request.group_id), which, [c, response](bool stored) {
    if (!stored) response->error_code = kafka::code(error_code::coordinator_not_available);
    c.answer(*response);
  });
}

void describe_groups(const call& c, kafka::describe_groups_request& request) {
  kafka::describe_groups_response response;
  for (const auto name : request.groups) {
    auto& out = response.groups.emplace_back();
    out.group_id = name;
    const groups::group* g = c.of->groups().find(name);
    if (!g) {
      out.group_state = "Dead";
      if (c.version >= 6) {
        out.error_code = kafka::code(error_code::group_id_not_found);
        out.error_message = "Group " + out.group_id + " not found.";
      }
      continue;
    }
    out.group_state = groups::name_of(g->state);
    out.protocol_type = g->protocol_type;
    const bool settled = g->state == groups::group_state::stable;
    if (settled) out.protocol_data = g->protocol;
    for (const auto& [id, m] : g->members) {
      const std::string* metadata = m.metadata(g->protocol);
      out.members.push_back({id, m.instance_id, m.client_id, m.client_host,
                             settled && metadata ? *metadata : std::string(), m.assignment});
    }
  }
  c.answer(response);
}

void list_groups(const call& c, kafka::list_groups_request& request) {
  kafka::list_groups_response response;
  const auto any = [](const std::vector<std::string_view>& filter, std::string_view value) {
    return filter.empty() || std::ranges::any_of(filter, [&](std::string_view f) {
             return std::ranges::equal(f, value, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
           });
  };
  if (any(request.types_filter, "classic"))
    for (const auto& [name, g] : c.of->groups().all())
      if (any(request.states_filter, groups::name_of(g->state)))
        response.groups.push_back({name, g->protocol_type, std::string(groups::name_of(g->state)), "classic"});
  c.answer(response);
}

void delete_groups(const call& c, kafka::delete_groups_request& request) {
  auto response = std::make_shared<kafka::delete_groups_response>();
  auto left = std::make_shared<std::size_t>(1);
  const auto one_done = [c, response, left] {
    if (--*left == 0) c.answer(*response);
  };
  for (const auto name : request.groups_names) {
    const std::size_t at = response->results.size();
    response->results.emplace_back().group_id = name;
    ++*left;
    const auto error = c.of->groups().remove(std::string(name), [response, at, one_done](bool stored) {
      if (!stored) response->results[at].error_code = kafka::code(error_code::coordinator_not_available);
      one_done();
    });
    if (error == error_code::none) continue;
    response->results[at].error_code = kafka::code(error);
    --*left;
  }
  one_done();
}

}  // namespace mes::bus::handlers
