#include "services/quality/nonconformance.h"

#include <algorithm>

#include "base/uuid.h"
#include "service/event_data.h"

namespace mes::quality {

result<ncr> change(ncr n, ncr_verb verb) {
  auto next = service::next_state<ncr_state, ncr_verb>(ncr_transitions, n.state, verb);
  if (!next) return std::unexpected(next.error());
  n.state = *next;
  return n;
}

result<ncr> contain(ncr n, const contain_ncr& input) {
  auto contained = change(std::move(n), ncr_verb::contain);
  if (contained) contained->containment = input.containment;
  return contained;
}

result<ncr> decide(ncr n, const decide_ncr& input, const std::string& user, instant now) {
  auto decided = change(std::move(n), ncr_verb::decide);
  if (!decided) return decided;
  quantity sum;
  for (std::size_t i = 0; i < input.dispositions.size(); ++i) {
    const planned_disposition& d = input.dispositions[i];
    std::string path = "/dispositions/" + std::to_string(i);
    if (d.amount <= quantity{})
      return fail({error_code::unprocessable, "A disposition is of pieces", {{path + "/quantity", "must be above 0"}}});
    bool off_spec = d.kind == disposition_kind::use_as_is || d.kind == disposition_kind::repair;
    if (off_spec && !d.justification)
      return fail({error_code::unprocessable,
                   "Pieces that stay off specification need a reason",
                   {{path + "/justification", "is required to use as is or repair"}}});
    sum += d.amount;
    decided->dispositions.push_back(
        {.kind = d.kind, .amount = d.amount, .justification = d.justification, .decided_by = user, .decided_at = now});
  }
  if (sum != decided->amount)
    return fail({error_code::unprocessable,
                 "The dispositions must cover the nonconforming quantity",
                 {{"/dispositions", "sum to " + sum.to_string() + " of " + decided->amount.to_string()}}});
  return decided;
}

result<ncr> execute(ncr n, const execute_disposition& input, const std::string& user, instant now) {
  if (n.state == ncr_state::dispositioned) {
    auto executing = change(std::move(n), ncr_verb::execute);
    if (!executing) return executing;
    n = std::move(*executing);
  }
  if (n.state != ncr_state::executing)
    return fail(error_code::illegal_transition, "The NCR is " + std::string(wire::name_of_enum(n.state)) +
                                                    "; dispositions are executed once they are decided");
  auto index = static_cast<std::size_t>(input.disposition);
  if (index >= n.dispositions.size())
    return fail({error_code::unprocessable, "There is no such disposition", {{"/disposition", "is not in the list"}}});
  disposition& d = n.dispositions[index];
  if (d.executed_at) return fail(error_code::conflict, "The disposition has been executed already");
  d.executed_by = user;
  d.executed_at = now;
  return n;
}

result<ncr> verify(ncr n) {
  bool all = std::ranges::all_of(n.dispositions, [](const disposition& d) { return d.executed_at.has_value(); });
  if (n.state == ncr_state::executing && !all)
    return fail(error_code::unprocessable, "Not every disposition has been executed");
  return change(std::move(n), ncr_verb::verify);
}

result<ncr> close(ncr n, instant now) {
  auto closed = change(std::move(n), ncr_verb::close);
  if (!closed) return closed;
  quantity sum;
  for (const disposition& d : closed->dispositions) sum += d.executed_at ? d.amount : quantity{};
  if (sum != closed->amount)
    return fail(error_code::unprocessable, "Dispositions of " + sum.to_string() + " of " + closed->amount.to_string() +
                                               " pieces have been executed");
  closed->closed_at = now;
  return closed;
}

namespace {

// Names of this service's own space (RFC 9562, version 5).
std::string id_of(std::string_view name) {
  static const uuid space = *uuid::parse("8d0d1c54-6a0f-5d6a-9a6e-3b1d4a0c7e21");
  return uuid::make_v5(space, name).to_string();
}

}  // namespace

std::string ncr_id_of_report(const std::string& report_id) { return id_of("ncr:" + report_id); }

std::optional<report_findings> findings_of(const json::object& data, const std::string& request_id, instant now) {
  using service::member_of, service::text_of;
  const json::value* member = data.if_contains("report");
  if (!member || !member->is_object()) return std::nullopt;
  const json::object& report = member->get_object();
  quantity rejected = member_of<quantity>(report, "rejected").value_or(quantity{});
  quantity mrb = member_of<quantity>(report, "mrb").value_or(quantity{});
  if (rejected <= quantity{} && mrb <= quantity{}) return std::nullopt;
  std::string report_id = text_of(report, "id");
  quantity all = member_of<quantity>(report, "completed").value_or(quantity{}) + rejected + mrb;
  bool historical = service::flag_of(report, "historical") || service::flag_of(data, "historical");
  inspection failed{.id = id_of("inspection:" + report_id),
                    .kind = inspection_kind::reported,
                    .state = inspection_state::failed,
                    .work_order_id = text_of(data, "work_order_id"),
                    .work_order = text_of(data, "number"),
                    .operation = text_of(report, "operation"),
                    .resource = member_of<std::string>(report, "resource"),
                    .worker = member_of<std::string>(report, "worker"),
                    .part = text_of(data, "part"),
                    .inspected = all,
                    .failed_quantity = rejected + mrb,
                    .reason = "rejects",
                    .report_id = report_id,
                    .request_id = request_id,
                    .historical = historical,
                    .created_at = now,
                    .decided_at = now};
  ncr n{.id = ncr_id_of_report(report_id),
        .state = mrb > quantity{} ? ncr_state::mrb_review : ncr_state::open,
        .how_bad = mrb > quantity{} ? severity::major : severity::minor,
        .description = rejected.to_string() + " rejected and " + mrb.to_string() +
                       " for the review board were reported at " + text_of(report, "operation"),
        .work_order_id = failed.work_order_id,
        .work_order = failed.work_order,
        .operation = failed.operation,
        .resource = failed.resource,
        .worker = failed.worker,
        .part = failed.part,
        .amount = rejected + mrb,
        .rejected = rejected,
        .mrb = mrb,
        .inspection_id = failed.id,
        .report_id = report_id,
        .request_id = request_id,
        .hold_order = false,  // the pieces are apart already
        .historical = historical,
        .created_at = now};
  return report_findings{std::move(failed), std::move(n)};
}

}  // namespace mes::quality
