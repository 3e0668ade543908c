#include "services/resource/events.h"

namespace mes::wire {

using namespace mes::resource;

template <>
const schema<status_changed>& describe<status_changed>() {
  using r = status_changed;
  static const auto s = schema<r>("EquipmentStatusChanged")
                            .field("equipment_id", &r::equipment_id)
                            .field("code", &r::code)
                            .field("name", &r::name)
                            .field("packml_state", &r::packml)
                            .field("state", &r::category)
                            .field("previous_state", &r::previous)
                            .field("reason", &r::reason)
                            .field("since", &r::since);
  return s;
}

template <>
const schema<fault_detected>& describe<fault_detected>() {
  using r = fault_detected;
  static const auto s =
      schema<r>("EquipmentFaultDetected")
          .field("equipment_id", &r::equipment_id)
          .field("equipment", &r::equipment)
          .field("event_id", &r::event_id)
          .field("code", &r::code)
          .field("message", &r::message)
          .field("at", &r::at)
          .field("work_order_ids", &r::work_order_ids, {.doc = "Work orders that were on the equipment"});
  return s;
}

template <>
const schema<maintenance_required>& describe<maintenance_required>() {
  using r = maintenance_required;
  static const auto s = schema<r>("EquipmentMaintenanceRequired")
                            .field("equipment_id", &r::equipment_id)
                            .field("equipment", &r::equipment)
                            .field("maintenance_id", &r::maintenance_id)
                            .field("number", &r::number)
                            .field("kind", &r::kind)
                            .field("cause", &r::cause, {.doc = "due, run_minutes or corrective"})
                            .field("description", &r::description)
                            .field("due", &r::due);
  return s;
}

template <>
const schema<oee_calculated>& describe<oee_calculated>() {
  using r = oee_calculated;
  static const auto s = schema<r>("EquipmentOeeCalculated")
                            .field("equipment_id", &r::equipment_id)
                            .field("equipment", &r::equipment)
                            .field("from", &r::from)
                            .field("to", &r::to)
                            .field("revision", &r::revision)
                            .field("inputs_sha256", &r::inputs_sha256)
                            .field("figures", &r::figures);
  return s;
}

template <>
const schema<assignment_told>& describe<assignment_told>() {
  using r = assignment_told;
  static const auto s = schema<r>("PersonnelAssignment")
                            .field("person_id", &r::person_id)
                            .field("employee_id", &r::employee_id)
                            .field("assignment_id", &r::assignment_id)
                            .field("equipment_id", &r::equipment_id)
                            .field("equipment", &r::equipment)
                            .field("work_order_id", &r::work_order_id)
                            .field("from", &r::from)
                            .field("to", &r::to)
                            .field("reason", &r::reason);
  return s;
}

template <>
const schema<certification_told>& describe<certification_told>() {
  using r = certification_told;
  static const auto s = schema<r>("PersonnelCertification")
                            .field("person_id", &r::person_id)
                            .field("employee_id", &r::employee_id)
                            .field("certification_id", &r::certification_id)
                            .field("code", &r::code)
                            .field("valid_to", &r::valid_to)
                            .field("days_left", &r::days_left);
  return s;
}

template <>
const schema<skills_told>& describe<skills_told>() {
  using r = skills_told;
  static const auto s = schema<r>("PersonnelSkillUpdated")
                            .field("person_id", &r::person_id)
                            .field("employee_id", &r::employee_id)
                            .field("skills", &r::skills);
  return s;
}

}  // namespace mes::wire
