// Equipment and people: types and states.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/quantity.h"
#include "service/state_machine.h"
#include "wire/json/schema.h"

namespace mes::resource {
namespace json = boost::json;

// PackML: the 17 states by their numbers, 0 = undefined.
enum class packml_state : std::uint8_t {
  undefined,
  clearing,
  stopped,
  starting,
  idle,
  suspended,
  execute,
  stopping,
  aborting,
  aborted,
  holding,
  held,
  unholding,
  suspending,
  unsuspending,
  resetting,
  completing,
  completed,
};
// What the time counts as.
enum class time_category : std::uint8_t { running, setup, idle, planned_down, unplanned_down, unknown };

enum class certification_state : std::uint8_t { valid, expiring, expired, revoked, renewed };
enum class certification_verb : std::uint8_t { warn, expire, revoke, renew };
enum class assignment_state : std::uint8_t { active, ended };
enum class assignment_verb : std::uint8_t { end };
enum class maintenance_state : std::uint8_t { planned, required, in_progress, completed, cancelled };
enum class maintenance_verb : std::uint8_t { require, start, complete, cancel };
enum class maintenance_kind : std::uint8_t { preventive, corrective };
enum class event_kind : std::uint8_t { fault, alarm, warning, info };

// valid→expiring→expired|revoked→renewed
inline constexpr service::transition<certification_state, certification_verb> certification_transitions[] = {
    {certification_state::valid, certification_verb::warn, certification_state::expiring},
    {certification_state::valid, certification_verb::expire, certification_state::expired},
    {certification_state::valid, certification_verb::revoke, certification_state::revoked},
    {certification_state::valid, certification_verb::renew, certification_state::renewed},
    {certification_state::expiring, certification_verb::expire, certification_state::expired},
    {certification_state::expiring, certification_verb::revoke, certification_state::revoked},
    {certification_state::expiring, certification_verb::renew, certification_state::renewed},
    {certification_state::expired, certification_verb::renew, certification_state::renewed},
    {certification_state::revoked, certification_verb::renew, certification_state::renewed},
};
inline constexpr service::transition<assignment_state, assignment_verb> assignment_transitions[] = {
    {assignment_state::active, assignment_verb::end, assignment_state::ended},
};
inline constexpr service::transition<maintenance_state, maintenance_verb> maintenance_transitions[] = {
    {maintenance_state::planned, maintenance_verb::require, maintenance_state::required},
    {maintenance_state::planned, maintenance_verb::start, maintenance_state::in_progress},
    {maintenance_state::planned, maintenance_verb::cancel, maintenance_state::cancelled},
    {maintenance_state::required, maintenance_verb::start, maintenance_state::in_progress},
    {maintenance_state::required, maintenance_verb::cancel, maintenance_state::cancelled},
    {maintenance_state::in_progress, maintenance_verb::complete, maintenance_state::completed},
};

// What a PackML state counts as where nobody says otherwise: held is an inside cause, suspended an outside one.
time_category category_of(packml_state s);

struct equipment {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;  // number of events told about it
  std::string code;
  std::string name;
  std::string type;  // "machine", "station"
  std::optional<std::string> location;
  std::vector<std::string> required_certifications;
  packml_state packml = packml_state::undefined;
  time_category category = time_category::unknown;
  std::optional<std::string> reason;
  instant state_since;
  bool discovered = false;  // first seen in a report, not entered by anyone
  instant created_at;
};

struct skill_level {
  std::string skill;
  std::int64_t level = 1;
};

struct person {
  std::string id;
  std::int64_t version = 0;
  std::int64_t event_version = 0;
  std::string employee_id;
  std::string name;
  std::optional<std::string> department;
  std::vector<skill_level> skills;
  bool active = true;
  bool discovered = false;
  instant created_at;
};

struct skill {
  std::string id;
  std::int64_t version = 0;
  std::string code;
  std::string name;
};

struct certification {
  std::string id;
  std::int64_t version = 0;
  std::string person_id;
  std::string code;  // what it certifies: equipment names it as required
  std::optional<std::string> issuer;
  instant valid_from, valid_to;
  certification_state state = certification_state::valid;
  std::int64_t warned_days = 0;  // the last warning: 30, 7 or 1; 0 = none
};

struct assignment {
  std::string id;
  std::int64_t version = 0;
  std::string person_id, employee_id;
  std::string equipment_id, equipment;  // id and code
  std::optional<std::string> work_order_id;
  instant from, to;  // planned
  assignment_state state = assignment_state::active;
  std::optional<instant> ended_at;
  std::optional<std::string> end_reason;
};

struct maintenance_order {
  std::string id;
  std::int64_t version = 0;
  std::string number;
  std::string equipment_id, equipment;
  maintenance_kind kind = maintenance_kind::preventive;
  std::string description;
  std::optional<instant> due;
  std::optional<std::int64_t> run_minutes_max;  // required when production since `counted_from` reaches this
  instant counted_from;
  maintenance_state state = maintenance_state::planned;
  instant created_at;
};

struct shift {
  std::int64_t weekday = 1;                     // ISO 8601: 1 Monday … 7 Sunday, on which it begins
  std::int64_t from_minute = 0, to_minute = 0;  // of the day; may pass midnight: to > 1440
};

// When equipment is scheduled to run, in plant time.
struct calendar {
  std::string id;
  std::int64_t version = 0;
  std::string code;
  std::vector<std::string> equipment;  // codes; empty: all that no other calendar names
  std::int64_t utc_offset_minutes = 0;
  std::vector<shift> shifts;
  std::vector<std::string> days_off;  // "2012-03-08", plant time
};

// A stretch of time with one category; neighbours touch.
struct slice {
  std::string id;  // of the change that it comes from; "" where derived
  instant from, to;
  time_category category = time_category::unknown;
  std::optional<packml_state> packml;
  std::optional<std::string> reason;
};

// A state change as it was told.
struct state_change {
  std::string id;
  std::int64_t version = 0;
  std::string equipment_id;
  instant at;
  packml_state packml = packml_state::undefined;
  time_category category = time_category::unknown;
  std::optional<std::string> reason;
  std::string source;  // "user", "report"
};

struct equipment_event {
  std::string id;
  std::int64_t version = 0;
  std::string equipment_id;
  event_kind kind = event_kind::info;
  std::string code;
  std::string message;
  instant at;
};

}  // namespace mes::resource

namespace mes::wire {
// One line a type that has its table in model.cc.
#define MES_NAMES(type) \
  template <>           \
  std::span<const std::string_view> enum_names<resource::type>();
#define MES_DESCRIBED(type) \
  template <>               \
  const schema<resource::type>& describe<resource::type>();
MES_NAMES(packml_state)
MES_NAMES(time_category)
MES_NAMES(certification_state)
MES_NAMES(certification_verb)
MES_NAMES(assignment_state)
MES_NAMES(assignment_verb)
MES_NAMES(maintenance_state)
MES_NAMES(maintenance_verb)
MES_NAMES(maintenance_kind)
MES_NAMES(event_kind)
MES_DESCRIBED(equipment)
MES_DESCRIBED(skill_level)
MES_DESCRIBED(person)
MES_DESCRIBED(skill)
MES_DESCRIBED(certification)
MES_DESCRIBED(assignment)
MES_DESCRIBED(maintenance_order)
MES_DESCRIBED(shift)
MES_DESCRIBED(calendar)
MES_DESCRIBED(slice)
MES_DESCRIBED(state_change)
MES_DESCRIBED(equipment_event)
#undef MES_NAMES
#undef MES_DESCRIBED
}  // namespace mes::wire
