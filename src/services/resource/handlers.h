// The operations of the resource service. Each function adds its routes to the table.
#pragma once

#include "service/api.h"
#include "services/resource/inputs.h"

namespace mes::resource {

inline constexpr std::string_view base_path = "/api/v1/equipment";

void define_equipment(service::api& api);
void define_people(service::api& api);
void define_assignments(service::api& api);
void define_maintenance(service::api& api);
void define_oee(service::api& api);
void define_consumers(service::api& api);

// Its state dates from when it was entered, not from anyone's word.
bool never_told(const equipment& e);

// Sets the state that is now, if `at` is not older than it, keeps the change, and tells of it.
void change_state(service::command& c, const std::string& equipment_id, const new_state& input,
                  const std::string& source, state_change& stored);

// Ends an assignment and tells of it.
result<void> end_assignment_now(service::command& c, assignment a, const std::string& reason);

// ?from=&to= ; absent: the day until `now`.
struct window {
  instant from, to;
};
result<window> read_window(const service::query& q);

}  // namespace mes::resource
