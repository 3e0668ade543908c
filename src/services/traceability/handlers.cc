#include "services/traceability/handlers.h"

#include <boost/json/serialize.hpp>
#include <charconv>

#include "services/traceability/epcis.h"
#include "services/traceability/graph.h"
#include "services/traceability/recall.h"

namespace mes::traceability {
namespace json = boost::json;
namespace {

result<instant> as_of(const service::query& q) {
  std::string_view text = q.parameter("as_of");
  if (text.empty()) return q.why.now;
  if (auto at = instant::parse(text)) return *at;
  return fail({error_code::invalid_argument,
               "as_of must be a time as in RFC 3339",
               {{"?as_of", "must be a time as in RFC 3339"}}});
}

result<int> depth(const service::query& q) {
  std::string_view text = q.parameter("depth");
  int value = depth_max;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty()) return depth_max;
  if (ec == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= depth_max) return value;
  std::string message = "must be a number from 1 to " + std::to_string(depth_max);
  return fail({error_code::invalid_argument, "depth " + message, {{"?depth", message}}});
}

json::array steps_json(const std::vector<step>& steps) {
  json::array data;
  for (const step& s : steps) data.push_back(wire::to_json(s));
  return data;
}

result<service::reply> get_node(const service::query& q) {
  auto found = find_node(q.db, q.path_value("id"));
  if (!found)
    return fail(error_code::not_found,
                "There is no node " + q.path_value("id") + "; ids are such as order:WO-17 or lot:L-3");
  return service::reply{.body = std::move(*found)};
}

result<service::reply> get_genealogy(const service::query& q, direction towards) {
  auto at = as_of(q);
  if (!at) return std::unexpected(at.error());
  auto levels = depth(q);
  if (!levels) return std::unexpected(levels.error());
  const std::string& id = q.path_value("id");
  auto root = find_node(q.db, id);
  if (!root) return fail(error_code::not_found, "There is no node " + id + "; ids are such as order:WO-17 or lot:L-3");
  json::array nodes, edges;
  auto add_edges = [&](const std::string& node) {
    for (const edge& e : edges_of(q.db, node, towards, *at)) edges.push_back(to_json(e));
  };
  add_edges(id);
  for (const reached& r : walk(q.db, {id}, towards, *levels, *at)) {
    nodes.push_back(to_json(r));
    if (r.depth < *levels) add_edges(r.at.id);
  }
  json::object body{{"root", std::move(*root)},
                    {"direction", wire::name_of_enum(towards)},
                    {"as_of", at->to_string()},
                    {"nodes", std::move(nodes)},
                    {"edges", std::move(edges)}};
  if (id.starts_with("order:")) body["steps"] = steps_json(steps_of(q.db, "work_order", id.substr(6), *at));
  return service::reply{.body = std::move(body)};
}

// What a part, an order, a machine or a request went through: the first parameter that is given selects.
result<service::reply> list_steps(const service::query& q) {
  auto at = as_of(q);
  if (!at) return std::unexpected(at.error());
  for (const char* column : {"request_id", "work_order", "part", "resource"})
    if (std::string_view wanted = q.parameter(column); !wanted.empty())
      return service::reply{.body = json::object{{"data", steps_json(steps_of(q.db, column, wanted, *at))}}};
  return fail({error_code::invalid_argument, "One of request_id, work_order, part and resource is needed", {}});
}

// Everything that a serial number is made of and went through: backwards to materials, with the steps of its orders.
result<service::reply> get_as_built(const service::query& q) {
  auto at = as_of(q);
  if (!at) return std::unexpected(at.error());
  std::string id = node_id("serial", q.path_value("serial"));
  auto root = find_node(q.db, id);
  if (!root) return fail(error_code::not_found, "There is no serial number " + q.path_value("serial"));
  json::array components, steps;
  for (const reached& r : walk(q.db, {id}, direction::backward, depth_max, *at)) {
    components.push_back(to_json(r));
    if (r.at.kind == "order")
      for (const step& s : steps_of(q.db, "work_order", r.at.key, *at)) steps.push_back(wire::to_json(s));
  }
  return service::reply{.body = json::object{{"serial", std::move(*root)},
                                             {"as_of", at->to_string()},
                                             {"components", std::move(components)},
                                             {"steps", std::move(steps)}}};
}

result<service::reply> simulate(service::http_command& c, const recall_request& request) {
  instant at = request.as_of.value_or(c.why.now);
  json::object body = simulate_recall(c.db, request, at);
  std::string id = uuid::make_v7().to_string();
  body["id"] = id;
  c.db.execute("INSERT INTO simulations (id, at, document) VALUES (:p1, :p2, :p3)",
               {id, c.why.now.microseconds, json::serialize(body)});
  c.emit("traceability.recall-simulated", id, 1, body);
  return service::reply{
      .status = 201, .body = std::move(body), .location = "/api/v1/traceability/recalls/simulations/" + id};
}

result<service::reply> get_simulation(const service::query& q) {
  auto rows = q.db.select<std::string>("SELECT document FROM simulations WHERE id = :p1", {q.path_value("id")});
  if (rows.empty()) return fail(error_code::not_found, "There is no simulation " + q.path_value("id"));
  auto body = wire::parse_json(std::get<0>(rows.front()), 64);
  if (!body) return std::unexpected(body.error());
  return service::reply{.body = std::move(*body)};
}

result<service::reply> list_epcis(const service::query& q) {
  auto at = as_of(q);
  if (!at) return std::unexpected(at.error());
  std::string order(q.parameter("work_order"));
  if (order.empty())
    return fail({error_code::invalid_argument, "work_order is needed", {{"?work_order", "is required"}}});
  json::array events;
  for (const step& s : steps_of(q.db, "work_order", order, *at)) events.push_back(to_epcis(s));
  for (direction d : {direction::backward, direction::forward})
    for (const edge& e : edges_of(q.db, node_id("order", order), d, *at)) events.push_back(to_epcis(e));
  return service::reply{.body = epcis_document(std::move(events), q.why.now)};
}

}  // namespace

