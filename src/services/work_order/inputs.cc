#include "services/work_order/inputs.h"

namespace mes::wire {

using namespace mes::work_order;

namespace {
field_rules number_rules(std::string doc) { return {.doc = std::move(doc), .min_length = 1, .max_length = 100}; }
field_rules name_rules(std::string doc = "") { return {.doc = std::move(doc), .min_length = 1, .max_length = 200}; }
field_rules amount_rules() { return {.required = false, .min = 0, .max = 1'000'000'000}; }
field_rules reason_rules() { return {.min_length = 1, .max_length = 200}; }
}  // namespace

template <>
const schema<routing_choice>& describe<routing_choice>() {
  static const auto s = schema<routing_choice>("RoutingChoice")
                            .field("number", &routing_choice::number, number_rules("Of the routing"))
                            .field("revision", &routing_choice::revision, {.doc = "Absent: the latest", .min = 1});
  return s;
}

template <>
const schema<create_order>& describe<create_order>() {
  static const auto s =
      schema<create_order>("CreateWorkOrder")
          .field("number", &create_order::number, number_rules("Unique; no '/', no UUID, no reserved word"))
          .field("part", &create_order::part, name_rules("Part number"))
          .field("quantity", &create_order::quantity_ordered, {.doc = "Above 0", .min = 0, .max = 1'000'000'000})
          .field("uom", &create_order::uom,
                 {.doc = "Unit of measure", .required = false, .min_length = 1, .max_length = 20})
          .field("priority", &create_order::priority, {.doc = "0 first, 9 last", .required = false, .min = 0, .max = 9})
          .field("tolerance_percent", &create_order::tolerance_percent,
                 {.doc = "Overproduction that is allowed", .required = false, .min = 0, .max = 100})
          .field("planned_start", &create_order::planned_start)
          .field("due", &create_order::due)
          .field("operations", &create_order::operations, {.max_length = 200})
          .field("routing", &create_order::routing, {.doc = "Its operations are copied; not beside `operations`"})
          .field("historical", &create_order::historical,
                 {.doc = "Taken over from another system: never held by others", .required = false});
  return s;
}

template <>
const schema<change_order>& describe<change_order>() {
  static const auto s =
      schema<change_order>("ChangeWorkOrder")
          .field("quantity", &change_order::quantity_ordered, {.doc = "Above 0", .min = 0, .max = 1'000'000'000})
          .field("planned_start", &change_order::planned_start)
          .field("due", &change_order::due)
          .field("priority", &change_order::priority, {.min = 0, .max = 9});
  return s;
}

template <>
const schema<operation_resource>& describe<operation_resource>() {
  static const auto s = schema<operation_resource>("OperationResource")
                            .field("operation", &operation_resource::operation, name_rules("Id, sequence or name"))
                            .field("resource", &operation_resource::resource, name_rules());
  return s;
}
template <>
const schema<dispatch_order>& describe<dispatch_order>() {
  static const auto s = schema<dispatch_order>("DispatchWorkOrder")
                            .field("resources", &dispatch_order::resources,
                                   {.doc = "Where operations go, if not as planned", .max_length = 200});
  return s;
}
template <>
const schema<hold_order>& describe<hold_order>() {
  static const auto s = schema<hold_order>("HoldWorkOrder").field("reason", &hold_order::reason, reason_rules());
  return s;
}
template <>
const schema<resume_order>& describe<resume_order>() {
  static const auto s =
      schema<resume_order>("ResumeWorkOrder")
          .field("reason", &resume_order::reason,
                 {.doc = "Absent: every reason that people gave", .min_length = 1, .max_length = 200});
  return s;
}
template <>
const schema<complete_order>& describe<complete_order>() {
  static const auto s = schema<complete_order>("CompleteWorkOrder")
                            .field("short_close", &complete_order::short_close,
                                   {.doc = "Complete it although not all pieces are accounted for", .required = false})
                            .field("reason", &complete_order::reason, reason_rules());
  return s;
}
template <>
const schema<cancel_order>& describe<cancel_order>() {
  static const auto s = schema<cancel_order>("CancelWorkOrder").field("reason", &cancel_order::reason, reason_rules());
  return s;
}

template <>
const schema<add_operation>& describe<add_operation>() {
  static const auto s =
      schema<add_operation>("AddOperation")
          .field("sequence", &add_operation::sequence, {.doc = "Absent: behind the last", .min = 1, .max = 1'000'000})
          .field("name", &add_operation::name, name_rules())
          .field("kind", &add_operation::kind, {.required = false})
          .field("resource", &add_operation::resource, name_rules())
          .field("predecessors", &add_operation::predecessors, {.max_length = 50})
          .field("planned_run_s", &add_operation::planned_run_s, {.min = 0})
          .field("rework", &add_operation::rework, {.required = false});
  return s;
}

template <>
const schema<report_input>& describe<report_input>() {
  using input = report_input;
  static const auto s =
      schema<input>("ReportOperation")
          .field("operation", &input::operation, name_rules("Id, sequence or name; history may name a new one"))
          .field("operation_kind", &input::kind, {.doc = "Of an operation that history names first"})
          .field("resource", &input::resource, name_rules("Absent: the planned one"))
          .field("worker", &input::worker, name_rules("Employee id"))
          .field("report_type", &input::type, {.required = false})
          .field("started_at", &input::started_at)
          .field("ended_at", &input::ended_at)
          .field("completed", &input::completed, amount_rules())
          .field("rejected", &input::rejected, amount_rules())
          .field("mrb", &input::mrb, amount_rules())
          .field("rework", &input::rework, {.doc = "Pieces that were reported before", .required = false})
          .field("external_id", &input::external_id, name_rules("Unique: the same again answers with the stored one"))
          .field("historical", &input::historical,
                 {.doc = "Kept as reported, with `violations` instead of refusals", .required = false})
          .field("note", &input::note);
  return s;
}

template <>
const schema<reverse_report>& describe<reverse_report>() {
  static const auto s =
      schema<reverse_report>("ReverseReport").field("note", &reverse_report::note, {.doc = "Why", .min_length = 1});
  return s;
}

template <>
const schema<create_routing>& describe<create_routing>() {
  static const auto s = schema<create_routing>("CreateRouting")
                            .field("number", &create_routing::number, number_rules("A number again: its next revision"))
                            .field("part", &create_routing::part, name_rules("Part number"))
                            .field("operations", &create_routing::operations, {.min_length = 1, .max_length = 200});
  return s;
}

template <>
const schema<create_schedule>& describe<create_schedule>() {
  static const auto s = schema<create_schedule>("CreateProductionSchedule")
                            .field("number", &create_schedule::number, number_rules("Unique"))
                            .field("from", &create_schedule::from)
                            .field("to", &create_schedule::to)
                            .field("entries", &create_schedule::entries, {.min_length = 1, .max_length = 500});
  return s;
}

}  // namespace mes::wire
