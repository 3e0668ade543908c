#include "service/replies.h"
#include "services/resource/handlers.h"
#include "services/resource/repository.h"

namespace mes::resource {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

result<maintenance_order> change(maintenance_order m, maintenance_verb verb) {
  auto next = service::next_state<maintenance_state, maintenance_verb>(maintenance_transitions, m.state, verb);
  if (!next) return std::unexpected(next.error());
  m.state = *next;
  return m;
}

result<maintenance_order> require(service::command& c, maintenance_order m, std::string cause) {
  auto required = change(std::move(m), maintenance_verb::require);
  if (!required) return required;
  maintenance_orders().update(c.db, *required);
  auto e = all_equipment().get(c.db, required->equipment_id);
  if (!e) return std::unexpected(e.error());
  tell(c, *e, "equipment.maintenance-required",
       maintenance_required{.equipment_id = e->id,
                            .equipment = e->code,
                            .maintenance_id = required->id,
                            .number = required->number,
                            .kind = required->kind,
                            .cause = std::move(cause),
                            .description = required->description,
                            .due = required->due});
  all_equipment().update(c.db, *e);
  return required;
}

std::int64_t run_minutes(store::session& db, const maintenance_order& m, instant now) {
  std::vector<work_interval> work = work_of(db, m.equipment, m.counted_from, now);
  std::erase_if(work, [](const work_interval& w) { return w.category != time_category::running; });
  return busy_us(m.counted_from, now, std::move(work)) / 60'000'000;
}

// Why it is required now; "" = it is not.
std::string cause_now(store::session& db, const maintenance_order& m, instant now) {
  if (m.kind == maintenance_kind::corrective) return "corrective";
  if (m.due && *m.due <= now) return "due";
  if (m.run_minutes_max && run_minutes(db, m, now) >= *m.run_minutes_max) return "run_minutes";
  return "";
}

result<reply> create(http_command& c, const create_maintenance& input) {
  auto e = get_equipment(c.db, input.equipment);
  if (!e) return fail({error_code::unprocessable, "The equipment is not known", {{"/equipment", "is not known"}}});
  bool corrective = input.kind == maintenance_kind::corrective;
  if (!corrective && !input.due && !input.run_minutes_max)
    return fail({error_code::invalid_argument, "When is it required?", {{"/due", "or run_minutes_max is required"}}});
  if (maintenance_orders().find_by(c.db, "number", input.number))
    return fail({error_code::already_exists, "There is maintenance " + input.number, {{"/number", "is taken"}}});
  maintenance_order m{.id = new_id(),
                      .number = input.number,
                      .equipment_id = e->id,
                      .equipment = e->code,
                      .kind = input.kind,
                      .description = input.description,
                      .due = input.due,
                      .run_minutes_max = input.run_minutes_max,
                      .counted_from = c.why.now,
                      .created_at = c.why.now};
  maintenance_orders().insert(c.db, m);
  if (std::string cause = cause_now(c.db, m, c.why.now); !cause.empty()) {
    auto required = require(c, m, cause);
    if (!required) return std::unexpected(required.error());
    m = std::move(*required);
  }
  return reply_created(m, "/api/v1/equipment/maintenance");
}

auto act(maintenance_verb verb) {
  return [verb](http_command& c) -> result<reply> {
    auto m = maintenance_orders().get(c.db, c.path_value("id"));
    if (!m) return std::unexpected(m.error());
    auto changed = change(std::move(*m), verb);
    if (!changed) return std::unexpected(changed.error());
    maintenance_orders().update(c.db, *changed);
    return reply_with(*changed);
  };
}

result<void> look_at_maintenance(service::command& c) {
  for (maintenance_order& m : maintenance_orders().all(c.db, {{"state", std::string("planned")}}))
    if (std::string cause = cause_now(c.db, m, c.why.now); !cause.empty())
      if (auto required = require(c, std::move(m), cause); !required) return std::unexpected(required.error());
  return {};
}

result<reply> create_calendar_handler(http_command& c, const create_calendar& input) {
  for (std::size_t i = 0; i < input.shifts.size(); ++i)
    if (input.shifts[i].to_minute <= input.shifts[i].from_minute)
      return fail({error_code::invalid_argument,
                   "The calendar is not valid",
                   {{"/shifts/" + std::to_string(i) + "/to_minute", "must be above from_minute"}}});
  for (std::size_t i = 0; i < input.days_off.size(); ++i)
    if (!instant::parse(input.days_off[i] + "T00:00:00Z"))
      return fail({error_code::invalid_argument,
                   "The calendar is not valid",
                   {{"/days_off/" + std::to_string(i), "must be a date such as 2012-03-08"}}});
  if (calendars().find_by(c.db, "code", input.code))
    return fail({error_code::already_exists, "There is a calendar " + input.code, {{"/code", "is taken"}}});
  calendar made{.id = new_id(),
                .code = input.code,
                .equipment = input.equipment,
                .utc_offset_minutes = input.utc_offset_minutes,
                .shifts = input.shifts,
                .days_off = input.days_off};
  calendars().insert(c.db, made);
  return reply_created(made, "/api/v1/equipment/calendars");
}

}  // namespace

void define_maintenance(service::api& api) {
  api.post<create_maintenance, maintenance_order>("/maintenance",
                                                  {.id = "createMaintenance",
                                                   .summary = "Maintenance planned by date or run time",
                                                   .permission = "equipment:write",
                                                   .success_status = 201},
                                                  create);
  api.get<maintenance_order>(
      "/maintenance",
      {.id = "listMaintenance",
       .summary = "Maintenance, oldest first",
       .permission = "equipment:read",
       .query = {{"equipment", "Only of this equipment (code)"}, {"state", "Only of this state"}},
       .paged = true},
      service::list_of(maintenance_orders(), {"equipment", "state"}));
  api.get<maintenance_order>(
      "/maintenance/{id}",
      {.id = "readMaintenance", .summary = "One maintenance order", .permission = "equipment:read"},
      service::one_of(maintenance_orders()));
  api.action<maintenance_order>(
      "POST", "/maintenance/{id}/actions/start",
      {.id = "startMaintenance", .summary = "Maintenance started", .permission = "equipment:execute"},
      act(maintenance_verb::start));
  api.action<maintenance_order>(
      "POST", "/maintenance/{id}/actions/complete",
      {.id = "completeMaintenance", .summary = "Maintenance completed", .permission = "equipment:execute"},
      act(maintenance_verb::complete));
  api.action<maintenance_order>(
      "POST", "/maintenance/{id}/actions/cancel",
      {.id = "cancelMaintenance", .summary = "Maintenance cancelled", .permission = "equipment:write"},
      act(maintenance_verb::cancel));
  api.post<create_calendar, calendar>("/calendars",
                                      {.id = "createCalendar",
                                       .summary = "Calendar of shifts entered",
                                       .permission = "equipment:write",
                                       .success_status = 201},
                                      create_calendar_handler);
  api.get<calendar>(
      "/calendars",
      {.id = "listCalendars", .summary = "Calendars, oldest first", .permission = "equipment:read", .paged = true},
      service::list_of(calendars()));
  api.get<calendar>("/calendars/{id}",
                    {.id = "readCalendar", .summary = "One calendar", .permission = "equipment:read"},
                    service::one_of(calendars()));
  api.every(std::chrono::minutes(15), "maintenance by date and run time", look_at_maintenance);
}

}  // namespace mes::resource
