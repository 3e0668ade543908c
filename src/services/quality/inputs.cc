#include "services/quality/inputs.h"

namespace mes::wire {

using namespace mes::quality;

template <>
const schema<create_plan>& describe<create_plan>() {
  using r = create_plan;
  static const auto s =
      schema<r>("CreateInspectionPlan")
          .field("number", &r::number, {.doc = "A number again: its next revision", .min_length = 1, .max_length = 200})
          .field("part", &r::part, {.min_length = 1, .max_length = 200})
          .field("operation", &r::operation, {.min_length = 1, .max_length = 200})
          .field("kind", &r::kind, {.required = false})
          .field("characteristics", &r::characteristics, {.min_length = 1, .max_length = 300});
  return s;
}

template <>
const schema<create_inspection>& describe<create_inspection>() {
  using r = create_inspection;
  static const auto s =
      schema<r>("CreateInspection")
          .field("plan", &r::plan,
                 {.doc = "Number of a plan: its latest revision's characteristics", .min_length = 1, .max_length = 200})
          .field("kind", &r::kind, {.required = false})
          .field("part", &r::part, {.min_length = 1, .max_length = 200})
          .field("work_order_id", &r::work_order_id, {.max_length = 200})
          .field("work_order", &r::work_order, {.max_length = 200})
          .field("operation", &r::operation, {.max_length = 200})
          .field("lot", &r::lot, {.max_length = 200})
          .field("inspected", &r::inspected, {.doc = "Pieces", .required = false, .min = 0})
          .field("characteristics", &r::characteristics, {.required = false, .max_length = 300})
          .field("supersedes", &r::supersedes,
                 {.doc = "Id of the failed inspection that this one repeats", .max_length = 200});
  return s;
}

template <>
const schema<record_measurements>& describe<record_measurements>() {
  using r = record_measurements;
  static const auto s =
      schema<r>("RecordMeasurements").field("measurements", &r::measurements, {.min_length = 1, .max_length = 1000});
  return s;
}

template <>
const schema<decide_inspection>& describe<decide_inspection>() {
  using r = decide_inspection;
  static const auto s =
      schema<r>("DecideInspection")
          .field("failed_quantity", &r::failed_quantity,
                 {.doc = "Pieces for the NCR; absent: all that were inspected", .required = false, .min = 0})
          .field("hold_order", &r::hold_order, {.doc = "If it fails: hold the work order", .required = false});
  return s;
}

template <>
const schema<create_ncr>& describe<create_ncr>() {
  using r = create_ncr;
  static const auto s =
      schema<r>("CreateNcr")
          .field("part", &r::part, {.min_length = 1, .max_length = 200})
          .field("quantity", &r::amount, {.doc = "Pieces, above 0", .min = 0})
          .field("severity", &r::how_bad, {.required = false})
          .field("description", &r::description, {.min_length = 1, .max_length = 1000})
          .field("work_order_id", &r::work_order_id, {.max_length = 200})
          .field("work_order", &r::work_order, {.max_length = 200})
          .field("operation", &r::operation, {.max_length = 200})
          .field("resource", &r::resource, {.max_length = 200})
          .field("lot", &r::lot, {.max_length = 200})
          .field("serial", &r::serial, {.max_length = 200})
          .field("inspection_id", &r::inspection_id, {.max_length = 200})
          .field("hold_order", &r::hold_order, {.doc = "Hold the work order, if major or critical", .required = false});
  return s;
}

template <>
const schema<contain_ncr>& describe<contain_ncr>() {
  using r = contain_ncr;
  static const auto s = schema<r>("ContainNcr")
                            .field("containment", &r::containment,
                                   {.doc = "What keeps the pieces apart", .min_length = 1, .max_length = 1000});
  return s;
}

template <>
const schema<planned_disposition>& describe<planned_disposition>() {
  using r = planned_disposition;
  static const auto s =
      schema<r>("PlannedDisposition")
          .field("kind", &r::kind)
          .field("quantity", &r::amount, {.min = 0})
          .field("justification", &r::justification, {.doc = "Required to use as is or repair", .max_length = 1000});
  return s;
}

template <>
const schema<decide_ncr>& describe<decide_ncr>() {
  using r = decide_ncr;
  static const auto s = schema<r>("DecideNcr")
                            .field("dispositions", &r::dispositions,
                                   {.doc = "Their sum is the quantity", .min_length = 1, .max_length = 20});
  return s;
}

template <>
const schema<execute_disposition>& describe<execute_disposition>() {
  using r = execute_disposition;
  static const auto s =
      schema<r>("ExecuteDisposition")
          .field("disposition", &r::disposition, {.doc = "Its place in the list, from 0", .min = 0, .max = 19});
  return s;
}

template <>
const schema<create_capa>& describe<create_capa>() {
  using r = create_capa;
  static const auto s = schema<r>("CreateCapa")
                            .field("problem", &r::problem, {.min_length = 1, .max_length = 1000})
                            .field("ncrs", &r::ncrs, {.doc = "Numbers", .required = false, .max_length = 100});
  return s;
}

template <>
const schema<advance_capa>& describe<advance_capa>() {
  using r = advance_capa;
  static const auto s =
      schema<r>("AdvanceCapa")
          .field("root_cause", &r::root_cause, {.doc = "With analyse", .min_length = 1, .max_length = 1000})
          .field("escape_point", &r::escape_point, {.max_length = 1000})
          .field("actions", &r::actions, {.doc = "With plan", .max_length = 50})
          .field("effectiveness", &r::effectiveness,
                 {.doc = "With close and reopen: what the verification found", .min_length = 1, .max_length = 1000});
  return s;
}

template <>
const schema<create_fai>& describe<create_fai>() {
  using r = create_fai;
  static const auto s = schema<r>("CreateFirstArticle")
                            .field("fair_id", &r::fair_id,
                                   {.doc = "Unique; not just the part number", .min_length = 1, .max_length = 200})
                            .field("part_number", &r::part_number, {.min_length = 1, .max_length = 200})
                            .field("part_name", &r::part_name, {.min_length = 1, .max_length = 200})
                            .field("work_order_id", &r::work_order_id, {.max_length = 200});
  return s;
}

template <>
const schema<decide_fai>& describe<decide_fai>() {
  using r = decide_fai;
  static const auto s = schema<r>("DecideFirstArticle").field("note", &r::note, {.max_length = 1000});
  return s;
}

template <>
const schema<require_signature>& describe<require_signature>() {
  using r = require_signature;
  static const auto s =
      schema<r>("RequireSignature")
          .field("record_type", &r::record_type,
                 {.doc = "fai, ncr, capa or inspection", .min_length = 1, .max_length = 200})
          .field("record_id", &r::record_id, {.min_length = 1, .max_length = 200})
          .field("meaning", &r::meaning, {.doc = "approved, reviewed, ...", .min_length = 1, .max_length = 64});
  return s;
}

template <>
const schema<sign_record>& describe<sign_record>() {
  using r = sign_record;
  static const auto s = schema<r>("SignRecord")
                            .field("reauth_token", &r::reauth_token,
                                   {.doc = "From POST /api/v1/auth/reauth for this record_hash and meaning; used once",
                                    .min_length = 1,
                                    .max_length = 16384})
                            .field("printed_name", &r::printed_name, {.min_length = 1, .max_length = 200});
  return s;
}

template <>
const schema<decline_signature>& describe<decline_signature>() {
  using r = decline_signature;
  static const auto s =
      schema<r>("DeclineSignature").field("reason", &r::reason, {.min_length = 1, .max_length = 1000});
  return s;
}

template <>
const schema<record_lot>& describe<record_lot>() {
  using r = record_lot;
  static const auto s =
      schema<r>("RecordLot")
          .field("key", &r::key, {.doc = "Part and where its lots come from", .min_length = 1, .max_length = 200})
          .field("accepted", &r::accepted)
          .field("accepted_tighter", &r::accepted_tighter,
                 {.doc = "With an acceptance number of 2 or more: also at the next tighter AQL", .required = false})
          .field("acceptance_number", &r::acceptance_number, {.required = false, .min = 0, .max = 1000})
          .field("resubmitted", &r::resubmitted, {.required = false});
  return s;
}

template <>
const schema<spc_request>& describe<spc_request>() {
  using r = spc_request;
  static const auto s =
      schema<r>("SpcRequest")
          .field("subgroups", &r::subgroups,
                 {.doc = "Of 2 to 10 values each; the baseline first", .min_length = 2, .max_length = 500})
          .field("baseline", &r::baseline,
                 {.doc = "Subgroups that the limits come from", .required = false, .min = 2, .max = 500})
          .field("lower", &r::lower)
          .field("upper", &r::upper);
  return s;
}

template <>
const schema<fill_forms>& describe<fill_forms>() {
  using r = fill_forms;
  static const auto s = schema<r>("FillFirstArticleForms")
                            .field("part_name", &r::part_name, {.required = false, .max_length = 500})
                            .field("serial", &r::serial, {.required = false, .max_length = 500})
                            .field("part_revision", &r::part_revision, {.required = false, .max_length = 500})
                            .field("drawing", &r::drawing, {.required = false, .max_length = 500})
                            .field("drawing_revision", &r::drawing_revision, {.required = false, .max_length = 500})
                            .field("additional_changes", &r::additional_changes, {.required = false, .max_length = 500})
                            .field("process_reference", &r::process_reference, {.required = false, .max_length = 500})
                            .field("organization", &r::organization, {.required = false, .max_length = 500})
                            .field("supplier_code", &r::supplier_code, {.required = false, .max_length = 500})
                            .field("purchase_order", &r::purchase_order, {.required = false, .max_length = 500})
                            .field("assembly", &r::assembly, {.required = false})
                            .field("partial", &r::partial, {.required = false})
                            .field("baseline_fair_id", &r::baseline_fair_id, {.required = false, .max_length = 500})
                            .field("reason", &r::reason, {.required = false, .max_length = 500})
                            .field("components", &r::components, {.required = false, .max_length = 500})
                            .field("materials", &r::materials, {.required = false, .max_length = 500})
                            .field("functional_test", &r::functional_test, {.required = false, .max_length = 500})
                            .field("acceptance_report", &r::acceptance_report, {.required = false, .max_length = 500})
                            .field("characteristics", &r::characteristics, {.required = false, .max_length = 500});
  return s;
}

}  // namespace mes::wire
