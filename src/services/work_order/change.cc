#include "services/work_order/change.h"

namespace mes::work_order {

event_operation event_of(const operation& op) {
  return {.id = op.id,
          .sequence = op.sequence,
          .name = op.name,
          .kind = op.kind,
          .state = op.state,
          .resource = op.resource,
          .planned_run_s = op.planned_run_s,
          .completed = op.completed,
          .rejected = op.rejected,
          .mrb = op.mrb};
}

order_event order_change::state_now() const {
  return {.work_order_id = order.id,
          .number = order.number,
          .part = order.part,
          .quantity_ordered = order.quantity_ordered,
          .uom = order.uom,
          .state = order.state,
          .historical = order.historical,
          .completed = order.completed,
          .rejected = order.rejected,
          .mrb = order.mrb,
          .packed = order.packed};
}

void order_change::tell(std::string_view topic, order_event data, std::string detail) {
  ++order.version;
  std::string kind = data.change_type.value_or(std::string(topic.substr(topic.find('.') + 1)));
  events.push_back({std::string(topic), order.version, wire::to_json(data)});
  notes.push_back({order.version, std::move(kind), std::move(detail)});
}

void order_change::tell_update(std::string_view change_type, order_event data, std::string detail) {
  data.change_type = change_type;
  tell("work-order.updated", std::move(data), std::move(detail));
}

void order_change::tell_report(const operation_report& report, const operation& of) {
  ++order.version;
  order_event data = state_now();
  data.change_type = "reported";
  data.report = event_report{.id = report.id,
                             .external_id = report.external_id,
                             .operation_id = report.operation_id,
                             .operation = report.operation,
                             .kind = report.kind,
                             .resource = report.resource,
                             .worker = report.worker,
                             .type = report.type,
                             .started_at = report.started_at,
                             .ended_at = report.ended_at,
                             .completed = report.completed,
                             .rejected = report.rejected,
                             .mrb = report.mrb,
                             .rework = report.rework,
                             .historical = report.historical,
                             .reverses = report.reverses,
                             .planned_run_s = of.planned_run_s};
  if (!report.violations.empty()) data.report->violations = report.violations;
  events.push_back({"work-order.updated", order.version, wire::to_json(data)});
}

}  // namespace mes::work_order

namespace mes::wire {

using namespace mes::work_order;

template <>
const schema<event_operation>& describe<event_operation>() {
  using op = event_operation;
  static const auto s = schema<op>("EventOperation")
                            .field("id", &op::id)
                            .field("sequence", &op::sequence)
                            .field("name", &op::name)
                            .field("kind", &op::kind)
                            .field("state", &op::state)
                            .field("resource", &op::resource)
                            .field("planned_run_s", &op::planned_run_s)
                            .field("completed", &op::completed)
                            .field("rejected", &op::rejected)
                            .field("mrb", &op::mrb);
  return s;
}

template <>
const schema<event_report>& describe<event_report>() {
  using report = event_report;
  static const auto s =
      schema<report>("EventReport")
          .field("id", &report::id)
          .field("external_id", &report::external_id)
          .field("operation_id", &report::operation_id)
          .field("operation", &report::operation)
          .field("operation_kind", &report::kind)
          .field("resource", &report::resource)
          .field("worker", &report::worker)
          .field("report_type", &report::type)
          .field("started_at", &report::started_at)
          .field("ended_at", &report::ended_at)
          .field("completed", &report::completed)
          .field("rejected", &report::rejected)
          .field("mrb", &report::mrb)
          .field("rework", &report::rework)
          .field("historical", &report::historical)
          .field("reverses", &report::reverses,
                 {.doc = "The report that this one takes back: its quantities are negative, its time is not new"})
          .field("violations", &report::violations)
          .field("planned_run_s", &report::planned_run_s, {.doc = "Planned run time of a piece, in seconds"});
  return s;
}

template <>
const schema<order_event>& describe<order_event>() {
  using data = order_event;
  static const auto s =
      schema<data>("WorkOrderEvent")
          .field("work_order_id", &data::work_order_id)
          .field("number", &data::number)
          .field("part", &data::part)
          .field("quantity", &data::quantity_ordered)
          .field("uom", &data::uom)
          .field("state", &data::state)
          .field("change_type", &data::change_type,
                 {.doc = "Of work-order.updated: released, resumed, quantity, reported, operation-added, "
                         "operation-started, operation-paused, operation-completed, operation-skipped, "
                         "operation-blocked, operation-unblocked, rework, closed; more may come"})
          .field("historical", &data::historical)
          .field("completed", &data::completed, {.doc = "Sum over all reports so far"})
          .field("rejected", &data::rejected)
          .field("mrb", &data::mrb)
          .field("packed", &data::packed)
          .field("priority", &data::priority)
          .field("planned_start", &data::planned_start)
          .field("due", &data::due)
          .field("reason", &data::reason)
          .field("hold_reasons", &data::hold_reasons)
          .field("operations", &data::operations)
          .field("operation", &data::operation)
          .field("report", &data::report);
  return s;
}

template <>
const schema<schedule_event>& describe<schedule_event>() {
  using data = schedule_event;
  static const auto s = schema<data>("ProductionScheduleEvent")
                            .field("schedule_id", &data::schedule_id)
                            .field("number", &data::number)
                            .field("state", &data::state)
                            .field("from", &data::from)
                            .field("to", &data::to)
                            .field("entries", &data::entries);
  return s;
}

}  // namespace mes::wire
