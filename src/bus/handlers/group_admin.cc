// What administrators ask of groups.
#include <algorithm>
#include <memory>

#include "bus/handlers/group.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

using described = kafka::describe_groups_response::described_group;

void fill(const groups::group& g, described& out) {
  out.group_state = groups::name_of(g.state);
  out.protocol_type = g.protocol_type;
  const bool is_stable = g.state == groups::group_state::stable;
  if (is_stable) out.protocol_data = g.protocol;
  for (const auto& [id, m] : g.members) {
    const std::string* metadata = m.metadata(g.protocol);
    // Until a rebalance has ended a member has the assignment of before.
    out.members.push_back({id, m.instance_id, m.client_id, m.client_host,
                           is_stable && metadata ? *metadata : std::string(), m.assignment});
  }
}

bool is_among(std::string_view value, const std::vector<std::string_view>& filter) {
  return filter.empty() || std::ranges::any_of(filter, [&](std::string_view f) {
           return std::ranges::equal(f, value, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
         });
}

}  // namespace

void describe_groups(const call& c, kafka::describe_groups_request& request) {
  kafka::describe_groups_response response;
  for (const auto name : request.groups) {
    described& out = response.groups.emplace_back();
    out.group_id = name;
    const groups::group* g = c.of->groups().find(name);
    const bool is_told = c.version >= 6 && (!g || g->modern);
    if (request.include_authorized_operations && !is_told) out.authorized_operations = group_operations;
    if (g && !g->modern) {
      fill(*g, out);
      continue;
    }
    out.group_state = "Dead";
    if (!is_told) continue;
    out.error_code = kafka::code(error_code::group_id_not_found);
    out.error_message = "Group " + out.group_id + (g ? " is not a classic group." : " not found.");
  }
  c.answer(response);
}

void list_groups(const call& c, kafka::list_groups_request& request) {
  kafka::list_groups_response response;
  for (const auto& [name, g] : c.of->groups().all()) {
    const std::string_view type = g->modern ? "consumer" : "classic";
    const std::string_view state = groups::state_name(*g);
    if (!is_among(type, request.types_filter) || !is_among(state, request.states_filter)) continue;
    response.groups.push_back({name, g->modern ? std::string(groups::consumer_protocol_type) : g->protocol_type,
                               std::string(state), std::string(type)});
  }
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