void define_genealogy(service::api& surface) {
  service::query_parameter when{"as_of", "The state of knowledge at that moment, RFC 3339; now if absent"};
  service::query_parameter levels{"depth", "Levels to follow, 1 to 50"};
  surface.get(
      "/nodes/{id}",
      {.id = "getNode", .summary = "A lot, serial, order, machine or person", .permission = "traceability:read"},
      get_node);
  surface.get("/genealogy/{id}/forward",
              {.id = "getDescendants",
               .summary = "What was made from it",
               .permission = "traceability:read",
               .query = {levels, when}},
              [](const service::query& q) { return get_genealogy(q, direction::forward); });
  surface.get("/genealogy/{id}/backward",
              {.id = "getAncestors",
               .summary = "What it was made from",
               .permission = "traceability:read",
               .query = {levels, when}},
              [](const service::query& q) { return get_genealogy(q, direction::backward); });
  surface.get("/steps",
              {.id = "listSteps",
               .summary = "What was done where, when and by whom, by request, order, part or machine",
               .permission = "traceability:read",
               .query = {{"request_id", "X-Request-ID of the report"},
                         {"work_order", "Order number"},
                         {"part", "Part number"},
                         {"resource", "Machine"},
                         when}},
              list_steps);
  surface.get("/as-built/{serial}",
              {.id = "getAsBuilt",
               .summary = "What a serial number is made of and went through",
               .permission = "traceability:read",
               .query = {when}},
              get_as_built);
  surface.post<recall_request>("/recalls/simulations",
                               {.id = "simulateRecall",
                                .summary = "What a recall would reach; changes nothing",
                                .permission = "traceability:read",
                                .success_status = 201},
                               simulate);
  surface.get("/recalls/simulations/{id}",
              {.id = "getRecallSimulation", .summary = "One simulation", .permission = "traceability:read"},
              get_simulation);
  surface.get("/epcis/events",
              {.id = "listEpcisEvents",
               .summary = "An order's history as EPCIS 2.0",
               .permission = "traceability:read",
               .query = {{"work_order", "Order number"}, when}},
              list_epcis);
}

}  // namespace mes::traceability
