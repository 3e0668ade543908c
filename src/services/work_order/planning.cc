#include "services/work_order/planning.h"

#include "services/work_order/operation.h"

namespace mes::work_order {

result<routing> revise(const create_routing& input, const std::optional<routing>& latest, const moment& at) {
  if (latest && latest->part != input.part)
    return fail({error_code::unprocessable,
                 "A routing keeps its part",
                 {{"/part", "is " + latest->part + " in revision " + std::to_string(latest->revision)}}});
  // The same checks as for an order's own operations; the copy itself is made when an order takes the routing.
  if (auto planned = plan_operations(input.operations, at); !planned) return std::unexpected(planned.error());
  return routing{.id = at.new_id(),
                 .number = input.number,
                 .revision = latest ? latest->revision + 1 : 1,
                 .part = input.part,
                 .operations = input.operations,
                 .created_at = at.now};
}

result<production_schedule> plan(const create_schedule& input, const moment& at) {
  if (input.to < input.from)
    return fail({error_code::invalid_argument, "The schedule is not valid", {{"/to", "must not be before from"}}});
  for (std::size_t i = 0; i < input.entries.size(); ++i) {
    const schedule_entry& e = input.entries[i];
    if (e.start && e.end && *e.end < *e.start)
      return fail({error_code::invalid_argument,
                   "The schedule is not valid",
                   {{"/entries/" + std::to_string(i) + "/end", "must not be before start"}}});
  }
  return production_schedule{.id = at.new_id(),
                             .number = input.number,
                             .from = input.from,
                             .to = input.to,
                             .entries = input.entries,
                             .created_at = at.now};
}

result<production_schedule> publish(production_schedule schedule) {
  auto next =
      service::next_state<schedule_state, schedule_verb>(schedule_transitions, schedule.state, schedule_verb::dispatch);
  if (!next) return std::unexpected(next.error());
  schedule.state = *next;
  return schedule;
}

schedule_event event_of(const production_schedule& schedule) {
  return {.schedule_id = schedule.id,
          .number = schedule.number,
          .state = schedule.state,
          .from = schedule.from,
          .to = schedule.to,
          .entries = schedule.entries};
}

}  // namespace mes::work_order
