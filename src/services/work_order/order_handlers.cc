#include "services/work_order/handlers.h"
#include "services/work_order/order.h"
#include "services/work_order/repository.h"

namespace mes::work_order {

using service::http_command;
using service::reply;

namespace {

reply reply_with(const work_order& order, int status = 200) {
  reply r{.status = status, .body = wire::to_json(order), .version = order.version, .audit_id = order.id};
  if (status == 201) r.location = "/api/v1/workorders/" + order.id;
  return r;
}

// Several people and machines report on one order at a time, so If-Match is honoured but not asked for.
result<work_order> order_of(http_command& c) {
  auto order = get_order(c.db, c.path_value("id"));
  if (order && c.request.headers.has("If-Match"))
    if (auto match = c.check_if_match(order->version); !match) return std::unexpected(match.error());
  return order;
}

result<reply> finish(http_command& c, result<order_change> change) {
  if (!change) return std::unexpected(change.error());
  save(c, *change);
  return reply_with(change->order);
}

result<reply> list(const service::query& q) {
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  std::vector<service::column_filter> filters;
  for (const char* column : {"state", "number", "part"})
    if (std::string_view value = q.parameter(column); !value.empty()) filters.push_back({column, std::string(value)});
  auto body = list_orders(q.db, *page, filters);
  if (!body) return std::unexpected(body.error());
  return reply{.body = std::move(*body)};
}

result<reply> read(const service::query& q) {
  auto order = get_order(q.db, q.path_value("id"));
  if (!order) return std::unexpected(order.error());
  return reply_with(*order);
}

result<reply> alter_handler(http_command& c, const change_order& input) {
  auto order = get_order(c.db, c.path_value("id"));
  if (!order) return std::unexpected(order.error());
  if (auto match = c.check_if_match(order->version); !match) return std::unexpected(match.error());
  return finish(c, alter(std::move(*order), input, moment_of(c)));
}

// A command on an order whose rule takes the input as it came.
template <class Input>
auto by_rule(result<order_change> (*rule)(work_order, const Input&, const moment&)) {
  return [rule](http_command& c, Input input) -> result<reply> {
    auto order = order_of(c);
    if (!order) return std::unexpected(order.error());
    return finish(c, rule(std::move(*order), input, moment_of(c)));
  };
}
auto by_rule(result<order_change> (*rule)(work_order, const moment&)) {
  return [rule](http_command& c) -> result<reply> {
    auto order = order_of(c);
    if (!order) return std::unexpected(order.error());
    return finish(c, rule(std::move(*order), moment_of(c)));
  };
}

result<reply> close_handler(http_command& c) {
  auto order = order_of(c);
  if (!order) return std::unexpected(order.error());
  std::vector<std::string> gates = open_gates(c.db, order->id);
  return finish(c, close(std::move(*order), gates, moment_of(c)));
}

result<reply> timeline_handler(const service::query& q) {
  auto order = get_order(q.db, q.path_value("id"));
  if (!order) return std::unexpected(order.error());
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  return reply{.body = timeline(q.db, *page, order->id)};
}

std::vector<std::string_view> state_names() {
  auto names = wire::enum_names<order_state>();
  return {names.begin(), names.end()};
}

}  // namespace

result<reply> create_order_handler(http_command& c, const create_order& input) {
  std::optional<routing> chosen;
  if (input.routing) {
    chosen = find_routing(c.db, input.routing->number, input.routing->revision);
    if (!chosen) return fail({error_code::unprocessable, "There is no such routing", {{"/routing", "is not known"}}});
  }
  auto change = create(input, chosen, moment_of(c));
  if (!change) return std::unexpected(change.error());
  if (get_order(c.db, input.number))
    return fail({error_code::already_exists, "There is a work order " + input.number, {{"/number", "is taken"}}});
  save(c, *change);
  return reply_with(change->order, 201);
}

void define_orders(service::api& api) {
  api.post<create_order, work_order>("/",
                                     {.id = "createWorkOrder",
                                      .summary = "Work order created",
                                      .permission = "workorders:write",
                                      .success_status = 201},
                                     [counted = api.counter("mes_work_orders_created_total", "Work orders created")](
                                         http_command& c, const create_order& input) {
                                       auto answer = create_order_handler(c, input);
                                       if (answer) c.after_commit([counted]() mutable { counted.add(); });
                                       return answer;
                                     });
  api.get<work_order>("/",
                      {.id = "listWorkOrders",
                       .summary = "Work orders, oldest first",
                       .permission = "workorders:read",
                       .query = {{"state", "Only of this state", state_names()},
                                 {"number", "Only this number"},
                                 {"part", "Only of this part"}},
                       .paged = true},
                      list);
  api.get<work_order>(
      "/{id}", {.id = "readWorkOrder", .summary = "One work order, by id or number", .permission = "workorders:read"},
      read);
  api.patch<change_order, work_order>("/{id}",
                                      {.id = "changeWorkOrder",
                                       .summary = "Quantity and dates changed; needs If-Match",
                                       .permission = "workorders:write"},
                                      alter_handler);
  api.get("/{id}/timeline",
          {.id = "readTimeline",
           .summary = "What happened to a work order, when and by whom",
           .permission = "workorders:read",
           .paged = true},
          timeline_handler);

  api.action<work_order>("POST", "/{id}/actions/release",
                         {.id = "releaseWorkOrder", .summary = "Work order released", .permission = "workorders:write"},
                         by_rule(release));
  api.post<dispatch_order, work_order>(
      "/{id}/actions/dispatch",
      {.id = "dispatchWorkOrder", .summary = "Operations put on resources", .permission = "workorders:write"},
      by_rule<dispatch_order>(dispatch));
  api.action<work_order>("POST", "/{id}/actions/start",
                         {.id = "startWorkOrder", .summary = "Work order started", .permission = "workorders:execute"},
                         by_rule(start));
  api.post<hold_order, work_order>(
      "/{id}/actions/hold",
      {.id = "holdWorkOrder", .summary = "Work order held for a reason", .permission = "workorders:execute"},
      [](http_command& c, hold_order input) -> result<reply> {
        auto order = order_of(c);
        if (!order) return std::unexpected(order.error());
        return finish(c, hold(std::move(*order), input.reason, hold_by::people, moment_of(c)));
      });
  api.post<resume_order, work_order>(
      "/{id}/actions/resume", {.id = "resumeWorkOrder", .summary = "Hold lifted", .permission = "workorders:execute"},
      [](http_command& c, resume_order input) -> result<reply> {
        auto order = order_of(c);
        if (!order) return std::unexpected(order.error());
        return finish(c, resume(std::move(*order), input.reason, hold_by::people, moment_of(c)));
      });
  api.post<complete_order, work_order>(
      "/{id}/actions/complete",
      {.id = "completeWorkOrder", .summary = "Work order completed", .permission = "workorders:execute"},
      by_rule<complete_order>(complete));
  api.action<work_order>("POST", "/{id}/actions/close",
                         {.id = "closeWorkOrder", .summary = "Work order closed", .permission = "workorders:write"},
                         close_handler);
  api.post<cancel_order, work_order>(
      "/{id}/actions/cancel",
      {.id = "cancelWorkOrder", .summary = "Work order cancelled", .permission = "workorders:write"},
      by_rule<cancel_order>(cancel));
}

}  // namespace mes::work_order
