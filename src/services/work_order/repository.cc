#include "services/work_order/repository.h"

#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/uuid.h"

namespace mes::work_order {
namespace {

using service::collection;

const collection<work_order>& orders() {
  static const collection<work_order> table("work_orders", "work order", {});
  return table;
}

// Written by version as the rules leave it: one command may raise it by several.
const service::document_table& order_table() {
  static const service::document_table table("work_orders", {"number", "state", "part"});
  return table;
}

const collection<operation_report>& reports() {
  static const collection<operation_report> table("work_order_reports", "report", {});
  return table;
}

store::value text_or_null(const std::optional<std::string>& text) {
  return text ? store::value(*text) : store::value();
}

std::vector<store::value> columns_of(const work_order& order) {
  return {order.number, std::string(wire::name_of_enum(order.state)), order.part};
}

bool in_queue(operation_state s) {
  return s == operation_state::dispatched || s == operation_state::setup || s == operation_state::running ||
         s == operation_state::paused;
}

void save_queue(store::session& db, const work_order& order) {
  db.execute("DELETE FROM dispatch_queue WHERE work_order_id = :p1", {order.id});
  if (order.state != order_state::dispatched && order.state != order_state::started) return;
  for (const operation& op : order.operations) {
    if (!in_queue(op.state)) continue;
    db.execute(
        "INSERT INTO dispatch_queue (operation_id, work_order_id, work_order, part, operation, sequence, resource, "
        "state, priority, due) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10)",
        {op.id, order.id, order.number, order.part, op.name, op.sequence, op.resource.value_or(""),
         std::string(wire::name_of_enum(op.state)), order.priority, order.due ? order.due->microseconds : INT64_MAX});
  }
}

void insert_note(service::command& c, const std::string& order_id, std::int64_t version, const std::string& kind,
                 const std::string& detail) {
  c.db.execute(
      "INSERT INTO work_order_timeline (id, work_order_id, version, at, user_id, request_id, kind, detail) "
      "VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8)",
      {uuid::make_v7().to_string(), order_id, version, c.why.now.microseconds, c.why.user.user_id, c.why.request_id,
       kind, detail});
}

}  // namespace

moment moment_of(const service::command& c) {
  return {.now = c.why.now, .new_id = [] { return uuid::make_v7().to_string(); }};
}

result<work_order> get_order(store::session& db, std::string_view id_or_number) {
  if (uuid::parse(id_or_number)) return orders().get(db, id_or_number);
  if (auto found = orders().find_by(db, "number", id_or_number)) return std::move(*found);
  return fail(error_code::not_found, "There is no work order " + std::string(id_or_number));
}

result<json::object> list_orders(store::session& db, const service::page_request& page,
                                 const std::vector<service::column_filter>& filters) {
  return orders().list(db, page, filters);
}

void save(service::command& c, const order_change& change) {
  const work_order& order = change.order;
  if (change.events.empty()) return;
  std::string document = json::serialize(wire::to_json(order));
  if (change.read_version == 0)
    order_table().insert(c.db, order.id, order.version, std::move(document), columns_of(order));
  else if (!order_table().update(c.db, order.id, change.read_version, order.version, std::move(document),
                                 columns_of(order)))
    throw store::sql_error(error_code::internal, "work order " + order.id + " changed under the writer");
  for (const timeline_note& n : change.notes) insert_note(c, order.id, n.version, n.kind, n.detail);
  if (change.queue_changed) save_queue(c.db, order);
  for (const emitted& e : change.events) c.emit(e.topic, order.id, e.version, e.data);
}

bool insert_report(service::command& c, const operation_report& report) {
  return c.db.execute(
             "INSERT INTO work_order_reports (id, version, document, work_order_id, external_id, reverses, at, "
             "user_id, request_id) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9) ON CONFLICT DO NOTHING",
             {report.id, report.version, json::serialize(wire::to_json(report)), report.work_order_id,
              text_or_null(report.external_id), text_or_null(report.reverses), c.why.now.microseconds,
              c.why.user.user_id, c.why.request_id}) == 1;
}

result<operation_report> get_report(store::session& db, std::string_view id) { return reports().get(db, id); }

std::optional<operation_report> find_report_by_external_id(store::session& db, std::string_view external_id) {
  return reports().find_by(db, "external_id", external_id);
}

bool is_reversed(store::session& db, std::string_view report_id) {
  return reports().find_by(db, "reverses", report_id).has_value();
}

result<json::object> list_reports(store::session& db, const service::page_request& page, const std::string& order_id) {
  return reports().list(db, page, {{"work_order_id", order_id}});
}

json::object timeline(store::session& db, const service::page_request& page, const std::string& order_id) {
  // The cursor is "version:id": several notes may share a version.
  std::int64_t version = 0;
  std::size_t colon = std::min(page.after_id.find(':'), page.after_id.size());
  std::from_chars(page.after_id.data(), page.after_id.data() + colon, version);
  std::string id = colon < page.after_id.size() ? page.after_id.substr(colon + 1) : "";
  std::string columns = "id, version, at, user_id, request_id, ";
  std::string where = " WHERE work_order_id = :p1 AND (version > :p2 OR (version = :p3 AND id > :p4))";
  std::string where_again = " WHERE work_order_id = :p5 AND (version > :p6 OR (version = :p7 AND id > :p8))";
  auto rows = db.select<std::string, std::int64_t, std::int64_t, std::string, std::string, std::string, std::string>(
      "SELECT " + columns + "kind, detail FROM work_order_timeline" + where + " UNION ALL SELECT " + columns +
          "'reported', document FROM work_order_reports" + where_again + " ORDER BY version, id LIMIT :p9",
      {order_id, version, version, id, order_id, version, version, id, static_cast<std::int64_t>(page.limit + 1)});
  json::array data;
  std::string last;
  for (auto& [row_id, row_version, at, user, request, kind, detail] : rows) {
    if (data.size() == page.limit) return service::page_body(page, std::move(data), last);
    json::object entry{{"id", row_id},    {"version", row_version}, {"at", instant{at}.to_string()},
                       {"user_id", user}, {"request_id", request},  {"kind", kind}};
    if (kind == "reported") {
      if (auto report = wire::parse_json(detail)) entry["report"] = std::move(*report);
    } else if (!detail.empty()) {
      entry["detail"] = detail;
    }
    data.push_back(std::move(entry));
    last = std::to_string(row_version) + ':' + row_id;
  }
  return service::page_body(page, std::move(data), "");
}

void note(service::command& c, const work_order& order, std::string kind, std::string detail) {
  insert_note(c, order.id, order.version, kind, detail);
}

bool open_gate(store::session& db, const std::string& order_id, const std::string& gate) {
  return db.execute("INSERT INTO work_order_gates (work_order_id, gate) VALUES (:p1, :p2) ON CONFLICT DO NOTHING",
                    {order_id, gate}) == 1;
}
void close_gate(store::session& db, const std::string& order_id, const std::string& gate) {
  db.execute(
      "INSERT INTO work_order_gates (work_order_id, gate, closed) VALUES (:p1, :p2, 1) "
      "ON CONFLICT (work_order_id, gate) DO UPDATE SET closed = 1",
      {order_id, gate});
}
std::vector<std::string> open_gates(store::session& db, const std::string& order_id) {
  std::vector<std::string> gates;
  for (auto& [gate] : db.select<std::string>(
           "SELECT gate FROM work_order_gates WHERE work_order_id = :p1 AND closed = 0 ORDER BY gate", {order_id}))
    gates.push_back(std::move(gate));
  return gates;
}

const collection<routing>& routings() {
  static const collection<routing> table("routings", "routing",
                                         {{"number", [](const routing& r) { return store::value(r.number); }},
                                          {"revision", [](const routing& r) { return store::value(r.revision); }},
                                          {"part", [](const routing& r) { return store::value(r.part); }}});
  return table;
}

std::optional<routing> find_routing(store::session& db, const std::string& number,
                                    std::optional<std::int64_t> revision) {
  std::vector<service::column_filter> filters = {{"number", number}};
  if (revision) filters.push_back({"revision", *revision});
  std::vector<routing> found = routings().all(db, filters);
  auto latest = std::ranges::max_element(found, {}, &routing::revision);
  if (latest == found.end()) return std::nullopt;
  return std::move(*latest);
}

const collection<production_schedule>& schedules() {
  using schedule = production_schedule;
  static const collection<schedule> table(
      "production_schedules", "production schedule",
      {{"number", [](const schedule& s) { return store::value(s.number); }},
       {"state", [](const schedule& s) { return store::value(std::string(wire::name_of_enum(s.state))); }}});
  return table;
}

json::array dispatch_queue(store::session& db, const std::string& resource) {
  std::string sql =
      "SELECT operation_id, work_order_id, work_order, part, operation, sequence, resource, state, priority, due "
      "FROM dispatch_queue";
  std::vector<store::value> values;
  if (!resource.empty()) {
    sql += " WHERE resource = :p1";
    values.emplace_back(resource);
  }
  sql += " ORDER BY priority, due, work_order_id, sequence LIMIT 500";
  json::array queue;
  for (auto& [operation_id, order_id, order, part, name, sequence, where, state, priority, due] :
       db.select<std::string, std::string, std::string, std::string, std::string, std::int64_t, std::string,
                 std::string, std::int64_t, std::int64_t>(sql, values)) {
    json::object row{{"operation_id", operation_id},
                     {"work_order_id", order_id},
                     {"work_order", order},
                     {"part", part},
                     {"operation", name},
                     {"sequence", sequence},
                     {"state", state},
                     {"priority", priority}};
    if (!where.empty()) row["resource"] = where;
    if (due != INT64_MAX) row["due"] = instant{due}.to_string();
    queue.push_back(std::move(row));
  }
  return queue;
}

}  // namespace mes::work_order
