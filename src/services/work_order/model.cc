#include "services/work_order/model.h"

#include <array>

namespace mes::wire {

using namespace mes::work_order;
using std::string_view;

// ---- names on the wire, in the order of the enums

template <>
std::span<const string_view> enum_names<order_state>() {
  static constexpr std::array<string_view, 8> names = {"created", "released",  "dispatched", "started",
                                                       "on-hold", "completed", "closed",     "cancelled"};
  return names;
}
template <>
std::span<const string_view> enum_names<order_verb>() {
  static constexpr std::array<string_view, 8> names = {"release", "dispatch", "start", "hold",
                                                       "resume",  "complete", "close", "cancel"};
  return names;
}
template <>
std::span<const string_view> enum_names<operation_state>() {
  static constexpr std::array<string_view, 9> names = {"pending", "ready",     "dispatched", "setup",  "running",
                                                       "paused",  "completed", "skipped",    "blocked"};
  return names;
}
template <>
std::span<const string_view> enum_names<operation_verb>() {
  static constexpr std::array<string_view, 9> names = {"make-ready", "dispatch", "set-up", "start",  "pause",
                                                       "complete",   "skip",     "block",  "unblock"};
  return names;
}
template <>
std::span<const string_view> enum_names<operation_kind>() {
  static constexpr std::array<string_view, 5> names = {"production", "setup", "inspection", "packing", "other"};
  return names;
}
template <>
std::span<const string_view> enum_names<report_type>() {
  static constexpr std::array<string_view, 3> names = {"production", "setup", "breakdown"};
  return names;
}
template <>
std::span<const string_view> enum_names<schedule_state>() {
  static constexpr std::array<string_view, 2> names = {"created", "dispatched"};
  return names;
}
template <>
std::span<const string_view> enum_names<schedule_verb>() {
  static constexpr std::array<string_view, 1> names = {"dispatch"};
  return names;
}

// ---- records

template <>
const schema<operation>& describe<operation>() {
  static const auto s =
      schema<operation>("Operation")
          .field("id", &operation::id)
          .field("sequence", &operation::sequence, {.doc = "Unique in the order; predecessors name it"})
          .field("name", &operation::name)
          .field("kind", &operation::kind)
          .field("resource", &operation::resource, {.doc = "Planned resource"})
          .field("predecessors", &operation::predecessors, {.doc = "Sequences of the operations before it"})
          .field("planned_run_s", &operation::planned_run_s, {.doc = "Planned run time of a piece, in seconds"})
          .field("state", &operation::state)
          .field("completed", &operation::completed, {.doc = "Good pieces as reported, rework included"})
          .field("rejected", &operation::rejected)
          .field("mrb", &operation::mrb, {.doc = "Pieces given to the material review board"})
          .field("reworked", &operation::reworked, {.doc = "Pieces of rework reports alone; never counted as new"})
          .field("reports", &operation::reports, {.doc = "Number of reports"});
  return s;
}

template <>
const schema<routing_reference>& describe<routing_reference>() {
  static const auto s = schema<routing_reference>("RoutingReference")
                            .field("id", &routing_reference::id)
                            .field("number", &routing_reference::number)
                            .field("revision", &routing_reference::revision);
  return s;
}

template <>
const schema<mes::work_order::work_order>& describe<mes::work_order::work_order>() {
  using order = mes::work_order::work_order;
  static const auto s =
      schema<order>("WorkOrder")
          .field("id", &order::id)
          .field("version", &order::version, {.doc = "Also the ETag and the version of the latest event"})
          .field("number", &order::number)
          .field("part", &order::part)
          .field("quantity", &order::quantity_ordered, {.doc = "Ordered"})
          .field("uom", &order::uom)
          .field("priority", &order::priority)
          .field("tolerance_percent", &order::tolerance_percent)
          .field("state", &order::state)
          .field("held_from", &order::held_from, {.doc = "The state that it resumes"})
          .field("hold_reasons", &order::hold_reasons, {.doc = "It resumes when this is empty"})
          .field("routing", &order::routing)
          .field("operations", &order::operations)
          .field("planned_start", &order::planned_start)
          .field("due", &order::due)
          .field("created_at", &order::created_at)
          .field("released_at", &order::released_at)
          .field("started_at", &order::started_at)
          .field("completed_at", &order::completed_at)
          .field("completed", &order::completed, {.doc = "Sum over all reports of all operations"})
          .field("rejected", &order::rejected)
          .field("mrb", &order::mrb)
          .field("reworked", &order::reworked)
          .field("packed", &order::packed, {.doc = "Completed at operations of kind packing"})
          .field("reports", &order::reports)
          .field("first_report_at", &order::first_report_at, {.doc = "Earliest start of a report"})
          .field("last_report_at", &order::last_report_at, {.doc = "Latest end of a report"})
          .field("first_packed_at", &order::first_packed_at)
          .field("historical", &order::historical);
  return s;
}

template <>
const schema<operation_report>& describe<operation_report>() {
  using report = operation_report;
  static const auto s = schema<report>("OperationReport")
                            .field("id", &report::id)
                            .field("version", &report::version, {.doc = "Version of the work order after this report"})
                            .field("work_order_id", &report::work_order_id)
                            .field("work_order", &report::work_order, {.doc = "Its number"})
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
                            .field("external_id", &report::external_id)
                            .field("note", &report::note)
                            .field("reverses", &report::reverses, {.doc = "The report that this one takes back"})
                            .field("violations", &report::violations, {.doc = "Rules that a historical report breaks"})
                            .field("created_at", &report::created_at);
  return s;
}

template <>
const schema<routing_operation>& describe<routing_operation>() {
  using step = routing_operation;
  static const auto s =
      schema<step>("RoutingOperation")
          .field("sequence", &step::sequence, {.doc = "Unique; the order of work", .min = 1, .max = 1'000'000})
          .field("name", &step::name, {.min_length = 1, .max_length = 200})
          .field("kind", &step::kind, {.required = false})
          .field("resource", &step::resource, {.doc = "Planned resource", .min_length = 1, .max_length = 200})
          .field("predecessors", &step::predecessors,
                 {.doc = "Sequences; absent: the operation before, []: none", .max_length = 50})
          .field("planned_run_s", &step::planned_run_s, {.doc = "Planned run time of a piece, in seconds", .min = 0});
  return s;
}

template <>
const schema<routing>& describe<routing>() {
  static const auto s = schema<routing>("Routing")
                            .field("id", &routing::id)
                            .field("version", &routing::version)
                            .field("number", &routing::number)
                            .field("revision", &routing::revision, {.doc = "Frozen: a change makes the next one"})
                            .field("part", &routing::part)
                            .field("operations", &routing::operations)
                            .field("created_at", &routing::created_at);
  return s;
}

template <>
const schema<schedule_entry>& describe<schedule_entry>() {
  using entry = schedule_entry;
  static const auto s =
      schema<entry>("ScheduleEntry")
          .field("work_order", &entry::work_order, {.doc = "Number or id", .min_length = 1, .max_length = 100})
          .field("operation", &entry::operation, {.doc = "Id, sequence or name", .min_length = 1, .max_length = 200})
          .field("resource", &entry::resource, {.min_length = 1, .max_length = 200})
          .field("start", &entry::start)
          .field("end", &entry::end);
  return s;
}

template <>
const schema<production_schedule>& describe<production_schedule>() {
  using schedule = production_schedule;
  static const auto s = schema<schedule>("ProductionSchedule")
                            .field("id", &schedule::id)
                            .field("version", &schedule::version)
                            .field("number", &schedule::number)
                            .field("state", &schedule::state)
                            .field("from", &schedule::from)
                            .field("to", &schedule::to)
                            .field("entries", &schedule::entries)
                            .field("created_at", &schedule::created_at);
  return s;
}

}  // namespace mes::wire
