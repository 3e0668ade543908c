#include "services/traceability/graph.h"

#include <boost/json/serialize.hpp>
#include <climits>
#include <set>

namespace mes::traceability {
namespace json = boost::json;
namespace {

constexpr std::size_t nodes_max = 100'000;  // of one answer

std::vector<std::string> neighbours(store::session& db, const std::string& id, direction towards, instant as_of) {
  static constexpr std::string_view forward =
      "SELECT DISTINCT to_node FROM edges WHERE from_node = :p1 AND recorded_at <= :p2 ORDER BY to_node";
  static constexpr std::string_view backward =
      "SELECT DISTINCT from_node FROM edges WHERE to_node = :p1 AND recorded_at <= :p2 ORDER BY from_node";
  std::vector<std::string> ids;
  for (auto& [other] :
       db.select<std::string>(towards == direction::forward ? forward : backward, {id, as_of.microseconds}))
    ids.push_back(std::move(other));
  return ids;
}

node read_node(store::session& db, const std::string& id, instant as_of) {
  auto rows = db.select<std::string, std::string, std::int64_t>(
      "SELECT kind, node_key, CASE WHEN known_at <= :p2 THEN 1 ELSE 0 END FROM nodes WHERE id = :p1",
      {id, as_of.microseconds});
  if (rows.empty())
    return {.id = id, .kind = id.substr(0, id.find(':')), .key = id.substr(id.find(':') + 1), .known = false};
  return {.id = id,
          .kind = std::get<0>(rows.front()),
          .key = std::get<1>(rows.front()),
          .known = std::get<2>(rows.front()) != 0};
}

bool reaches(store::session& db, const std::string& from, const std::string& to) {
  if (from == to) return true;
  for (const reached& r : walk(db, {from}, direction::forward, INT_MAX, instant{INT64_MAX}))
    if (r.at.id == to) return true;
  return false;
}

}  // namespace

std::string node_id(std::string_view kind, std::string_view key) { return std::string(kind) + ':' + std::string(key); }

void name_node(store::session& db, std::string_view kind, std::string_view key, instant now) {
  db.execute(
      "INSERT INTO nodes (id, kind, node_key, known, version, attributes, first_seen)"
      " VALUES (:p1, :p2, :p3, 0, 0, '{}', :p4) ON CONFLICT (id) DO NOTHING",
      {node_id(kind, key), std::string(kind), std::string(key), now.microseconds});
}

void describe_node(store::session& db, std::string_view kind, std::string_view key, std::int64_t version,
                   const json::object& attributes, instant now) {
  db.execute(
      "INSERT INTO nodes (id, kind, node_key, known, version, attributes, first_seen, known_at)"
      " VALUES (:p1, :p2, :p3, 1, :p4, :p5, :p6, :p6) ON CONFLICT (id) DO UPDATE SET known = 1,"
      " known_at = COALESCE(nodes.known_at, excluded.known_at), version = excluded.version, attributes = "
      "excluded.attributes WHERE nodes.version <= excluded.version",
      {node_id(kind, key), std::string(kind), std::string(key), version, json::serialize(attributes),
       now.microseconds});
}

bool is_known(store::session& db, const std::string& id, instant as_of) { return read_node(db, id, as_of).known; }

std::optional<json::object> find_node(store::session& db, std::string_view id) {
  auto rows = db.select<std::string, std::string, std::int64_t, std::string, std::int64_t>(
      "SELECT kind, node_key, known, attributes, first_seen FROM nodes WHERE id = :p1", {std::string(id)});
  if (rows.empty()) return std::nullopt;
  auto& [kind, key, known, attributes, first_seen] = rows.front();
  auto parsed = wire::parse_json(attributes, 64);
  return json::object{{"id", id},
                      {"kind", kind},
                      {"key", key},
                      {"placeholder", known == 0},
                      {"attributes", parsed ? std::move(*parsed) : json::value(json::object())},
                      {"first_seen", instant{first_seen}.to_string()}};
}

result<bool> add_edge(store::session& db, const edge& e, instant now) {
  if (!db.select<std::string>("SELECT id FROM edges WHERE id = :p1", {e.id}).empty()) return false;
  if (e.kind != "installed" && reaches(db, e.to, e.from))
    return fail(error_code::unprocessable, e.from + " is made from " + e.to + ": the edge would close a cycle");
  store::value valid_to;
  if (e.valid_to) valid_to = e.valid_to->microseconds;
  db.execute(
      "INSERT INTO edges (id, from_node, to_node, kind, quantity, uom, valid_from, valid_to, recorded_at, request_id)"
      " VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10)",
      {e.id, e.from, e.to, e.kind, e.amount.millionths, e.uom, e.valid_from.microseconds, valid_to, now.microseconds,
       e.request_id});
  return true;
}

// Breadth first, so that each node is found at its least depth and shared parts of a diamond are walked once.
std::vector<reached> walk(store::session& db, const std::vector<std::string>& roots, direction towards, int depth,
                          instant as_of) {
  std::set<std::string> seen(roots.begin(), roots.end());
  std::vector<std::string> level(roots.begin(), roots.end());
  std::vector<reached> found;
  for (int d = 1; d <= depth && !level.empty() && found.size() < nodes_max; ++d) {
    std::vector<std::string> next;
    for (const std::string& id : level)
      for (std::string& other : neighbours(db, id, towards, as_of))
        if (seen.insert(other).second) {
          found.push_back({read_node(db, other, as_of), d});
          next.push_back(std::move(other));
        }
    level = std::move(next);
  }
  return found;
}

std::vector<edge> edges_of(store::session& db, std::string_view id, direction towards, instant as_of) {
  std::string sql =
      "SELECT id, from_node, to_node, kind, quantity, uom, valid_from, valid_to, request_id FROM edges WHERE ";
  sql += towards == direction::forward ? "from_node" : "to_node";
  sql += " = :p1 AND recorded_at <= :p2 ORDER BY valid_from, id";
  std::vector<edge> edges;
  for (auto& [edge_id, from, to, kind, amount, uom, valid_from, valid_to, request_id] :
       db.select<std::string, std::string, std::string, std::string, std::int64_t, std::string, std::int64_t,
                 std::optional<std::int64_t>, std::string>(sql, {std::string(id), as_of.microseconds})) {
    edge e{.id = std::move(edge_id),
           .from = std::move(from),
           .to = std::move(to),
           .kind = std::move(kind),
           .amount = {amount},
           .uom = std::move(uom),
           .valid_from = {valid_from},
           .request_id = std::move(request_id)};
    if (valid_to) e.valid_to = instant{*valid_to};
    edges.push_back(std::move(e));
  }
  return edges;
}

json::object to_json(const edge& e) {
  json::object body{{"from", e.from},
                    {"to", e.to},
                    {"kind", e.kind},
                    {"quantity", wire::codec<quantity>::encode(e.amount)},
                    {"uom", e.uom},
                    {"valid_from", e.valid_from.to_string()},
                    {"request_id", e.request_id}};
  if (e.valid_to) body["valid_to"] = e.valid_to->to_string();
  return body;
}

json::object to_json(const reached& r) {
  return {{"id", r.at.id}, {"kind", r.at.kind}, {"key", r.at.key}, {"placeholder", !r.at.known}, {"depth", r.depth}};
}

void add_step(store::session& db, const step& s) {
  db.execute(
      "INSERT INTO steps (id, work_order_id, work_order, part, operation, resource, worker, report_type, started_at,"
      " ended_at, completed, rejected, mrb, recorded_at, request_id, user_id) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, "
      ":p7,"
      " :p8, :p9, :p10, :p11, :p12, :p13, :p14, :p15, :p16) ON CONFLICT (id) DO NOTHING",
      {s.id, s.work_order_id, s.work_order, s.part, s.operation, s.resource, s.worker, s.report_type,
       s.started_at.microseconds, s.ended_at.microseconds, s.completed.millionths, s.rejected.millionths,
       s.mrb.millionths, s.recorded_at.microseconds, s.request_id, s.user_id});
}

std::vector<step> steps_of(store::session& db, std::string_view column, std::string_view equals, instant as_of) {
  std::vector<step> steps;
  for (auto& [id, order_id, order, part, operation, resource, worker, type, started, ended, completed, rejected, mrb,
              recorded, request, user] :
       db.select<std::string, std::string, std::string, std::string, std::string, std::string, std::string, std::string,
                 std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string,
                 std::string>(
           "SELECT id, work_order_id, work_order, part, operation, resource, worker, report_type, started_at, ended_at,"
           " completed, rejected, mrb, recorded_at, request_id, user_id FROM steps WHERE " +
               std::string(column) + " = :p1 AND recorded_at <= :p2 ORDER BY started_at, id LIMIT 10000",
           {std::string(equals), as_of.microseconds}))
    steps.push_back({.id = std::move(id),
                     .work_order_id = std::move(order_id),
                     .work_order = std::move(order),
                     .part = std::move(part),
                     .operation = std::move(operation),
                     .resource = std::move(resource),
                     .worker = std::move(worker),
                     .report_type = std::move(type),
                     .started_at = {started},
                     .ended_at = {ended},
                     .completed = {completed},
                     .rejected = {rejected},
                     .mrb = {mrb},
                     .recorded_at = {recorded},
                     .request_id = std::move(request),
                     .user_id = std::move(user)});
  return steps;
}

}  // namespace mes::traceability
