#include "gateway/admin/upstream_health.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/uuid.h"
#include "gateway/config/target_address.h"
#include "gateway/names/endpoint.h"
#include "gateway/plugins/node.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

entity_ptr find_upstream(const document& all, const std::string& key) {
  const entity_kind& upstreams = *find_entity_kind("upstreams");
  auto id = uuid::parse(key);
  return id ? all.find(upstreams, id->to_string()) : all.find_by(upstreams, "name", key);
}

std::shared_ptr<upstream_state> state_of(const admin_view& view, const json::object& upstream) {
  const upstream_registry* registry = view.upstreams();
  return registry ? registry->find(text_of(upstream, "name")) : nullptr;
}

json::object describe(const target_report& t) {
  json::array addresses;
  for (const address_report& a : t.addresses)
    addresses.push_back({{"ip", a.ip}, {"port", a.port}, {"health", text_of(a.health)}, {"weight", a.weight}});
  return {{"addresses", std::move(addresses)}, {"weight", {{"total", t.weight}}}};
}

// "ip:port", as an upstream knows its addresses. What is no address is none of them.
std::string address_of(const std::string& text) {
  target_address at = read_target(text);
  auto address = parse_endpoint(at.host, at.port);
  return address ? address->text : text;
}

}  // namespace

runtime::http_response show_health(const admin_view& view, const runtime::http_request& request,
                                   const std::vector<std::string>& segments) {
  const document& all = *view.store.entities();
  entity_ptr upstream = find_upstream(all, segments[1]);
  if (!upstream) return reply(plain(404, "Not found"));
  auto state = state_of(view, *upstream);
  json::object body{{"next", nullptr}, {"node_id", node_id()}};
  if (request.query_value("balancer_health") == "1") {
    target_health whole = state ? state->health() : target_health::healthchecks_off;
    body["data"] = {{"id", upstream->at("id")}, {"health", text_of(whole)}};
    return reply(200, body);
  }
  std::vector<target_report> reports = state ? state->report() : std::vector<target_report>();
  json::array data;
  for (const auto& [id, target] : all.of(*find_entity_kind("targets"))) {
    if (reference_of(*target, "upstream") != text_of(*upstream, "id")) continue;
    json::object one = *target;
    auto report = std::ranges::find(reports, id, &target_report::id);
    one["health"] = report == reports.end() ? "HEALTHCHECKS_OFF" : text_of(report->health);
    if (report != reports.end()) one["data"] = describe(*report);
    data.push_back(std::move(one));
  }
  body["data"] = std::move(data);
  return reply(200, body);
}

runtime::http_response set_health(const admin_view& view, const runtime::http_request&,
                                  const std::vector<std::string>& segments) {
  const document& all = *view.store.entities();
  entity_ptr upstream = find_upstream(all, segments[1]);
  auto state = upstream ? state_of(view, *upstream) : nullptr;
  if (!state) return reply(plain(404, "Not found"));
  std::string target = segments[3];
  std::string address = segments.size() == 6 ? address_of(segments[4]) : "";
  bool known = std::ranges::any_of(state->report(), [&](const target_report& t) {
    if (t.target != target && t.target != target + ":8000" && t.id != target) return false;
    target = t.target;
    return true;
  });
  if (!known) return reply(plain(404, "Not found"));
  if (!state->set_health(target, address, segments.back() == "healthy"))
    return reply(plain(400, fmt::format("no peer found by name '{}' and address {}", target, address)));
  return {.status = 204, .headers = {}, .body = {}};
}

}  // namespace mes::gateway
