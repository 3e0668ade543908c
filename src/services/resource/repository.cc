#include "services/resource/repository.h"

#include <algorithm>

#include "base/uuid.h"

namespace mes::resource {

using service::collection;
using store::value;

namespace {
template <class E>
value name(E e) {
  return value(std::string(wire::name_of_enum(e)));
}
}  // namespace

const collection<equipment>& all_equipment() {
  static const collection<equipment> table("equipment", "equipment",
                                           {{"code", [](const equipment& e) { return value(e.code); }},
                                            {"state", [](const equipment& e) { return name(e.category); }}});
  return table;
}
const collection<person>& all_personnel() {
  static const collection<person> table("personnel", "person",
                                        {{"employee_id", [](const person& p) { return value(p.employee_id); }}});
  return table;
}
const collection<skill>& skills() {
  static const collection<skill> table("skills", "skill", {{"code", [](const skill& s) { return value(s.code); }}});
  return table;
}
const collection<certification>& certifications() {
  using cert = certification;
  static const collection<cert> table("certifications", "certification",
                                      {{"person_id", [](const cert& c) { return value(c.person_id); }},
                                       {"code", [](const cert& c) { return value(c.code); }},
                                       {"state", [](const cert& c) { return name(c.state); }},
                                       {"valid_to", [](const cert& c) { return value(c.valid_to.microseconds); }}});
  return table;
}
const collection<assignment>& assignments() {
  static const collection<assignment> table(
      "assignments", "assignment",
      {{"employee_id", [](const assignment& a) { return value(a.employee_id); }},
       {"equipment", [](const assignment& a) { return value(a.equipment); }},
       {"work_order_id", [](const assignment& a) { return a.work_order_id ? value(*a.work_order_id) : value(); }},
       {"state", [](const assignment& a) { return name(a.state); }}});
  return table;
}
const collection<maintenance_order>& maintenance_orders() {
  using order = maintenance_order;
  static const collection<order> table("maintenance_orders", "maintenance order",
                                       {{"number", [](const order& m) { return value(m.number); }},
                                        {"equipment", [](const order& m) { return value(m.equipment); }},
                                        {"state", [](const order& m) { return name(m.state); }}});
  return table;
}
const collection<calendar>& calendars() {
  static const collection<calendar> table("calendars", "calendar",
                                          {{"code", [](const calendar& c) { return value(c.code); }}});
  return table;
}
const collection<state_change>& state_changes() {
  using change = state_change;
  static const collection<change> table("state_changes", "state change",
                                        {{"equipment_id", [](const change& s) { return value(s.equipment_id); }},
                                         {"at", [](const change& s) { return value(s.at.microseconds); }}});
  return table;
}
const collection<equipment_event>& equipment_events() {
  using happening = equipment_event;
  static const collection<happening> table("equipment_events", "event",
                                           {{"equipment_id", [](const happening& e) { return value(e.equipment_id); }},
                                            {"kind", [](const happening& e) { return name(e.kind); }}});
  return table;
}

std::string new_id() { return uuid::make_v7().to_string(); }

result<equipment> get_equipment(store::session& db, std::string_view id_or_code) {
  if (uuid::parse(id_or_code)) return all_equipment().get(db, id_or_code);
  if (auto found = all_equipment().find_by(db, "code", id_or_code)) return std::move(*found);
  return fail(error_code::not_found, "There is no equipment " + std::string(id_or_code));
}

result<person> get_person(store::session& db, std::string_view id_or_employee_id) {
  if (uuid::parse(id_or_employee_id)) return all_personnel().get(db, id_or_employee_id);
  if (auto found = all_personnel().find_by(db, "employee_id", id_or_employee_id)) return std::move(*found);
  return fail(error_code::not_found, "There is no person " + std::string(id_or_employee_id));
}

void tell_status(service::command& c, equipment& of, std::optional<time_category> previous) {
  tell(c, of, "equipment.status-changed",
       status_changed{.equipment_id = of.id,
                      .code = of.code,
                      .name = of.name,
                      .packml = of.packml,
                      .category = of.category,
                      .previous = previous,
                      .reason = of.reason,
                      .since = of.state_since});
}

void ensure_equipment(service::command& c, const std::string& code) {
  if (!c.db.select<std::string>("SELECT id FROM equipment WHERE code = :p1", {code}).empty()) return;
  equipment found{.id = new_id(),
                  .code = code,
                  .name = code,
                  .type = "machine",
                  .state_since = c.why.now,
                  .discovered = true,
                  .created_at = c.why.now};
  tell_status(c, found, std::nullopt);
  all_equipment().insert(c.db, found);
}

void ensure_person(service::command& c, const std::string& employee_id) {
  if (!c.db.select<std::string>("SELECT id FROM personnel WHERE employee_id = :p1", {employee_id}).empty()) return;
  person found{
      .id = new_id(), .employee_id = employee_id, .name = employee_id, .discovered = true, .created_at = c.why.now};
  all_personnel().insert(c.db, found);
}

std::vector<state_change> changes_of(store::session& db, const std::string& equipment_id, instant from, instant to) {
  std::int64_t begin = from.microseconds;
  auto before = db.select<std::optional<std::int64_t>>(
      "SELECT MAX(at) FROM state_changes WHERE equipment_id = :p1 AND at <= :p2", {equipment_id, begin});
  if (!before.empty() && std::get<0>(before.front())) begin = *std::get<0>(before.front());
  auto changes =
      state_changes().all(db, {{"equipment_id", equipment_id}, {"at", begin, ">="}, {"at", to.microseconds, "<"}});
  std::ranges::sort(changes, {}, [](const state_change& s) { return std::pair(s.at, s.id); });
  return changes;
}

std::vector<slice> slices_of(store::session& db, const equipment& of, instant from, instant to) {
  return tile(from, to, changes_of(db, of.id, from, to), work_of(db, of.code, from, to));
}

std::optional<calendar> calendar_of(store::session& db, const std::string& equipment_code) {
  std::optional<calendar> for_all;
  for (calendar& c : calendars().all(db)) {
    if (std::ranges::count(c.equipment, equipment_code) > 0) return std::move(c);
    if (c.equipment.empty() && !for_all) for_all = std::move(c);
  }
  return for_all;
}

}  // namespace mes::resource
