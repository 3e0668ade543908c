#include "service/replies.h"
#include "services/resource/handlers.h"
#include "services/resource/people.h"
#include "services/resource/repository.h"

namespace mes::resource {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

assignment_told told_of(const assignment& a) {
  return {.person_id = a.person_id,
          .employee_id = a.employee_id,
          .assignment_id = a.id,
          .equipment_id = a.equipment_id,
          .equipment = a.equipment,
          .work_order_id = a.work_order_id,
          .from = a.from,
          .to = a.to,
          .reason = a.end_reason};
}

error unknown(std::string path, std::string message) {
  return {error_code::unprocessable, "The assignment names what is not known", {{std::move(path), std::move(message)}}};
}

result<reply> assign_handler(http_command& c, const assign& input) {
  auto p = get_person(c.db, input.employee_id);
  if (!p) return fail(unknown("/employee_id", "is not known"));
  auto e = get_equipment(c.db, input.equipment);
  if (!e) return fail(unknown("/equipment", "is not known"));
  if (!p->active) return fail(unknown("/employee_id", "is not active any more"));
  if (input.to <= input.from)
    return fail({error_code::invalid_argument, "The assignment is not valid", {{"/to", "must be after from"}}});
  auto held = certifications().all(c.db, {{"person_id", p->id}});
  if (auto fine = check_certified(e->required_certifications, held, input.from, input.to); !fine)
    return std::unexpected(fine.error());
  assignment made{.id = new_id(),
                  .person_id = p->id,
                  .employee_id = p->employee_id,
                  .equipment_id = e->id,
                  .equipment = e->code,
                  .work_order_id = input.work_order_id,
                  .from = input.from,
                  .to = input.to};
  assignments().insert(c.db, made);
  tell(c, *p, "personnel.assigned", told_of(made));
  all_personnel().update(c.db, *p);
  return reply_created(made, "/api/v1/equipment/assignments");
}

result<reply> end_handler(http_command& c, const end_assignment& input) {
  auto a = assignments().get(c.db, c.path_value("id"));
  if (!a) return std::unexpected(a.error());
  std::string id = a->id;
  if (auto done = end_assignment_now(c, std::move(*a), input.reason.value_or("")); !done)
    return std::unexpected(done.error());
  return reply_with(*assignments().get(c.db, id));
}

}  // namespace

result<void> end_assignment_now(service::command& c, assignment a, const std::string& reason) {
  auto ended = end(std::move(a), reason, c.why.now);
  if (!ended) return std::unexpected(ended.error());
  assignments().update(c.db, *ended);
  auto p = all_personnel().get(c.db, ended->person_id);
  if (!p) return std::unexpected(p.error());
  tell(c, *p, "personnel.unassigned", told_of(*ended));
  all_personnel().update(c.db, *p);
  return {};
}

void define_assignments(service::api& api) {
  api.post<assign, assignment>("/assignments",
                               {.id = "assign",
                                .summary = "Person assigned, if certified for the planned time",
                                .permission = "equipment:execute",
                                .success_status = 201},
                               assign_handler);
  api.get<assignment>("/assignments",
                      {.id = "listAssignments",
                       .summary = "Assignments, oldest first",
                       .permission = "equipment:read",
                       .query = {{"state", "Only of this state", {"active", "ended"}},
                                 {"equipment", "Only to this equipment (code)"},
                                 {"employee_id", "Only of this person"}},
                       .paged = true},
                      service::list_of(assignments(), {"state", "equipment", "employee_id"}));
  api.get<assignment>("/assignments/{id}",
                      {.id = "readAssignment", .summary = "One assignment", .permission = "equipment:read"},
                      service::one_of(assignments()));
  api.post<end_assignment, assignment>(
      "/assignments/{id}/actions/end",
      {.id = "endAssignment", .summary = "Assignment ended", .permission = "equipment:execute"}, end_handler);
}

}  // namespace mes::resource
