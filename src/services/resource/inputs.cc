#include "services/resource/inputs.h"

namespace mes::wire {

using namespace mes::resource;

template <>
const schema<create_equipment>& describe<create_equipment>() {
  using r = create_equipment;
  static const auto s =
      schema<r>("CreateEquipment")
          .field("code", &r::code, {.doc = "Unique; no reserved word", .min_length = 1, .max_length = 100})
          .field("name", &r::name, {.required = false, .max_length = 200})
          .field("type", &r::type, {.required = false, .min_length = 1, .max_length = 50})
          .field("location", &r::location, {.max_length = 200})
          .field("required_certifications", &r::required_certifications,
                 {.doc = "Codes that a person assigned to it must hold", .required = false, .max_length = 50});
  return s;
}

template <>
const schema<change_equipment>& describe<change_equipment>() {
  using r = change_equipment;
  static const auto s = schema<r>("ChangeEquipment")
                            .field("name", &r::name, {.min_length = 1, .max_length = 200})
                            .field("location", &r::location, {.max_length = 200})
                            .field("required_certifications", &r::required_certifications, {.max_length = 50});
  return s;
}

template <>
const schema<new_state>& describe<new_state>() {
  using r = new_state;
  static const auto s = schema<r>("ChangeState")
                            .field("packml_state", &r::packml)
                            .field("state", &r::category, {.doc = "Absent: what the PackML state counts as"})
                            .field("at", &r::at, {.doc = "Absent: now; the past is cut anew"})
                            .field("reason", &r::reason, {.max_length = 200});
  return s;
}

template <>
const schema<correct_state>& describe<correct_state>() {
  using r = correct_state;
  static const auto s =
      schema<r>("CorrectState").field("state", &r::category).field("reason", &r::reason, {.max_length = 200});
  return s;
}

template <>
const schema<tell_event>& describe<tell_event>() {
  using r = tell_event;
  static const auto s = schema<r>("TellEquipmentEvent")
                            .field("kind", &r::kind)
                            .field("code", &r::code, {.min_length = 1, .max_length = 100})
                            .field("message", &r::message, {.required = false, .max_length = 1000})
                            .field("at", &r::at, {.doc = "Absent: now"});
  return s;
}

template <>
const schema<create_person>& describe<create_person>() {
  using r = create_person;
  static const auto s =
      schema<r>("CreatePerson")
          .field("employee_id", &r::employee_id, {.doc = "Unique", .min_length = 1, .max_length = 100})
          .field("name", &r::name, {.required = false, .max_length = 200})
          .field("department", &r::department, {.max_length = 200})
          .field("skills", &r::skills, {.required = false, .max_length = 100});
  return s;
}

template <>
const schema<change_person>& describe<change_person>() {
  using r = change_person;
  static const auto s = schema<r>("ChangePerson")
                            .field("name", &r::name, {.min_length = 1, .max_length = 200})
                            .field("department", &r::department, {.max_length = 200})
                            .field("active", &r::active)
                            .field("skills", &r::skills, {.max_length = 100});
  return s;
}

template <>
const schema<create_skill>& describe<create_skill>() {
  using r = create_skill;
  static const auto s = schema<r>("CreateSkill")
                            .field("code", &r::code, {.doc = "Unique", .min_length = 1, .max_length = 100})
                            .field("name", &r::name, {.min_length = 1, .max_length = 200});
  return s;
}

template <>
const schema<certify>& describe<certify>() {
  using r = certify;
  static const auto s =
      schema<r>("Certify")
          .field("code", &r::code, {.doc = "What it certifies", .min_length = 1, .max_length = 100})
          .field("issuer", &r::issuer, {.max_length = 200})
          .field("valid_from", &r::valid_from)
          .field("valid_to", &r::valid_to)
          .field("renews", &r::renews,
                 {.doc = "Id of the certification that this one takes the place of", .max_length = 100});
  return s;
}

template <>
const schema<assign>& describe<assign>() {
  using r = assign;
  static const auto s =
      schema<r>("Assign")
          .field("employee_id", &r::employee_id, {.min_length = 1, .max_length = 100})
          .field("equipment", &r::equipment, {.doc = "Code", .min_length = 1, .max_length = 100})
          .field("work_order_id", &r::work_order_id, {.max_length = 100})
          .field("from", &r::from,
                 {.doc = "Planned: every certification that the equipment requires must hold until the end"})
          .field("to", &r::to);
  return s;
}

template <>
const schema<end_assignment>& describe<end_assignment>() {
  using r = end_assignment;
  static const auto s = schema<r>("EndAssignment").field("reason", &r::reason, {.max_length = 200});
  return s;
}

template <>
const schema<create_maintenance>& describe<create_maintenance>() {
  using r = create_maintenance;
  static const auto s =
      schema<r>("CreateMaintenance")
          .field("number", &r::number, {.doc = "Unique", .min_length = 1, .max_length = 100})
          .field("equipment", &r::equipment, {.doc = "Code", .min_length = 1, .max_length = 100})
          .field("kind", &r::kind, {.required = false})
          .field("description", &r::description, {.required = false, .max_length = 1000})
          .field("due", &r::due)
          .field("run_minutes_max", &r::run_minutes_max, {.doc = "Minutes of production from now on", .min = 1});
  return s;
}

template <>
const schema<create_calendar>& describe<create_calendar>() {
  using r = create_calendar;
  static const auto s =
      schema<r>("CreateCalendar")
          .field("code", &r::code, {.doc = "Unique", .min_length = 1, .max_length = 100})
          .field("equipment", &r::equipment,
                 {.doc = "Codes; empty: all that no other calendar names", .required = false, .max_length = 500})
          .field("utc_offset_minutes", &r::utc_offset_minutes,
                 {.doc = "Of plant time", .required = false, .min = -840, .max = 840})
          .field("shifts", &r::shifts, {.min_length = 1, .max_length = 50})
          .field("days_off", &r::days_off,
                 {.doc = "Dates in plant time: 2012-03-08", .required = false, .max_length = 500});
  return s;
}

template <>
const schema<calculate_oee>& describe<calculate_oee>() {
  using r = calculate_oee;
  static const auto s = schema<r>("CalculateOee")
                            .field("equipment", &r::equipment, {.doc = "Code", .min_length = 1, .max_length = 100})
                            .field("from", &r::from)
                            .field("to", &r::to);
  return s;
}

}  // namespace mes::wire
