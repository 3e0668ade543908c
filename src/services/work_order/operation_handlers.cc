#include "services/work_order/handlers.h"
#include "services/work_order/operation.h"
#include "services/work_order/order.h"
#include "services/work_order/repository.h"

namespace mes::work_order {

using service::http_command;
using service::reply;

namespace {

reply reply_with(const work_order& order, int status = 200) {
  return {.status = status, .body = wire::to_json(order), .version = order.version, .audit_id = order.id};
}

result<work_order> order_of(http_command& c) {
  auto order = get_order(c.db, c.path_value("id"));
  if (order && c.request.headers.has("If-Match"))
    if (auto match = c.check_if_match(order->version); !match) return std::unexpected(match.error());
  return order;
}

result<reply> list(const service::query& q) {
  auto order = get_order(q.db, q.path_value("id"));
  if (!order) return std::unexpected(order.error());
  json::array data;
  for (const operation& op : order->operations) data.push_back(wire::to_json(op));
  return reply{.body = json::object{{"data", std::move(data)}}, .version = order->version};
}

result<reply> add_handler(http_command& c, const add_operation& input) {
  auto order = order_of(c);
  if (!order) return std::unexpected(order.error());
  auto change = add(std::move(*order), input, moment_of(c));
  if (!change) return std::unexpected(change.error());
  save(c, *change);
  return reply_with(change->order, 201);
}

auto act(operation_verb verb) {
  return [verb](http_command& c) -> result<reply> {
    auto order = order_of(c);
    if (!order) return std::unexpected(order.error());
    auto change = act_on_operation(std::move(*order), c.path_value("op"), verb, moment_of(c));
    if (!change) return std::unexpected(change.error());
    save(c, *change);
    return reply_with(change->order);
  };
}

}  // namespace

void define_operations(service::api& api) {
  api.get("/{id}/operations",
          {.id = "listOperations", .summary = "Operations of a work order", .permission = "workorders:read"}, list);
  api.post<add_operation, work_order>("/{id}/operations",
                                      {.id = "addOperation",
                                       .summary = "Operation added; rework is one, too",
                                       .permission = "workorders:write",
                                       .success_status = 201},
                                      add_handler);
  struct row {
    const char *path, *id, *summary, *permission;
    operation_verb verb;
  };
  static constexpr row rows[] = {
      {"start", "startOperation", "Operation runs", "workorders:execute", operation_verb::start},
      {"pause", "pauseOperation", "Operation paused", "workorders:execute", operation_verb::pause},
      {"complete", "completeOperation", "Operation completed", "workorders:execute", operation_verb::complete},
      {"skip", "skipOperation", "Operation left out", "workorders:write", operation_verb::skip},
      {"block", "blockOperation", "Operation blocked", "workorders:execute", operation_verb::block},
      {"unblock", "unblockOperation", "Operation free again", "workorders:execute", operation_verb::unblock},
  };
  for (const row& r : rows)
    api.action<work_order>("POST", "/{id}/operations/{op}/actions/" + std::string(r.path),
                           {.id = r.id, .summary = r.summary, .permission = r.permission}, act(r.verb));
}

}  // namespace mes::work_order
