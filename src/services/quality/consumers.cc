// Reports of rejected and questionable pieces open a failed inspection and an NCR, once for each report.
#include "service/event_data.h"
#include "services/quality/handlers.h"
#include "services/quality/nonconformance.h"
#include "services/quality/repository.h"

namespace mes::quality {

using service::command;
using service::event;
using service::text_of;

namespace {

// A report that is taken back takes its NCR along while nobody has worked on it.
result<void> take_back(command& c, const std::string& report_id) {
  auto n = ncrs().find(c.db, ncr_id_of_report(report_id));
  if (!n || n->state != ncr_state::open) return {};
  auto voided = change(std::move(*n), ncr_verb::make_void);
  if (!voided) return std::unexpected(voided.error());
  tell(c, *voided, "quality.ncr-closed", event_of(*voided));
  ncrs().update(c.db, *voided);
  return {};
}

result<void> on_updated(command& c, const event& e, observe::counter opened) {
  const json::value* report = e.data.if_contains("report");
  if (!report || !report->is_object()) return {};
  if (std::string original = text_of(report->get_object(), "reverses"); !original.empty())
    return take_back(c, original);
  auto findings = findings_of(e.data, e.request_id, e.time);
  if (!findings || ncrs().find(c.db, findings->nonconformance.id)) return {};
  inspection& failed = findings->failed;
  failed.number = next_number(c.db, "INS");
  tell(c, failed, "quality.inspection-created", event_of(failed, false));
  tell(c, failed, "quality.inspection-failed", event_of(failed, false));
  inspections().insert(c.db, failed);
  raise(c, findings->nonconformance);
  c.after_commit([opened]() mutable { opened.add(); });
  return {};
}

result<void> on_cancelled(command& c, const event& e) {
  for (inspection& i : inspections().all(c.db, {{"work_order_id", e.aggregate_id}})) {
    if (i.state != inspection_state::created && i.state != inspection_state::in_progress) continue;
    i.state = inspection_state::cancelled;
    i.reason = "work order cancelled";
    inspections().update(c.db, i);
  }
  return {};
}

}  // namespace

void define_consumers(service::api& api) {
  api.consume("work-order.updated",
              [opened = api.counter("mes_ncrs_opened_by_reports_total", "NCRs that reports have opened")](
                  command& c, const event& e) { return on_updated(c, e, opened); });
  api.consume("work-order.cancelled", on_cancelled);
}

}  // namespace mes::quality
