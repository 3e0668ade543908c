#include "services/reporting/consumers.h"

#include <boost/json/serialize.hpp>

#include "services/reporting/model.h"

namespace mes::reporting {
namespace json = boost::json;
namespace {

constexpr std::string_view work_order_topics[] = {"work-order.created", "work-order.updated",   "work-order.dispatched",
                                                  "work-order.started", "work-order.completed", "work-order.cancelled",
                                                  "work-order.on-hold"};

std::string text(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

quantity amount(const json::object& from, std::string_view name) {
  quantity q;
  wire::decode_errors errors;
  if (const json::value* v = from.if_contains(name))
    wire::codec<quantity>::decode(*v, q, {}, std::string(name), errors);
  return q;
}

void raise_revision(store::session& db) { db.execute("UPDATE revision SET number = number + 1 WHERE id = 1"); }

// Topics give no order among each other: what is older than what is known changes nothing.
void keep_order(service::command& c, const service::event& e) {
  c.db.execute(
      "INSERT INTO orders (id, version, number, part, quantity, state) VALUES (:p1, :p2, :p3, :p4, :p5, :p6)"
      " ON CONFLICT (id) DO UPDATE SET version = excluded.version, part = excluded.part,"
      " quantity = excluded.quantity, state = excluded.state WHERE orders.version < excluded.version",
      {e.aggregate_id, e.aggregate_version, text(e.data, "number"), text(e.data, "part"),
       amount(e.data, "quantity").millionths, text(e.data, "state")});
}

result<void> keep_report(service::command& c, const service::event& e, const json::object& report) {
  auto started = instant::parse(text(report, "started_at")), ended = instant::parse(text(report, "ended_at"));
  std::string id = text(report, "id");
  if (!started || !ended || id.empty())
    return fail(error_code::corrupt, "the report needs id, started_at and ended_at");
  // A reversed report and the one that reverses it count nowhere: neither pieces nor time.
  if (std::string reversed = text(report, "reverses"); !reversed.empty()) {
    c.db.execute("DELETE FROM reports WHERE id = :p1", {reversed});
    return {};
  }
  c.db.execute(
      "INSERT INTO reports (id, work_order_id, work_order, part, operation, operation_kind, resource, worker,"
      " report_type, started_at, ended_at, completed, rejected, mrb)"
      " VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10, :p11, :p12, :p13, :p14) ON CONFLICT (id) DO NOTHING",
      {id, e.aggregate_id, text(e.data, "number"), text(e.data, "part"), text(report, "operation"),
       text(report, "operation_kind"), text(report, "resource"), text(report, "worker"), text(report, "report_type"),
       started->microseconds, ended->microseconds, amount(report, "completed").millionths,
       amount(report, "rejected").millionths, amount(report, "mrb").millionths});
  return {};
}

result<void> on_work_order(service::command& c, const service::event& e) {
  keep_order(c, e);
  if (const json::value* report = e.data.if_contains("report"); report && report->is_object())
    if (auto kept = keep_report(c, e, report->get_object()); !kept) return kept;
  raise_revision(c.db);
  return {};
}

result<void> on_audit(service::command& c, const service::event& e) {
  c.db.execute(
      "INSERT INTO audit (id, at, user_id, service, action, resource_id, request_id, record)"
      " VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8) ON CONFLICT (id) DO NOTHING",
      {e.id.to_string(), e.time.microseconds, e.user, text(e.data, "service"), text(e.data, "action"),
       text(e.data, "resource_id"), e.request_id, json::serialize(e.data)});
  return {};
}

result<void> on_notification(service::command& c, const service::event& e) {
  json::object record = e.data;
  record["id"] = e.id.to_string();
  record["time"] = e.time.to_string();
  c.db.execute("INSERT INTO notifications (id, at, record) VALUES (:p1, :p2, :p3) ON CONFLICT (id) DO NOTHING",
               {e.id.to_string(), e.time.microseconds, json::serialize(record)});
  return {};
}

}  // namespace

std::string revision_of(store::session& db) {
  return std::to_string(std::get<0>(db.select<std::int64_t>("SELECT number FROM revision WHERE id = 1").front()));
}

void define_consumers(service::api& surface) {
  for (std::string_view topic : work_order_topics) surface.consume(std::string(topic), on_work_order);
  surface.consume("system.audit-log", on_audit);
  surface.consume("system.notification", on_notification);
}

}  // namespace mes::reporting
