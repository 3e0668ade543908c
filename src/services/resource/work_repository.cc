// Reported work and the queue: many rows, so plain columns instead of documents.
#include "services/resource/repository.h"

namespace mes::resource {

using store::value;

void add_work(store::session& db, const reported_work& w) {
  db.execute(
      "INSERT INTO work_intervals (report_id, equipment, worker, work_order_id, category, started, ended, completed, "
      "rejected, mrb, planned_run_s) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10, :p11) "
      "ON CONFLICT DO NOTHING",
      {w.report_id, w.equipment, w.worker, w.work_order_id, std::string(wire::name_of_enum(w.interval.category)),
       w.interval.from.microseconds, w.interval.to.microseconds, w.completed.millionths, w.rejected.millionths,
       w.mrb.millionths, w.planned_run_s ? value(w.planned_run_s->millionths) : value()});
}

void remove_work(store::session& db, const std::string& report_id) {
  db.execute("DELETE FROM work_intervals WHERE report_id = :p1", {report_id});
}

std::vector<work_interval> work_of(store::session& db, const std::string& equipment, instant from, instant to) {
  std::vector<work_interval> work;
  for (auto& [category, started, ended] : db.select<std::string, std::int64_t, std::int64_t>(
           "SELECT category, started, ended FROM work_intervals WHERE equipment = :p1 AND started < :p2 AND "
           "ended > :p3 ORDER BY started",
           {equipment, to.microseconds, from.microseconds}))
    work.push_back({{started}, {ended}, wire::enum_of_name<time_category>(category).value_or(time_category::unknown)});
  return work;
}

std::vector<counted_report> counted_reports(store::session& db, const std::string& equipment, instant from,
                                            instant to) {
  std::vector<counted_report> reports;
  for (auto& [completed, rejected, mrb, planned] :
       db.select<std::int64_t, std::int64_t, std::int64_t, std::optional<std::int64_t>>(
           "SELECT completed, rejected, mrb, planned_run_s FROM work_intervals WHERE equipment = :p1 AND "
           "ended > :p2 AND ended <= :p3",
           {equipment, from.microseconds, to.microseconds})) {
    counted_report r{.good = {completed}, .total = {completed + rejected + mrb}, .planned_run_s = {}};
    if (planned) r.planned_run_s = quantity{*planned};
    reports.push_back(r);
  }
  return reports;
}

void put_in_queue(store::session& db, const queued_operation& q) {
  db.execute(
      "INSERT INTO equipment_queue (operation_id, equipment, work_order_id, work_order, part, operation, sequence, "
      "state, version) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9) ON CONFLICT (operation_id) DO UPDATE SET "
      "equipment = excluded.equipment, state = excluded.state, version = excluded.version "
      "WHERE equipment_queue.version < excluded.version",
      {q.operation_id, q.equipment, q.work_order_id, q.work_order, q.part, q.operation, q.sequence, q.state,
       q.version});
}

json::array queue_of(store::session& db, const std::string& equipment_code) {
  json::array queue;
  for (auto& [id, order_id, order, part, operation, sequence, state] :
       db.select<std::string, std::string, std::string, std::string, std::string, std::int64_t, std::string>(
           "SELECT operation_id, work_order_id, work_order, part, operation, sequence, state FROM equipment_queue "
           "WHERE equipment = :p1 AND state <> 'gone' ORDER BY work_order_id, sequence LIMIT 500",
           {equipment_code}))
    queue.push_back(json::object{{"operation_id", id},
                                 {"work_order_id", order_id},
                                 {"work_order", order},
                                 {"part", part},
                                 {"operation", operation},
                                 {"sequence", sequence},
                                 {"state", state}});
  return queue;
}

std::vector<std::string> orders_on(store::session& db, const std::string& equipment_code) {
  std::vector<std::string> ids;
  for (auto& [id] : db.select<std::string>(
           "SELECT DISTINCT work_order_id FROM equipment_queue WHERE equipment = :p1 AND state <> 'gone' "
           "ORDER BY work_order_id LIMIT 100",
           {equipment_code}))
    ids.push_back(std::move(id));
  return ids;
}

void forget_order(store::session& db, const std::string& work_order_id, std::int64_t version,
                  const std::string& state) {
  db.execute("DELETE FROM equipment_queue WHERE work_order_id = :p1", {work_order_id});
  db.execute(
      "INSERT INTO work_orders_seen (work_order_id, version, state) VALUES (:p1, :p2, :p3) ON CONFLICT DO NOTHING",
      {work_order_id, version, state});
}

bool is_over(store::session& db, const std::string& work_order_id) {
  return !db.select<std::string>("SELECT state FROM work_orders_seen WHERE work_order_id = :p1", {work_order_id})
              .empty();
}

}  // namespace mes::resource
