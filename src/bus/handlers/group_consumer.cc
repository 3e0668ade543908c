// KIP-848's messages: from Kafka's form to the coordinator's and back.
#include "bus/handlers/group.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

using describe_response = kafka::consumer_group_describe_response;

template <class Topics>
groups::assignment from_wire(const Topics& topics) {
  groups::assignment result;
  for (const auto& t : topics)
    if (!t.partitions.empty()) result[t.topic_id].insert(t.partitions.begin(), t.partitions.end());
  return result;
}

void answer(const call& c, const groups::heartbeat_result& result) {
  kafka::consumer_group_heartbeat_response out;
  out.error_code = kafka::code(result.error);
  if (result.error != error_code::none) out.error_message = result.message;
  if (result.error == error_code::none) out.member_id = result.member_id;
  out.member_epoch = result.epoch;
  out.heartbeat_interval_ms = result.interval_ms;
  if (result.assigned) {
    auto& assignment = out.assignment.emplace();
    for (const auto& [topic, partitions] : *result.assigned)
      assignment.topic_partitions.push_back({topic, {partitions.begin(), partitions.end()}});
  }
  c.answer(out);
}

// With names; topics that are gone are left out, as they have none.
auto to_wire(const groups::assignment& a, const groups::topic_view& topics) {
  decltype(describe_response::member::assignment) result;
  for (const auto& [topic, partitions] : a)
    if (const auto found = topics.find(topic))
      result.topic_partitions.push_back({topic, found->name, {partitions.begin(), partitions.end()}});
  return result;
}

void fill(const groups::consumer_group& g, const groups::topic_view& topics, describe_response::described_group& out) {
  out.group_state = groups::state_name(g);
  out.group_epoch = g.epoch;
  out.assignment_epoch = g.target_epoch;
  out.assignor_name = g.assignor_name();
  for (const auto& [id, m] : g.members) {
    auto& member = out.members.emplace_back();
    member.member_id = id;
    member.instance_id = m->instance_id;
    member.rack_id = m->rack_id;
    member.member_epoch = m->epoch;
    member.client_id = m->client_id;
    member.client_host = m->client_host;
    member.subscribed_topic_names.assign(m->topics.begin(), m->topics.end());
    member.subscribed_topic_regex = m->regex;
    member.assignment = to_wire(m->assigned, topics);
    member.target_assignment = to_wire(g.target_of(id), topics);
    member.member_type = m->classic ? 0 : 1;
  }
}

}  // namespace

void consumer_group_heartbeat(const call& c, kafka::consumer_group_heartbeat_request& request) {
  groups::heartbeat_request beat;
  beat.group = request.group_id;
  beat.member_id = request.member_id;
  beat.epoch = request.member_epoch;
  beat.instance_id = owned(request.instance_id);
  beat.rack_id = owned(request.rack_id);
  beat.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (request.subscribed_topic_names)
    beat.topics.emplace(request.subscribed_topic_names->begin(), request.subscribed_topic_names->end());
  beat.regex = owned(request.subscribed_topic_regex);
  beat.assignor = owned(request.server_assignor);
  if (request.topic_partitions) beat.owned = from_wire(*request.topic_partitions);
  beat.client_id = c.client_id;
  beat.client_host = "/" + c.client_host;  // as Java prints an address
  beat.principal = c.who->principal;
  beat.makes_own_id = c.version >= 1;
  c.of->groups().consumer_heartbeat(std::move(beat),
                                    [c](const groups::heartbeat_result& result) { answer(c, result); });
}

void consumer_group_describe(const call& c, kafka::consumer_group_describe_request& request) {
  describe_response response;
  const groups::coordinator& all = c.of->groups();
  for (const auto name : request.group_ids) {
    auto& out = response.groups.emplace_back();
    out.group_id = name;
    const groups::group* g = all.find(name);
    if (g && g->modern) {
      if (request.include_authorized_operations) out.authorized_operations = group_operations;
      fill(*g->modern, all.topics(), out);
      continue;
    }
    out.error_code = kafka::code(error_code::group_id_not_found);
    out.error_message = "Group " + out.group_id + (g ? " is not a consumer group." : " not found.");
  }
  c.answer(response);
}

}  // namespace mes::bus::handlers
