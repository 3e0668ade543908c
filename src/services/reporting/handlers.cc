#include "services/reporting/handlers.h"

#include "service/page.h"
#include "services/reporting/consumers.h"
#include "services/reporting/production.h"

namespace mes::reporting {
namespace json = boost::json;
namespace {

result<std::int64_t> time_parameter(const service::query& q, std::string_view name, std::int64_t otherwise) {
  std::string_view text = q.parameter(name);
  if (text.empty()) return otherwise;
  if (auto at = instant::parse(text)) return at->microseconds;
  std::string message = "must be a time as in RFC 3339, such as 2012-01-29T00:00:00Z";
  return fail({error_code::invalid_argument,
               "Query parameter " + std::string(name) + " " + message,
               {{"?" + std::string(name), message}}});
}

result<period> period_of(const service::query& q) {
  auto from = time_parameter(q, "from", INT64_MIN), to = time_parameter(q, "to", INT64_MAX);
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  return period{*from, *to};
}

result<service::reply> get_production(const service::query& q) {
  auto when = period_of(q);
  if (!when) return std::unexpected(when.error());
  std::string_view group = q.parameter("group_by");
  return service::reply{
      .body = production(q.db, wire::enum_of_name<group_by>(group.empty() ? "none" : group).value(), *when)};
}

result<service::reply> get_key_figures(const service::query& q) {
  auto when = period_of(q);
  if (!when) return std::unexpected(when.error());
  return service::reply{.body = key_figures(q.db, *when)};
}

// Newest first: audit and notifications grow at their end.
result<service::reply> get_audit(const service::query& q) {
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  std::string sql = "SELECT id, record FROM audit WHERE id < :p1";
  std::vector<store::value> values = {page->after_id.empty() ? std::string("~") : page->after_id};
  for (const char* name : {"request_id", "resource_id", "user_id"})
    if (std::string_view wanted = q.parameter(name); !wanted.empty()) {
      values.emplace_back(std::string(wanted));
      sql += " AND " + std::string(name) + " = :p" + std::to_string(values.size());
    }
  values.emplace_back(static_cast<std::int64_t>(page->limit) + 1);
  sql += " ORDER BY id DESC LIMIT :p" + std::to_string(values.size());
  auto rows = q.db.select<std::string, std::string>(sql, values);
  bool more = rows.size() > page->limit;
  if (more) rows.resize(page->limit);
  json::array data;
  for (auto& [id, record] : rows) {
    auto parsed = wire::parse_json(record, 64);
    if (!parsed) return std::unexpected(parsed.error());
    parsed->as_object()["id"] = id;
    data.push_back(std::move(*parsed));
  }
  return service::reply{.body = service::page_body(*page, std::move(data), more ? std::get<0>(rows.back()) : "")};
}

result<service::reply> get_notifications(const service::query& q) {
  json::array data;
  for (auto& [record] : q.db.select<std::string>("SELECT record FROM notifications ORDER BY id DESC LIMIT 200")) {
    auto parsed = wire::parse_json(record, 64);
    if (!parsed) return std::unexpected(parsed.error());
    data.push_back(std::move(*parsed));
  }
  return service::reply{.body = json::object{{"data", std::move(data)}}};
}

service::query_parameter from_parameter() { return {"from", "First moment, RFC 3339"}; }
service::query_parameter to_parameter() { return {"to", "Moment behind the last, RFC 3339"}; }

}  // namespace

void define_dashboard(service::api& surface) {
  std::vector<std::string_view> groups(wire::enum_names<group_by>().begin(), wire::enum_names<group_by>().end());
  surface.get("/production",
              {.id = "getProduction",
               .summary = "Reports, pieces and minutes by part, resource, worker, report type or order",
               .permission = "dashboard:read",
               .query = {{"group_by", "What a row stands for", groups}, from_parameter(), to_parameter()},
               .cache_revision = revision_of},
              get_production);
  surface.get(
      "/lead-times",
      {.id = "getLeadTimes",
       .summary = "First start to last end of every order",
       .permission = "dashboard:read",
       .cache_revision = revision_of},
      [](const service::query& q) -> result<service::reply> { return service::reply{.body = lead_times(q.db)}; });
  surface.get("/kpis",
              {.id = "getKeyFigures",
               .summary = "Reject rate and totals of a period",
               .permission = "dashboard:read",
               .query = {from_parameter(), to_parameter()},
               .cache_revision = revision_of},
              get_key_figures);
  surface.get(
      "/wip", {.id = "getWorkInProcess", .summary = "Orders by state", .permission = "dashboard:read"},
      [](const service::query& q) -> result<service::reply> { return service::reply{.body = work_in_process(q.db)}; });
  surface.get("/audit",
              {.id = "listAuditRecords",
               .summary = "Who changed what, newest first",
               .permission = "dashboard:audit",
               .query = {{"request_id", "X-Request-ID"}, {"resource_id", "What was changed"}, {"user_id", "Who"}},
               .paged = true},
              get_audit);
  surface.get("/notifications",
              {.id = "listNotifications",
               .summary = "What people should look at, newest first",
               .permission = "dashboard:read"},
              get_notifications);
}

}  // namespace mes::reporting
