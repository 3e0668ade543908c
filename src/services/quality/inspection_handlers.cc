#include "service/replies.h"
#include "services/quality/handlers.h"
#include "services/quality/inspection.h"
#include "services/quality/repository.h"

namespace mes::quality {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

result<reply> create_plan_handler(http_command& c, const create_plan& input) {
  auto latest = find_plan(c.db, input.number);
  if (latest && latest->part != input.part)
    return fail({error_code::unprocessable, "A plan keeps its part", {{"/part", "is " + latest->part}}});
  inspection_plan made{.id = new_id(),
                       .number = input.number,
                       .revision = latest ? latest->revision + 1 : 1,
                       .part = input.part,
                       .operation = input.operation,
                       .kind = input.kind,
                       .characteristics = input.characteristics,
                       .created_at = c.why.now};
  plans().insert(c.db, made);
  return reply_created(made, "/api/v1/quality/plans");
}

result<void> take_plan(store::session& db, const create_inspection& input, inspection& to) {
  to.characteristics = input.characteristics;
  if (input.plan) {
    auto plan = find_plan(db, *input.plan);
    if (!plan) return fail({error_code::unprocessable, "There is no such plan", {{"/plan", "is not known"}}});
    to.plan_id = plan->id;
    to.kind = plan->kind;
    to.characteristics = plan->characteristics;
    if (!to.operation) to.operation = plan->operation;
  }
  if (input.supersedes) {
    auto before = inspections().get(db, *input.supersedes);
    if (!before || before->state != inspection_state::failed)
      return fail({error_code::unprocessable, "Nothing to repeat", {{"/supersedes", "is no failed inspection"}}});
    to.supersedes = before->id;
    to.supersedes_number = before->number;
    if (to.characteristics.empty()) to.characteristics = before->characteristics;
  }
  return {};
}

result<reply> create_inspection_handler(http_command& c, const create_inspection& input) {
  inspection made{.id = new_id(),
                  .kind = input.kind,
                  .work_order_id = input.work_order_id,
                  .work_order = input.work_order,
                  .operation = input.operation,
                  .part = input.part,
                  .lot = input.lot,
                  .inspected = input.inspected,
                  .request_id = c.why.request_id,
                  .created_at = c.why.now};
  if (auto taken = take_plan(c.db, input, made); !taken) return std::unexpected(taken.error());
  made.number = next_number(c.db, "INS");
  tell(c, made, "quality.inspection-created", event_of(made, false));
  inspections().insert(c.db, made);
  return reply_created(made, "/api/v1/quality/inspections");
}

result<reply> keep(http_command& c, result<inspection> i) {
  if (!i) return std::unexpected(i.error());
  inspections().update(c.db, *i);
  return reply_with(*i);
}

auto act(inspection_verb verb) {
  return [verb](http_command& c) -> result<reply> {
    auto i = inspections().get(c.db, c.path_value("id"));
    if (!i) return std::unexpected(i.error());
    return keep(c, change(std::move(*i), verb));
  };
}

result<reply> record_handler(http_command& c, const record_measurements& input) {
  auto i = inspections().get(c.db, c.path_value("id"));
  if (!i) return std::unexpected(i.error());
  return keep(c, record(std::move(*i), input.measurements, c.why.now));
}

// Pieces that failed become an NCR, which also holds the order; without pieces the inspection itself holds it.
void tell_of_failure(http_command& c, inspection& i, bool hold_order) {
  bool has_pieces = i.failed_quantity > quantity{};
  tell(c, i, "quality.inspection-failed", event_of(i, hold_order && !has_pieces));
  if (!has_pieces) return;
  ncr n{.id = new_id(),
        .how_bad = worst_of(i),
        .description = "Inspection " + i.number + " " + i.reason.value_or("failed"),
        .work_order_id = i.work_order_id,
        .work_order = i.work_order,
        .operation = i.operation,
        .resource = i.resource,
        .worker = i.worker,
        .lot = i.lot,
        .part = i.part,
        .amount = i.failed_quantity,
        .rejected = i.failed_quantity,
        .inspection_id = i.id,
        .request_id = c.why.request_id,
        .hold_order = hold_order,
        .created_at = c.why.now};
  raise(c, n);
}

result<reply> decide_handler(http_command& c, const decide_inspection& input) {
  auto i = inspections().get(c.db, c.path_value("id"));
  if (!i) return std::unexpected(i.error());
  auto decided = decide(std::move(*i), input, c.why.now);
  if (!decided) return std::unexpected(decided.error());
  if (decided->state == inspection_state::passed)
    tell(c, *decided, "quality.inspection-passed", event_of(*decided, false));
  else
    tell_of_failure(c, *decided, input.hold_order);
  inspections().update(c.db, *decided);
  return reply_with(*decided);
}

}  // namespace

void define_inspections(service::api& api) {
  api.post<create_plan, inspection_plan>("/plans",
                                         {.id = "createInspectionPlan",
                                          .summary = "Inspection plan, or its next revision, created",
                                          .permission = "quality:write",
                                          .success_status = 201},
                                         create_plan_handler);
  api.get<inspection_plan>("/plans",
                           {.id = "listInspectionPlans",
                            .summary = "Inspection plans, oldest first",
                            .permission = "quality:read",
                            .query = {{"number", "Only this number"}, {"part", "Only of this part"}},
                            .paged = true},
                           service::list_of(plans(), {"number", "part"}));
  api.get<inspection_plan>("/plans/{id}",
                           {.id = "readInspectionPlan", .summary = "One plan", .permission = "quality:read"},
                           service::one_of(plans()));
  api.post<create_inspection, inspection>(
      "/inspections",
      {.id = "createInspection", .summary = "Inspection created", .permission = "quality:write", .success_status = 201},
      create_inspection_handler);
  api.get<inspection>("/inspections",
                      {.id = "listInspections",
                       .summary = "Inspections in the order of their ids",
                       .permission = "quality:read",
                       .query = {{"state", "Only of this state"},
                                 {"part", "Only of this part"},
                                 {"work_order_id", "Only of this work order"}},
                       .paged = true},
                      service::list_of(inspections(), {"state", "part", "work_order_id"}));
  api.get<inspection>("/inspections/{id}",
                      {.id = "readInspection", .summary = "One inspection", .permission = "quality:read"},
                      service::one_of(inspections()));
  api.action<inspection>("POST", "/inspections/{id}/actions/start",
                         {.id = "startInspection", .summary = "Inspection started", .permission = "quality:write"},
                         act(inspection_verb::start));
  api.action<inspection>("POST", "/inspections/{id}/actions/cancel",
                         {.id = "cancelInspection", .summary = "Inspection cancelled", .permission = "quality:write"},
                         act(inspection_verb::cancel));
  api.post<record_measurements, inspection>(
      "/inspections/{id}/actions/record",
      {.id = "recordMeasurements", .summary = "Measurements recorded and judged", .permission = "quality:write"},
      record_handler);
  api.post<decide_inspection, inspection>("/inspections/{id}/actions/decide",
                                          {.id = "decideInspection",
                                           .summary = "Passed or failed, as computed from the limits",
                                           .permission = "quality:write"},
                                          decide_handler);
}

}  // namespace mes::quality
