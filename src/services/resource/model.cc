#include "services/resource/model.h"

#include <array>

namespace mes::resource {

time_category category_of(packml_state s) {
  switch (s) {
    case packml_state::execute:
    case packml_state::completing:
      return time_category::running;
    case packml_state::starting:
    case packml_state::resetting:
      return time_category::setup;
    case packml_state::idle:
    case packml_state::completed:
    case packml_state::suspending:
    case packml_state::suspended:
    case packml_state::unsuspending:
      return time_category::idle;
    case packml_state::stopping:
    case packml_state::stopped:
    case packml_state::clearing:
      return time_category::planned_down;
    case packml_state::holding:
    case packml_state::held:
    case packml_state::unholding:
    case packml_state::aborting:
    case packml_state::aborted:
      return time_category::unplanned_down;
    case packml_state::undefined:
      break;
  }
  return time_category::unknown;
}

}  // namespace mes::resource

namespace mes::wire {

using namespace mes::resource;
using std::string_view;

template <>
std::span<const string_view> enum_names<packml_state>() {
  static constexpr std::array<string_view, 18> names = {
      "undefined", "clearing",   "stopped",      "starting",  "idle",       "suspended",
      "execute",   "stopping",   "aborting",     "aborted",   "holding",    "held",
      "unholding", "suspending", "unsuspending", "resetting", "completing", "completed"};
  return names;
}
template <>
std::span<const string_view> enum_names<time_category>() {
  static constexpr std::array<string_view, 6> names = {"running",      "setup",          "idle",
                                                       "planned-down", "unplanned-down", "unknown"};
  return names;
}
template <>
std::span<const string_view> enum_names<certification_state>() {
  static constexpr std::array<string_view, 5> names = {"valid", "expiring", "expired", "revoked", "renewed"};
  return names;
}
template <>
std::span<const string_view> enum_names<certification_verb>() {
  static constexpr std::array<string_view, 4> names = {"warn", "expire", "revoke", "renew"};
  return names;
}
template <>
std::span<const string_view> enum_names<assignment_state>() {
  static constexpr std::array<string_view, 2> names = {"active", "ended"};
  return names;
}
template <>
std::span<const string_view> enum_names<assignment_verb>() {
  static constexpr std::array<string_view, 1> names = {"end"};
  return names;
}
template <>
std::span<const string_view> enum_names<maintenance_state>() {
  static constexpr std::array<string_view, 5> names = {"planned", "required", "in-progress", "completed", "cancelled"};
  return names;
}
template <>
std::span<const string_view> enum_names<maintenance_verb>() {
  static constexpr std::array<string_view, 4> names = {"require", "start", "complete", "cancel"};
  return names;
}
template <>
std::span<const string_view> enum_names<maintenance_kind>() {
  static constexpr std::array<string_view, 2> names = {"preventive", "corrective"};
  return names;
}
template <>
std::span<const string_view> enum_names<event_kind>() {
  static constexpr std::array<string_view, 4> names = {"fault", "alarm", "warning", "info"};
  return names;
}

template <>
const schema<equipment>& describe<equipment>() {
  using r = equipment;
  static const auto s =
      schema<r>("Equipment")
          .field("id", &r::id)
          .field("version", &r::version)
          .field("event_version", &r::event_version)
          .field("code", &r::code)
          .field("name", &r::name)
          .field("type", &r::type)
          .field("location", &r::location)
          .field("required_certifications", &r::required_certifications)
          .field("packml_state", &r::packml)
          .field("state", &r::category, {.doc = "What its time counts as now"})
          .field("reason", &r::reason)
          .field("state_since", &r::state_since)
          .field("discovered", &r::discovered, {.doc = "First seen in a report, not entered by anyone"})
          .field("created_at", &r::created_at);
  return s;
}

template <>
const schema<skill_level>& describe<skill_level>() {
  using r = skill_level;
  static const auto s = schema<r>("SkillLevel")
                            .field("skill", &r::skill, {.min_length = 1, .max_length = 100})
                            .field("level", &r::level, {.required = false, .min = 1, .max = 5});
  return s;
}

template <>
const schema<person>& describe<person>() {
  using r = person;
  static const auto s = schema<r>("Person")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("event_version", &r::event_version)
                            .field("employee_id", &r::employee_id)
                            .field("name", &r::name)
                            .field("department", &r::department)
                            .field("skills", &r::skills)
                            .field("active", &r::active)
                            .field("discovered", &r::discovered)
                            .field("created_at", &r::created_at);
  return s;
}

template <>
const schema<skill>& describe<skill>() {
  using r = skill;
  static const auto s = schema<r>("Skill")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("code", &r::code)
                            .field("name", &r::name);
  return s;
}

template <>
const schema<certification>& describe<certification>() {
  using r = certification;
  static const auto s =
      schema<r>("Certification")
          .field("id", &r::id)
          .field("version", &r::version)
          .field("person_id", &r::person_id)
          .field("code", &r::code)
          .field("issuer", &r::issuer)
          .field("valid_from", &r::valid_from)
          .field("valid_to", &r::valid_to)
          .field("state", &r::state)
          .field("warned_days", &r::warned_days, {.doc = "The last warning before it expires, in days"});
  return s;
}

template <>
const schema<assignment>& describe<assignment>() {
  using r = assignment;
  static const auto s = schema<r>("Assignment")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("person_id", &r::person_id)
                            .field("employee_id", &r::employee_id)
                            .field("equipment_id", &r::equipment_id)
                            .field("equipment", &r::equipment)
                            .field("work_order_id", &r::work_order_id)
                            .field("from", &r::from, {.doc = "Planned"})
                            .field("to", &r::to)
                            .field("state", &r::state)
                            .field("ended_at", &r::ended_at)
                            .field("end_reason", &r::end_reason);
  return s;
}

template <>
const schema<maintenance_order>& describe<maintenance_order>() {
  using r = maintenance_order;
  static const auto s = schema<r>("MaintenanceOrder")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("number", &r::number)
                            .field("equipment_id", &r::equipment_id)
                            .field("equipment", &r::equipment)
                            .field("kind", &r::kind)
                            .field("description", &r::description)
                            .field("due", &r::due)
                            .field("run_minutes_max", &r::run_minutes_max,
                                   {.doc = "Required when production since counted_from reaches this"})
                            .field("counted_from", &r::counted_from)
                            .field("state", &r::state)
                            .field("created_at", &r::created_at);
  return s;
}

template <>
const schema<shift>& describe<shift>() {
  using r = shift;
  static const auto s =
      schema<r>("Shift")
          .field("weekday", &r::weekday, {.doc = "1 Monday to 7 Sunday", .min = 1, .max = 7})
          .field("from_minute", &r::from_minute, {.doc = "Of the day, plant time", .min = 0, .max = 1439})
          .field("to_minute", &r::to_minute, {.doc = "May pass midnight", .min = 1, .max = 2879});
  return s;
}

template <>
const schema<calendar>& describe<calendar>() {
  using r = calendar;
  static const auto s = schema<r>("Calendar")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("code", &r::code)
                            .field("equipment", &r::equipment)
                            .field("utc_offset_minutes", &r::utc_offset_minutes)
                            .field("shifts", &r::shifts)
                            .field("days_off", &r::days_off);
  return s;
}

template <>
const schema<slice>& describe<slice>() {
  using r = slice;
  static const auto s =
      schema<r>("StateSlice")
          .field("id", &r::id, {.doc = "Of the change that it comes from; empty where it is derived from reports"})
          .field("from", &r::from)
          .field("to", &r::to)
          .field("state", &r::category)
          .field("packml_state", &r::packml)
          .field("reason", &r::reason);
  return s;
}

template <>
const schema<state_change>& describe<state_change>() {
  using r = state_change;
  static const auto s = schema<r>("StateChange")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("equipment_id", &r::equipment_id)
                            .field("at", &r::at)
                            .field("packml_state", &r::packml)
                            .field("state", &r::category)
                            .field("reason", &r::reason)
                            .field("source", &r::source);
  return s;
}

template <>
const schema<equipment_event>& describe<equipment_event>() {
  using r = equipment_event;
  static const auto s = schema<r>("EquipmentEvent")
                            .field("id", &r::id)
                            .field("version", &r::version)
                            .field("equipment_id", &r::equipment_id)
                            .field("kind", &r::kind)
                            .field("code", &r::code)
                            .field("message", &r::message)
                            .field("at", &r::at);
  return s;
}

}  // namespace mes::wire
