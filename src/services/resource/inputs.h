// What clients send to the resource service.
#pragma once

#include "services/resource/model.h"

namespace mes::resource {

struct create_equipment {
  std::string code;
  std::string name;
  std::string type = "machine";
  std::optional<std::string> location;
  std::vector<std::string> required_certifications;
};

struct change_equipment {
  std::optional<std::string> name;
  std::optional<std::string> location;
  std::optional<std::vector<std::string>> required_certifications;
};

struct new_state {
  std::optional<packml_state> packml;
  std::optional<time_category> category;
  std::optional<instant> at;
  std::optional<std::string> reason;
};

struct correct_state {
  std::optional<time_category> category;
  std::optional<std::string> reason;
};

struct tell_event {
  event_kind kind = event_kind::info;
  std::string code;
  std::string message;
  std::optional<instant> at;
};

struct create_person {
  std::string employee_id;
  std::string name;
  std::optional<std::string> department;
  std::vector<skill_level> skills;
};

struct change_person {
  std::optional<std::string> name;
  std::optional<std::string> department;
  std::optional<bool> active;
  std::optional<std::vector<skill_level>> skills;
};

struct create_skill {
  std::string code;
  std::string name;
};

struct certify {
  std::string code;
  std::optional<std::string> issuer;
  instant valid_from;
  instant valid_to;
  std::optional<std::string> renews;
};

struct assign {
  std::string employee_id;
  std::string equipment;
  std::optional<std::string> work_order_id;
  instant from;
  instant to;
};

struct end_assignment {
  std::optional<std::string> reason;
};

struct create_maintenance {
  std::string number;
  std::string equipment;
  maintenance_kind kind = maintenance_kind::preventive;
  std::string description;
  std::optional<instant> due;
  std::optional<std::int64_t> run_minutes_max;
};

struct create_calendar {
  std::string code;
  std::vector<std::string> equipment;
  std::int64_t utc_offset_minutes = 0;
  std::vector<shift> shifts;
  std::vector<std::string> days_off;
};

struct calculate_oee {
  std::string equipment;
  instant from;
  instant to;
};

}  // namespace mes::resource

namespace mes::wire {
template <>
const schema<resource::create_equipment>& describe<resource::create_equipment>();
template <>
const schema<resource::change_equipment>& describe<resource::change_equipment>();
template <>
const schema<resource::new_state>& describe<resource::new_state>();
template <>
const schema<resource::correct_state>& describe<resource::correct_state>();
template <>
const schema<resource::tell_event>& describe<resource::tell_event>();
template <>
const schema<resource::create_person>& describe<resource::create_person>();
template <>
const schema<resource::change_person>& describe<resource::change_person>();
template <>
const schema<resource::create_skill>& describe<resource::create_skill>();
template <>
const schema<resource::certify>& describe<resource::certify>();
template <>
const schema<resource::assign>& describe<resource::assign>();
template <>
const schema<resource::end_assignment>& describe<resource::end_assignment>();
template <>
const schema<resource::create_maintenance>& describe<resource::create_maintenance>();
template <>
const schema<resource::create_calendar>& describe<resource::create_calendar>();
template <>
const schema<resource::calculate_oee>& describe<resource::calculate_oee>();
}  // namespace mes::wire
