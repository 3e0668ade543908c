// Rules of routings and production schedules.
#pragma once

#include "services/work_order/change.h"
#include "services/work_order/inputs.h"

namespace mes::work_order {

// `latest`: the revision so far of that number.
result<routing> revise(const create_routing& input, const std::optional<routing>& latest, const moment& at);

result<production_schedule> plan(const create_schedule& input, const moment& at);
result<production_schedule> publish(production_schedule schedule);
schedule_event event_of(const production_schedule& schedule);

}  // namespace mes::work_order
