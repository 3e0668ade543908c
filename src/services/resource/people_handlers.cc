#include "services/resource/people.h"

#include "base/uuid.h"
#include "service/replies.h"
#include "services/resource/handlers.h"
#include "services/resource/repository.h"

namespace mes::resource {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

constexpr std::string_view people_path = "/api/v1/equipment/personnel";

// A person that a report has named first is taken over, not refused.
result<reply> create(http_command& c, const create_person& input) {
  if (uuid::parse(input.employee_id))
    return fail({error_code::invalid_argument, "The person is not valid", {{"/employee_id", "must not be a UUID"}}});
  auto known = all_personnel().find_by(c.db, "employee_id", input.employee_id);
  if (known && !known->discovered)
    return fail({error_code::already_exists, "There is a person " + input.employee_id, {{"/employee_id", "is taken"}}});
  person p = known.value_or(person{.id = new_id(), .employee_id = input.employee_id, .created_at = c.why.now});
  p.name = input.name.empty() ? input.employee_id : input.name;
  p.department = input.department;
  p.skills = input.skills;
  p.discovered = false;
  if (!p.skills.empty())
    tell(c, p, "personnel.skill-updated",
         skills_told{.person_id = p.id, .employee_id = p.employee_id, .skills = p.skills});
  known ? all_personnel().update(c.db, p) : all_personnel().insert(c.db, p);
  return reply_created(p, people_path);
}

result<reply> change_person_handler(http_command& c, const change_person& input) {
  auto p = get_person(c.db, c.path_value("id"));
  if (!p) return std::unexpected(p.error());
  if (auto match = c.check_if_match(p->version); !match) return std::unexpected(match.error());
  if (input.name) p->name = *input.name;
  if (input.department) p->department = input.department;
  if (input.active) p->active = *input.active;
  if (input.skills) {
    p->skills = *input.skills;
    tell(c, *p, "personnel.skill-updated",
         skills_told{.person_id = p->id, .employee_id = p->employee_id, .skills = p->skills});
  }
  all_personnel().update(c.db, *p);
  return reply_with(*p);
}

result<reply> read(const service::query& q) {
  auto p = get_person(q.db, q.path_value("id"));
  if (!p) return std::unexpected(p.error());
  return reply_with(*p);
}

result<reply> list_certifications(const service::query& q) {
  auto p = get_person(q.db, q.path_value("id"));
  if (!p) return std::unexpected(p.error());
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  auto body = certifications().list(q.db, *page, {{"person_id", p->id}});
  if (!body) return std::unexpected(body.error());
  return reply{.body = std::move(*body)};
}

result<reply> certify_handler(http_command& c, const certify& input) {
  auto p = get_person(c.db, c.path_value("id"));
  if (!p) return std::unexpected(p.error());
  if (input.valid_to <= input.valid_from || input.valid_to <= c.why.now)
    return fail({error_code::invalid_argument,
                 "The certification is not valid",
                 {{"/valid_to", "must be after valid_from and in the future"}}});
  if (input.renews) {
    auto old = certifications().get(c.db, *input.renews);
    if (!old || old->person_id != p->id || old->code != input.code)
      return fail({error_code::unprocessable, "There is nothing to renew", {{"/renews", "is no such certification"}}});
    auto renewed = change(std::move(*old), certification_verb::renew);
    if (!renewed) return std::unexpected(renewed.error());
    certifications().update(c.db, *renewed);
  }
  certification made{.id = new_id(),
                     .person_id = p->id,
                     .code = input.code,
                     .issuer = input.issuer,
                     .valid_from = input.valid_from,
                     .valid_to = input.valid_to};
  certifications().insert(c.db, made);
  return reply_created(made, std::string(people_path) + "/" + p->id + "/certifications");
}

// A person without the right to work there is taken off.
result<void> end_where_required(service::command& c, const person& p, const std::string& code) {
  for (assignment& a : assignments().all(c.db, {{"employee_id", p.employee_id}, {"state", std::string("active")}})) {
    auto e = all_equipment().find(c.db, a.equipment_id);
    if (!e || std::ranges::count(e->required_certifications, code) == 0) continue;
    if (auto done = end_assignment_now(c, std::move(a), "certification " + code + " ended"); !done) return done;
  }
  return {};
}

result<reply> revoke(http_command& c) {
  auto p = get_person(c.db, c.path_value("id"));
  if (!p) return std::unexpected(p.error());
  auto held = certifications().get(c.db, c.path_value("certification"));
  if (!held) return std::unexpected(held.error());
  if (held->person_id != p->id) return fail(error_code::not_found, "The certification is of another person");
  auto revoked = change(std::move(*held), certification_verb::revoke);
  if (!revoked) return std::unexpected(revoked.error());
  certifications().update(c.db, *revoked);
  if (auto done = end_where_required(c, *p, revoked->code); !done) return std::unexpected(done.error());
  return reply_with(*revoked);
}

result<void> tell_certification(service::command& c, const certification& cert, std::string topic, std::int64_t days) {
  auto p = all_personnel().get(c.db, cert.person_id);
  if (!p) return std::unexpected(p.error());
  tell(c, *p, std::move(topic),
       certification_told{.person_id = p->id,
                          .employee_id = p->employee_id,
                          .certification_id = cert.id,
                          .code = cert.code,
                          .valid_to = cert.valid_to,
                          .days_left = days});
  all_personnel().update(c.db, *p);
  return {};
}

result<void> look_at(service::command& c, certification cert) {
  if (has_expired(cert, c.why.now)) {
    auto expired = change(std::move(cert), certification_verb::expire);
    if (!expired) return std::unexpected(expired.error());
    certifications().update(c.db, *expired);
    if (auto told = tell_certification(c, *expired, "personnel.certification-expired", 0); !told) return told;
    auto p = all_personnel().get(c.db, expired->person_id);
    if (!p) return std::unexpected(p.error());
    return end_where_required(c, *p, expired->code);
  }
  std::int64_t days = warning_due(cert, c.why.now);
  if (days == 0) return {};
  cert.warned_days = days;
  cert.state = certification_state::expiring;
  certifications().update(c.db, cert);
  return tell_certification(c, cert, "personnel.certification-expiring", days);
}

result<void> look_at_certifications(service::command& c) {
  std::int64_t horizon = (c.why.now + std::chrono::days(30)).microseconds;
  for (const char* state : {"valid", "expiring"})
    for (certification& cert : certifications().all(c.db, {{"state", std::string(state)}, {"valid_to", horizon, "<="}}))
      if (auto done = look_at(c, std::move(cert)); !done) return done;
  return {};
}

result<reply> create_skill_handler(http_command& c, const create_skill& input) {
  if (skills().find_by(c.db, "code", input.code))
    return fail({error_code::already_exists, "There is a skill " + input.code, {{"/code", "is taken"}}});
  skill made{.id = new_id(), .code = input.code, .name = input.name};
  skills().insert(c.db, made);
  return reply_created(made, "/api/v1/equipment/skills");
}

}  // namespace

