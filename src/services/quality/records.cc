#include "services/quality/model.h"

namespace mes::wire {

using namespace mes::quality;

template <>
const schema<characteristic>& describe<characteristic>() {
  using r = characteristic;
  static const auto s = schema<r>("Characteristic")
                            .field("number", &r::number, {.min_length = 1, .max_length = 200})
                            .field("name", &r::name, {.required = false, .max_length = 200})
                            .field("nominal", &r::nominal)
                            .field("lower", &r::lower)
                            .field("upper", &r::upper)
                            .field("uom", &r::uom, {.max_length = 20})
                            .field("severity_if_failed", &r::if_failed, {.required = false});
  return s;
}

template <>
const schema<inspection_plan>& describe<inspection_plan>() {
  using r = inspection_plan;
  static const auto s = schema<r>("InspectionPlan")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("number", &r::number)
                            .field("revision", &r::revision)
                            .field("part", &r::part)
                            .field("operation", &r::operation)
                            .field("kind", &r::kind)
                            .field("characteristics", &r::characteristics)
                            .field("created_at", &r::created_at);
  return s;
}

template <>
const schema<measurement>& describe<measurement>() {
  using r = measurement;
  static const auto s =
      schema<r>("Measurement")
          .field("characteristic", &r::characteristic, {.doc = "Its number", .min_length = 1, .max_length = 200})
          .field("value", &r::value)
          .field("conforming", &r::conforming)
          .field("serial", &r::serial)
          .field("gauge", &r::gauge)
          .field("gauge_calibrated_until", &r::gauge_calibrated_until)
          .field("passed", &r::passed, {.doc = "Computed from the limits; not taken from inputs", .required = false});
  return s;
}

template <>
const schema<inspection>& describe<inspection>() {
  using r = inspection;
  static const auto s = schema<r>("Inspection")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("event_version", &r::event_version)
                            .field("number", &r::number)
                            .field("kind", &r::kind)
                            .field("state", &r::state)
                            .field("plan_id", &r::plan_id)
                            .field("work_order_id", &r::work_order_id)
                            .field("work_order", &r::work_order)
                            .field("operation", &r::operation)
                            .field("resource", &r::resource)
                            .field("worker", &r::worker)
                            .field("part", &r::part)
                            .field("lot", &r::lot)
                            .field("inspected", &r::inspected)
                            .field("failed_quantity", &r::failed_quantity)
                            .field("characteristics", &r::characteristics)
                            .field("measurements", &r::measurements)
                            .field("reason", &r::reason)
                            .field("report_id", &r::report_id)
                            .field("supersedes", &r::supersedes)
                            .field("supersedes_number", &r::supersedes_number)
                            .field("request_id", &r::request_id)
                            .field("historical", &r::historical)
                            .field("created_at", &r::created_at)
                            .field("decided_at", &r::decided_at);
  return s;
}

template <>
const schema<disposition>& describe<disposition>() {
  using r = disposition;
  static const auto s = schema<r>("Disposition")
                            .field("kind", &r::kind)
                            .field("quantity", &r::amount)
                            .field("justification", &r::justification)
                            .field("decided_by", &r::decided_by)
                            .field("decided_at", &r::decided_at)
                            .field("executed_by", &r::executed_by)
                            .field("executed_at", &r::executed_at);
  return s;
}

template <>
const schema<ncr>& describe<ncr>() {
  using r = ncr;
  static const auto s = schema<r>("Ncr")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("event_version", &r::event_version)
                            .field("number", &r::number)
                            .field("state", &r::state)
                            .field("severity", &r::how_bad)
                            .field("description", &r::description)
                            .field("work_order_id", &r::work_order_id)
                            .field("work_order", &r::work_order)
                            .field("operation", &r::operation)
                            .field("resource", &r::resource)
                            .field("worker", &r::worker)
                            .field("lot", &r::lot)
                            .field("serial", &r::serial)
                            .field("part", &r::part)
                            .field("quantity", &r::amount)
                            .field("rejected", &r::rejected)
                            .field("mrb", &r::mrb)
                            .field("dispositions", &r::dispositions)
                            .field("inspection_id", &r::inspection_id)
                            .field("report_id", &r::report_id)
                            .field("containment", &r::containment)
                            .field("request_id", &r::request_id)
                            .field("hold_order", &r::hold_order)
                            .field("historical", &r::historical)
                            .field("created_at", &r::created_at)
                            .field("closed_at", &r::closed_at);
  return s;
}

template <>
const schema<capa_action>& describe<capa_action>() {
  using r = capa_action;
  static const auto s = schema<r>("CapaAction")
                            .field("description", &r::description, {.min_length = 1, .max_length = 1000})
                            .field("owner", &r::owner, {.min_length = 1, .max_length = 200})
                            .field("due", &r::due)
                            .field("done_at", &r::done_at);
  return s;
}

template <>
const schema<capa>& describe<capa>() {
  using r = capa;
  static const auto s = schema<r>("Capa")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("event_version", &r::event_version)
                            .field("number", &r::number)
                            .field("state", &r::state)
                            .field("problem", &r::problem)
                            .field("ncrs", &r::ncrs)
                            .field("root_cause", &r::root_cause)
                            .field("escape_point", &r::escape_point)
                            .field("actions", &r::actions)
                            .field("effectiveness", &r::effectiveness)
                            .field("rounds", &r::rounds)
                            .field("created_at", &r::created_at);
  return s;
}

template <>
const schema<signature>& describe<signature>() {
  using r = signature;
  static const auto s = schema<r>("Signature")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("event_version", &r::event_version)
                            .field("state", &r::state)
                            .field("record_type", &r::record_type)
                            .field("record_id", &r::record_id)
                            .field("record_version", &r::record_version)
                            .field("record_sha256", &r::record_sha256)
                            .field("meaning", &r::meaning)
                            .field("user_id", &r::user_id)
                            .field("printed_name", &r::printed_name)
                            .field("signed_at", &r::signed_at)
                            .field("reason", &r::reason)
                            .field("created_at", &r::created_at)
                            .field("expires_at", &r::expires_at);
  return s;
}

template <>
const schema<sampling_state>& describe<sampling_state>() {
  using r = sampling_state;
  static const auto s = schema<r>("SamplingState")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("key", &r::key)
                            .field("severity", &r::how)
                            .field("recent", &r::recent)
                            .field("accepted_in_row", &r::accepted_in_row)
                            .field("rejected_on_tightened", &r::rejected_on_tightened)
                            .field("switching_score", &r::switching_score);
  return s;
}

}  // namespace mes::wire
