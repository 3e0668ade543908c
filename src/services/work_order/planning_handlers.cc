#include "service/replies.h"
#include "services/work_order/handlers.h"
#include "services/work_order/order.h"
#include "services/work_order/planning.h"
#include "services/work_order/repository.h"

namespace mes::work_order {

using service::http_command;
using service::reply;

namespace {

result<reply> create_routing_handler(http_command& c, const create_routing& input) {
  auto revision = revise(input, find_routing(c.db, input.number, std::nullopt), moment_of(c));
  if (!revision) return std::unexpected(revision.error());
  routings().insert(c.db, *revision);
  return service::reply_created(*revision, "/api/v1/workorders/routings");
}

result<reply> create_schedule_handler(http_command& c, const create_schedule& input) {
  auto schedule = plan(input, moment_of(c));
  if (!schedule) return std::unexpected(schedule.error());
  for (std::size_t i = 0; i < schedule->entries.size(); ++i)
    if (auto order = get_order(c.db, schedule->entries[i].work_order); !order)
      return fail({error_code::unprocessable,
                   "The schedule names an unknown work order",
                   {{"/entries/" + std::to_string(i) + "/work_order", "is not known"}}});
  if (schedules().find_by(c.db, "number", input.number))
    return fail({error_code::already_exists, "There is a schedule " + input.number, {{"/number", "is taken"}}});
  schedules().insert(c.db, *schedule);
  c.emit("production-schedule.created", schedule->id, schedule->version, wire::to_json(event_of(*schedule)));
  return service::reply_created(*schedule, "/api/v1/workorders/schedules");
}

// Entries of one order become one dispatch of it; an order that is dispatched already stays as it is.
result<void> dispatch_entries(http_command& c, const production_schedule& schedule) {
  std::map<std::string, dispatch_order> by_order;
  for (const schedule_entry& e : schedule.entries) {
    auto order = get_order(c.db, e.work_order);
    if (!order) return std::unexpected(order.error());
    dispatch_order& input = by_order[order->id];
    if (!input.resources) input.resources.emplace();
    if (e.operation && e.resource) input.resources->push_back({*e.operation, *e.resource});
  }
  for (const auto& [id, input] : by_order) {
    auto order = get_order(c.db, id);
    if (!order) return std::unexpected(order.error());
    if (order->state == order_state::dispatched || order->state == order_state::started) continue;
    std::string number = order->number;
    auto change = dispatch(std::move(*order), input, moment_of(c));
    if (!change) return fail(change.error().code, "Work order " + number + ": " + change.error().message);
    save(c, *change);
  }
  return {};
}

result<reply> dispatch_schedule_handler(http_command& c) {
  auto schedule = schedules().get(c.db, c.path_value("id"));
  if (!schedule) return std::unexpected(schedule.error());
  auto published = publish(std::move(*schedule));
  if (!published) return std::unexpected(published.error());
  if (auto done = dispatch_entries(c, *published); !done) return std::unexpected(done.error());
  schedules().update(c.db, *published);
  c.emit("production-schedule.dispatched", published->id, published->version, wire::to_json(event_of(*published)));
  return service::reply_with(*published);
}

result<reply> queue_handler(const service::query& q) {
  json::array queue = dispatch_queue(q.db, std::string(q.parameter("resource")));
  return reply{.body = json::object{{"data", std::move(queue)}}};
}

}  // namespace

void define_planning(service::api& api) {
  api.post<create_routing, routing>("/routings",
                                    {.id = "createRouting",
                                     .summary = "Routing, or the next revision of one, created",
                                     .permission = "workorders:write",
                                     .success_status = 201},
                                    create_routing_handler);
  api.get<routing>("/routings",
                   {.id = "listRoutings",
                    .summary = "Routings with all their revisions",
                    .permission = "workorders:read",
                    .query = {{"number", "Only this number"}, {"part", "Only of this part"}},
                    .paged = true},
                   service::list_of(routings(), {"number", "part"}));
  api.get<routing>("/routings/{id}",
                   {.id = "readRouting", .summary = "One revision of a routing", .permission = "workorders:read"},
                   service::one_of(routings()));
  api.post<create_schedule, production_schedule>("/schedules",
                                                 {.id = "createSchedule",
                                                  .summary = "Production schedule created",
                                                  .permission = "workorders:write",
                                                  .success_status = 201},
                                                 create_schedule_handler);
  api.get<production_schedule>("/schedules",
                               {.id = "listSchedules",
                                .summary = "Production schedules",
                                .permission = "workorders:read",
                                .query = {{"state", "Only of this state", {"created", "dispatched"}}},
                                .paged = true},
                               service::list_of(schedules(), {"state"}));
  api.get<production_schedule>(
      "/schedules/{id}", {.id = "readSchedule", .summary = "One production schedule", .permission = "workorders:read"},
      service::one_of(schedules()));
  api.action<production_schedule>("POST", "/schedules/{id}/actions/dispatch",
                                  {.id = "dispatchSchedule",
                                   .summary = "Schedule published: its work orders are dispatched",
                                   .permission = "workorders:write"},
                                  dispatch_schedule_handler);
  api.get("/dispatch-queue",
          {.id = "readDispatchQueue",
           .summary = "The 500 most urgent operations that can be worked on now",
           .permission = "workorders:read",
           .query = {{"resource", "Only of this resource"}}},
          queue_handler);
}

}  // namespace mes::work_order
