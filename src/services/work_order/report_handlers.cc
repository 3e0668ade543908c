#include "services/work_order/handlers.h"
#include "services/work_order/report.h"
#include "services/work_order/repository.h"

namespace mes::work_order {

using service::http_command;
using service::reply;

namespace {

reply reply_with(const operation_report& report, int status) {
  return {.status = status, .body = wire::to_json(report), .version = report.version, .audit_id = report.work_order_id};
}

// A report that came before: the same answer if it says the same.
result<reply> answer_repeated(http_command& c, const report_input& input) {
  auto order = get_order(c.db, c.path_value("id"));
  auto stored = find_report_by_external_id(c.db, *input.external_id);
  if (order && stored && same_content(*stored, *order, input)) return reply_with(*stored, 200);
  return fail({error_code::already_exists,
               "The external_id names another report",
               {{"/external_id", "belongs to a report with other content"}}});
}

result<reply> reverse_handler(http_command& c, const reverse_report& input) {
  auto order = get_order(c.db, c.path_value("id"));
  if (!order) return std::unexpected(order.error());
  auto original = get_report(c.db, c.path_value("report"));
  if (!original) return std::unexpected(original.error());
  if (original->work_order_id != order->id)
    return fail(error_code::not_found, "Work order " + order->number + " has no report " + original->id);
  if (is_reversed(c.db, original->id)) return fail(error_code::conflict, "The report has been reversed already");
  auto done = reverse(std::move(*order), *original, input, moment_of(c));
  if (!done) return std::unexpected(done.error());
  insert_report(c, done->report);
  save(c, done->change);
  return reply_with(done->report, 201);
}

result<reply> list(const service::query& q) {
  auto order = get_order(q.db, q.path_value("id"));
  if (!order) return std::unexpected(order.error());
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  auto body = list_reports(q.db, *page, order->id);
  if (!body) return std::unexpected(body.error());
  return reply{.body = std::move(*body)};
}

}  // namespace

result<reply> report_handler(http_command& c, const report_input& input) {
  auto order = get_order(c.db, c.path_value("id"));
  if (!order) return std::unexpected(order.error());
  // Before the rules: a repeated live report would break them.
  if (input.external_id && !input.historical && find_report_by_external_id(c.db, *input.external_id))
    return answer_repeated(c, input);
  if (c.request.headers.has("If-Match"))
    if (auto match = c.check_if_match(order->version); !match) return std::unexpected(match.error());
  auto done = report(std::move(*order), input, moment_of(c));
  if (!done) return std::unexpected(done.error());
  if (!insert_report(c, done->report)) return answer_repeated(c, input);
  save(c, done->change);
  return reply_with(done->report, 201);
}

void define_reports(service::api& api) {
  api.post<report_input, operation_report>(
      "/{id}/reports",
      {.id = "reportOperation",
       .summary = "Operation reported",
       .permission = "workorders:execute",
       .success_status = 201},
      [counted = api.counter("mes_operation_reports_total", "Operation reports kept")](http_command& c,
                                                                                       const report_input& input) {
        auto answer = report_handler(c, input);
        if (answer && answer->status == 201) c.after_commit([counted]() mutable { counted.add(); });
        return answer;
      });
  api.get<operation_report>("/{id}/reports",
                            {.id = "listReports",
                             .summary = "Reports of a work order, oldest first",
                             .permission = "workorders:read",
                             .paged = true},
                            list);
  api.post<reverse_report, operation_report>("/{id}/reports/{report}/actions/reverse",
                                             {.id = "reverseReport",
                                              .summary = "Report taken back by one with negative quantities",
                                              .permission = "workorders:execute",
                                              .success_status = 201},
                                             reverse_handler);
}

}  // namespace mes::work_order
