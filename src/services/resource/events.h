// Data of the events that the resource service emits: contracts/events/equipment.*.json, personnel.*.json.
#pragma once

#include "services/resource/model.h"

namespace mes::resource {

struct status_changed {
  std::string equipment_id;
  std::string code;
  std::string name;
  packml_state packml = packml_state::undefined;
  time_category category = time_category::unknown;
  std::optional<time_category> previous;
  std::optional<std::string> reason;
  instant since;
};

struct fault_detected {
  std::string equipment_id;
  std::string equipment;
  std::string event_id;
  std::string code;
  std::string message;
  instant at;
  std::vector<std::string> work_order_ids;
};

struct maintenance_required {
  std::string equipment_id;
  std::string equipment;
  std::string maintenance_id;
  std::string number;
  maintenance_kind kind = maintenance_kind::preventive;
  std::string cause;
  std::string description;
  std::optional<instant> due;
};

struct oee_calculated {
  std::string equipment_id;
  std::string equipment;
  instant from;
  instant to;
  std::int64_t revision = 1;
  std::string inputs_sha256;
  json::object figures;
};

struct assignment_told {
  std::string person_id;
  std::string employee_id;
  std::string assignment_id;
  std::string equipment_id;
  std::string equipment;
  std::optional<std::string> work_order_id;
  instant from;
  instant to;
  std::optional<std::string> reason;
};

struct certification_told {
  std::string person_id;
  std::string employee_id;
  std::string certification_id;
  std::string code;
  instant valid_to;
  std::int64_t days_left = 0;
};

struct skills_told {
  std::string person_id;
  std::string employee_id;
  std::vector<skill_level> skills;
};

}  // namespace mes::resource

namespace mes::wire {
template <>
const schema<resource::status_changed>& describe<resource::status_changed>();
template <>
const schema<resource::fault_detected>& describe<resource::fault_detected>();
template <>
const schema<resource::maintenance_required>& describe<resource::maintenance_required>();
template <>
const schema<resource::oee_calculated>& describe<resource::oee_calculated>();
template <>
const schema<resource::assignment_told>& describe<resource::assignment_told>();
template <>
const schema<resource::certification_told>& describe<resource::certification_told>();
template <>
const schema<resource::skills_told>& describe<resource::skills_told>();
}  // namespace mes::wire
