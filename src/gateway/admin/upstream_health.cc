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

json::object describe(const weight_report& w) {
  return {{"total", w.total}, {"available", w.available}, {"unavailable", w.total - w.available}};
}

// How an address is goes by `health` where targets are asked for, by `healthy` where all of the upstream is.
template <class How>
json::object describe(const target_report& t, std::string_view name, How how) {
  json::array addresses;
  for (const address_report& a : t.addresses)
    addresses.push_back({{"ip", a.ip}, {"port", a.port}, {"weight", a.weight}, {name, how(a)}});
  return {{"host", t.host},
          {"port", t.port},
          {"nodeWeight", t.weight},
          {"weight", describe(t.weighs)},
          {"addresses", std::move(addresses)}};
}

json::object describe(const upstream_report& u) {
  json::array hosts;
  for (const target_report& t : u.targets)
    hosts.push_back(describe(t, "healthy", [](const address_report& a) { return a.available; }));
  return {{"healthy", u.available}, {"weight", describe(u.weighs)}, {"hosts", std::move(hosts)}};
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
  const document& entities = *view.store.entities();
  entity_ptr upstream = find_upstream(entities, segments[1]);
  if (!upstream) return reply(plain(404, "Not found"));
  auto state = state_of(view, *upstream);
  json::object body{{"next", nullptr}, {"node_id", node_id()}};
  upstream_report all = state ? state->report() : upstream_report();
  if (request.query_value("balancer_health") == "1") {
    body["data"] = {{"id", upstream->at("id")},
                    {"health", text_of(all.health)},
                    {"balancer_health", text_of(all.available ? target_health::healthy : target_health::unhealthy)},
                    {"details", describe(all)}};
    return reply(200, body);
  }
  json::array data;
  for (const auto& [id, target] : entities.of(*find_entity_kind("targets"))) {
    if (reference_of(*target, "upstream") != text_of(*upstream, "id")) continue;
    json::object one = *target;
    auto report = std::ranges::find(all.targets, id, &target_report::id);
    one["health"] = report == all.targets.end() ? "HEALTHCHECKS_OFF" : text_of(report->health);
    if (report != all.targets.end())
      one["data"] = describe(*report, "health", [](const address_report& a) { return text_of(a.health); });
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
  bool known = std::ranges::any_of(state->report().targets, [&](const target_report& t) {
    if (t.text() != target && t.text() != target + ":8000" && t.id != target) return false;
    target = t.text();
    return true;
  });
  if (!known) return reply(plain(404, "Not found"));
  if (!state->set_health(target, address, segments.back() == "healthy"))
    return reply(plain(400, fmt::format("no peer found by name '{}' and address {}", target, address)));
  return {.status = 204, .headers = {}, .body = {}};
}

}  // namespace mes::gateway
