#include "bus/handlers/group.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

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
  // The one broker coordinates groups and transactions; share groups are not there.
  constexpr std::int8_t of_share_groups = 2;
  const bool is_known = request.key_type >= 0 && request.key_type < of_share_groups;
  const std::int16_t error = kafka::code(is_known ? error_code::none : error_code::invalid_request);
  const security::listener here = c.advertised();
  kafka::find_coordinator_response response;
  const auto fill = [&](auto& out) {
    out.error_code = error;
    if (!is_known) out.error_message = "There is no coordinator of that type";
    out.node_id = is_known ? b.node_id : -1;
    out.host = is_known ? here.advertised_host : "";
    out.port = is_known ? here.advertised_port : -1;
  };
  if (c.version < 4) fill(response);
  for (const auto key : request.coordinator_keys) {
    auto& out = response.coordinators.emplace_back();
    out.key = key;
    fill(out);
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
  // From version 5 on both say what they believe the group to be.
  if (c.version >= 5 && (!request.protocol_type || !request.protocol_name)) {
    kafka::sync_group_response refused;
    refused.error_code = kafka::code(error_code::inconsistent_group_protocol);
    return c.answer(refused);
  }
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
  std::vector<groups::leaving_member> members;
  if (c.version < 3) members.push_back({std::string(request.member_id), std::nullopt});
  for (const auto& m : request.members) members.push_back({std::string(m.member_id), owned(m.group_instance_id)});
  c.of->groups().leave(std::string(request.group_id), members, [c, members](const groups::leave_result& result) {
    kafka::leave_group_response response;
    response.error_code = kafka::code(result.error);
    if (c.version < 3) {  // there is one member, whose error is the answer's
      if (result.error == error_code::none) response.error_code = kafka::code(result.members.front());
      return c.answer(response);
    }
    if (result.error == error_code::unknown_member_id) {  // there is no such group: each member is told
      response.error_code = 0;
      for (const auto& m : members) response.members.push_back({m.member_id, m.instance_id, kafka::code(result.error)});
      return c.answer(response);
    }
    for (std::size_t i = 0; i < result.members.size(); ++i)
      response.members.push_back({members[i].member_id, members[i].instance_id, kafka::code(result.members[i])});
    c.answer(response);
  });
}

}  // namespace mes::bus::handlers
