// What work orders do to equipment: queues, reported time, states. A report costs one row.
#include "service/event_data.h"
#include "services/resource/handlers.h"
#include "services/resource/repository.h"

namespace mes::resource {

using service::command;
using service::event;
using service::flag_of;
using service::member_of;
using service::text_of;

namespace {

time_category category_of_report(const std::string& type) {
  if (type == "setup") return time_category::setup;
  if (type == "breakdown") return time_category::unplanned_down;
  return time_category::running;
}

// Also what still waits for the operation before it: the equipment is to do it.
bool is_ahead(const std::string& state) { return state != "completed" && state != "skipped" && state != "blocked"; }

// One operation of an event: into the queue of its equipment, or out of it.
void place(command& c, const event& e, const json::object& op) {
  queued_operation q{.operation_id = text_of(op, "id"),
                     .equipment = text_of(op, "resource"),
                     .work_order_id = e.aggregate_id,
                     .work_order = text_of(e.data, "number"),
                     .part = text_of(e.data, "part"),
                     .operation = text_of(op, "name"),
                     .sequence = member_of<std::int64_t>(op, "sequence").value_or(0),
                     .state = text_of(op, "state"),
                     .version = e.aggregate_version};
  if (q.operation_id.empty()) return;
  if (!q.equipment.empty()) ensure_equipment(c, q.equipment);
  if (q.equipment.empty() || !is_ahead(q.state)) q.state = "gone";
  put_in_queue(c.db, q);
}

result<void> on_dispatched(command& c, const event& e) {
  if (is_over(c.db, e.aggregate_id)) return {};
  const json::value* operations = e.data.if_contains("operations");
  if (!operations || !operations->is_array()) return {};
  for (const json::value& op : operations->get_array())
    if (op.is_object()) place(c, e, op.get_object());
  return {};
}

result<void> on_over(command& c, const event& e) {
  forget_order(c.db, e.aggregate_id, e.aggregate_version, text_of(e.data, "state"));
  for (assignment& a : assignments().all(c.db, {{"work_order_id", e.aggregate_id}, {"state", std::string("active")}}))
    if (auto done = end_assignment_now(c, std::move(a), "work order " + text_of(e.data, "state")); !done) return done;
  return {};
}

// A live report moves the equipment's state, if it says something else than is known.
void follow(command& c, const reported_work& w) {
  auto e = all_equipment().find_by(c.db, "code", w.equipment);
  if (!e || e->category == w.interval.category) return;
  bool first_word = never_told(*e);
  if (w.interval.to < e->state_since && !first_word) return;
  state_change stored;
  instant at = first_word ? w.interval.from : std::max(w.interval.from, e->state_since);
  change_state(c, e->id, {.packml = {}, .category = w.interval.category, .at = at, .reason = {}}, "report", stored);
}

result<void> on_report(command& c, const json::object& report, const std::string& work_order_id) {
  if (std::string original = text_of(report, "reverses"); !original.empty()) {
    remove_work(c.db, original);
    return {};
  }
  auto started = member_of<instant>(report, "started_at"), ended = member_of<instant>(report, "ended_at");
  if (!started || !ended) return fail(error_code::corrupt, "a report without started_at or ended_at");
  reported_work w{.report_id = text_of(report, "id"),
                  .equipment = text_of(report, "resource"),
                  .worker = text_of(report, "worker"),
                  .work_order_id = work_order_id,
                  .interval = {*started, *ended, category_of_report(text_of(report, "report_type"))},
                  .completed = member_of<quantity>(report, "completed").value_or(quantity{}),
                  .rejected = member_of<quantity>(report, "rejected").value_or(quantity{}),
                  .mrb = member_of<quantity>(report, "mrb").value_or(quantity{}),
                  .planned_run_s = member_of<quantity>(report, "planned_run_s")};
  if (!w.worker.empty()) ensure_person(c, w.worker);
  if (w.equipment.empty()) return {};
  ensure_equipment(c, w.equipment);
  add_work(c.db, w);
  if (!flag_of(report, "historical")) follow(c, w);
  return {};
}

result<void> on_updated(command& c, const event& e) {
  if (const json::value* report = e.data.if_contains("report"); report && report->is_object())
    return on_report(c, report->get_object(), e.aggregate_id);
  if (const json::value* op = e.data.if_contains("operation"); op && op->is_object()) {
    if (!is_over(c.db, e.aggregate_id)) place(c, e, op->get_object());
  }
  return {};
}

}  // namespace

void define_consumers(service::api& api) {
  api.consume("work-order.dispatched", on_dispatched);
  api.consume("work-order.updated", on_updated);
  api.consume("work-order.completed", on_over);
  api.consume("work-order.cancelled", on_over);
}

}  // namespace mes::resource
