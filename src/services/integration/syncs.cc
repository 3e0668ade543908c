#include <boost/json/serialize.hpp>

#include "services/integration/exchanges.h"
#include "services/integration/model.h"

namespace mes::integration {
namespace {

result<json::object> sync_json(store::session& db, const std::string& kind, const std::string& id) {
  auto rows =
      db.select<std::string, std::string, std::int64_t, std::optional<std::int64_t>, std::int64_t, std::int64_t>(
          "SELECT state, request, requested_at, completed_at, records, failed FROM syncs WHERE kind = :p1 AND id = :p2",
          {kind, id});
  if (rows.empty()) return fail(error_code::not_found, "There is no " + kind + " synchronisation " + id);
  auto& [state, request, requested, completed, records, failed] = rows.front();
  json::object body{{"id", id},
                    {"kind", kind},
                    {"state", state},
                    {"requested_at", instant{requested}.to_string()},
                    {"records", records},
                    {"failed", failed},
                    {"request", *wire::parse_json(request)}};
  if (completed) body["completed_at"] = instant{*completed}.to_string();
  return body;
}

result<service::reply> request_sync(service::http_command& c, const std::string& kind, const sync_request& input) {
  std::string id = uuid::make_v7().to_string();
  c.db.execute(
      "INSERT INTO syncs (id, kind, state, request, requested_at, records, failed) VALUES (:p1, :p2, 'requested', :p3, "
      ":p4, 0, 0)",
      {id, kind, json::serialize(wire::to_json(input)), c.why.now.microseconds});
  auto body = sync_json(c.db, kind, id);
  if (!body) return std::unexpected(body.error());
  c.emit("integration." + kind + "-sync-requested", id, 1, *body);
  return service::reply{
      .status = 202, .body = std::move(*body), .location = "/api/v1/integration/" + kind + "/syncs/" + id};
}

// The connector that did the work says how it went.
result<service::reply> complete_sync(service::http_command& c, const std::string& kind, const sync_result& input) {
  const std::string& id = c.path_value("id");
  std::int64_t changed = c.db.execute(
      "UPDATE syncs SET state = :p1, completed_at = :p2, records = :p3, failed = :p4 WHERE kind = :p5 AND id = :p6 AND "
      "state = 'requested'",
      {std::string(input.failed > 0 ? "partial" : "completed"), c.why.now.microseconds, input.records, input.failed,
       kind, id});
  auto body = sync_json(c.db, kind, id);
  if (!body) return std::unexpected(body.error());
  if (changed == 0) return fail(error_code::illegal_transition, "The synchronisation has been completed already");
  if (kind == "erp") c.emit("integration.erp-sync-completed", id, 2, *body);
  return service::reply{.body = std::move(*body)};
}

struct sync_kind {
  std::string_view name, request_id, get_id, complete_id, summary;
};
constexpr sync_kind kinds[] = {
    {"erp", "requestErpSync", "getErpSync", "completeErpSync", "Exchange orders and stock with the ERP system"},
    {"plm", "requestPlmSync", "getPlmSync", "completePlmSync",
     "Take revisions and characteristics from the PLM system"},
};

}  // namespace

void define_syncs(service::api& surface) {
  for (const sync_kind& row : kinds) {
    std::string kind(row.name), base = "/" + kind + "/syncs";
    surface.post<sync_request>(
        base, {.id = row.request_id, .summary = row.summary, .permission = "integration:write", .success_status = 202},
        [kind](service::http_command& c, const sync_request& input) { return request_sync(c, kind, input); });
    surface.get(base + "/{id}", {.id = row.get_id, .summary = "One synchronisation", .permission = "integration:read"},
                [kind](const service::query& q) -> result<service::reply> {
                  auto body = sync_json(q.db, kind, q.path_value("id"));
                  if (!body) return std::unexpected(body.error());
                  return service::reply{.body = std::move(*body)};
                });
    surface.post<sync_result>(
        base + "/{id}/actions/complete",
        {.id = row.complete_id, .summary = "Say how a synchronisation went", .permission = "integration:write"},
        [kind](service::http_command& c, const sync_result& input) { return complete_sync(c, kind, input); });
  }
}

}  // namespace mes::integration