void define_people(service::api& api) {
  api.post<create_person, person>(
      "/personnel",
      {.id = "createPerson", .summary = "Person entered", .permission = "equipment:write", .success_status = 201},
      create);
  api.get<person>("/personnel",
                  {.id = "listPersonnel",
                   .summary = "Personnel, oldest first",
                   .permission = "equipment:read",
                   .query = {{"employee_id", "Only this one"}},
                   .paged = true},
                  service::list_of(all_personnel(), {"employee_id"}));
  api.get<person>("/personnel/{id}",
                  {.id = "readPerson", .summary = "One person, by id or employee id", .permission = "equipment:read"},
                  read);
  api.patch<change_person, person>(
      "/personnel/{id}",
      {.id = "changePerson", .summary = "Person or skills changed; needs If-Match", .permission = "equipment:write"},
      change_person_handler);
  api.get<certification>("/personnel/{id}/certifications",
                         {.id = "listCertifications",
                          .summary = "Certifications of a person, oldest first",
                          .permission = "equipment:read",
                          .paged = true},
                         list_certifications);
  api.post<certify, certification>("/personnel/{id}/certifications",
                                   {.id = "certify",
                                    .summary = "Person certified, or a certification renewed",
                                    .permission = "equipment:write",
                                    .success_status = 201},
                                   certify_handler);
  api.action<certification>("POST", "/personnel/{id}/certifications/{certification}/actions/revoke",
                            {.id = "revokeCertification",
                             .summary = "Certification revoked; assignments that need it end",
                             .permission = "equipment:write"},
                            revoke);
  api.post<create_skill, skill>(
      "/skills",
      {.id = "createSkill", .summary = "Skill entered", .permission = "equipment:write", .success_status = 201},
      create_skill_handler);
  api.get<skill>("/skills",
                 {.id = "listSkills", .summary = "Skills, oldest first", .permission = "equipment:read", .paged = true},
                 service::list_of(skills()));
  api.every(std::chrono::hours(1), "certifications that end", look_at_certifications);
}

}  // namespace mes::resource
