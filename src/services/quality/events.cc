#include "services/quality/events.h"

namespace mes::quality {

inspection_event event_of(const inspection& i, bool hold_order) {
  return {.inspection_id = i.id,
          .number = i.number,
          .kind = i.kind,
          .state = i.state,
          .part = i.part,
          .work_order_id = i.work_order_id,
          .work_order = i.work_order,
          .operation = i.operation,
          .resource = i.resource,
          .worker = i.worker,
          .lot = i.lot,
          .report_id = i.report_id,
          .inspected = i.inspected,
          .failed_quantity = i.failed_quantity,
          .reason = i.reason,
          .supersedes_number = i.supersedes_number,
          .hold_order = hold_order,
          .historical = i.historical};
}

ncr_event event_of(const ncr& n) {
  return {.ncr_id = n.id,
          .number = n.number,
          .state = n.state,
          .how_bad = n.how_bad,
          .part = n.part,
          .work_order_id = n.work_order_id,
          .work_order = n.work_order,
          .operation = n.operation,
          .resource = n.resource,
          .worker = n.worker,
          .lot = n.lot,
          .serial = n.serial,
          .report_id = n.report_id,
          .inspection_id = n.inspection_id,
          .amount = n.amount,
          .rejected = n.rejected,
          .mrb = n.mrb,
          .dispositions = n.dispositions.empty() ? std::nullopt : std::optional(n.dispositions),
          .hold_order = n.hold_order,
          .historical = n.historical};
}

capa_event event_of(const capa& c) {
  return {.capa_id = c.id, .number = c.number, .state = c.state, .problem = c.problem, .ncrs = c.ncrs};
}

fai_event event_of(const first_article& f) {
  return {.fai_id = f.id,
          .fair_id = f.fair_id,
          .state = f.state,
          .part_number = f.part_number,
          .part_revision = f.part_revision,
          .work_order_id = f.work_order_id,
          .decided_by = f.decided_by};
}

signature_event event_of(const signature& s) {
  return {.signature_id = s.id,
          .state = s.state,
          .record_type = s.record_type,
          .record_id = s.record_id,
          .record_version = s.record_version,
          .record_sha256 = s.record_sha256,
          .meaning = s.meaning,
          .user_id = s.user_id,
          .printed_name = s.printed_name,
          .signed_at = s.signed_at,
          .expires_at = s.expires_at};
}

}  // namespace mes::quality

namespace mes::wire {

using namespace mes::quality;

template <>
const schema<inspection_event>& describe<inspection_event>() {
  using r = inspection_event;
  static const auto s = schema<r>("InspectionEvent")
                            .field("inspection_id", &r::inspection_id)
                            .field("number", &r::number)
                            .field("kind", &r::kind)
                            .field("state", &r::state)
                            .field("part", &r::part)
                            .field("work_order_id", &r::work_order_id)
                            .field("work_order", &r::work_order)
                            .field("operation", &r::operation)
                            .field("resource", &r::resource)
                            .field("worker", &r::worker)
                            .field("lot", &r::lot)
                            .field("report_id", &r::report_id)
                            .field("inspected", &r::inspected)
                            .field("failed_quantity", &r::failed_quantity)
                            .field("reason", &r::reason)
                            .field("supersedes_number", &r::supersedes_number)
                            .field("hold_order", &r::hold_order)
                            .field("historical", &r::historical);
  return s;
}

template <>
const schema<ncr_event>& describe<ncr_event>() {
  using r = ncr_event;
  static const auto s = schema<r>("NcrEvent")
                            .field("ncr_id", &r::ncr_id)
                            .field("number", &r::number)
                            .field("state", &r::state)
                            .field("severity", &r::how_bad)
                            .field("part", &r::part)
                            .field("work_order_id", &r::work_order_id)
                            .field("work_order", &r::work_order)
                            .field("operation", &r::operation)
                            .field("resource", &r::resource)
                            .field("worker", &r::worker)
                            .field("lot", &r::lot)
                            .field("serial", &r::serial)
                            .field("report_id", &r::report_id)
                            .field("inspection_id", &r::inspection_id)
                            .field("quantity", &r::amount)
                            .field("rejected", &r::rejected)
                            .field("mrb", &r::mrb)
                            .field("dispositions", &r::dispositions)
                            .field("hold_order", &r::hold_order)
                            .field("historical", &r::historical);
  return s;
}

template <>
const schema<capa_event>& describe<capa_event>() {
  using r = capa_event;
  static const auto s = schema<r>("CapaEvent")
                            .field("capa_id", &r::capa_id)
                            .field("number", &r::number)
                            .field("state", &r::state)
                            .field("problem", &r::problem)
                            .field("ncrs", &r::ncrs);
  return s;
}

template <>
const schema<fai_event>& describe<fai_event>() {
  using r = fai_event;
  static const auto s = schema<r>("FirstArticleEvent")
                            .field("fai_id", &r::fai_id)
                            .field("fair_id", &r::fair_id)
                            .field("state", &r::state)
                            .field("part_number", &r::part_number)
                            .field("part_revision", &r::part_revision)
                            .field("work_order_id", &r::work_order_id)
                            .field("decided_by", &r::decided_by);
  return s;
}

template <>
const schema<signature_event>& describe<signature_event>() {
  using r = signature_event;
  static const auto s = schema<r>("SignatureEvent")
                            .field("signature_id", &r::signature_id)
                            .field("state", &r::state)
                            .field("record_type", &r::record_type)
                            .field("record_id", &r::record_id)
                            .field("record_version", &r::record_version)
                            .field("record_sha256", &r::record_sha256)
                            .field("meaning", &r::meaning)
                            .field("user_id", &r::user_id)
                            .field("printed_name", &r::printed_name)
                            .field("signed_at", &r::signed_at)
                            .field("expires_at", &r::expires_at);
  return s;
}

}  // namespace mes::wire
