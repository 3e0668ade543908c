#include "services/work_order/order.h"

#include <algorithm>

#include "base/uuid.h"
#include "services/work_order/operation.h"

namespace mes::work_order {

using service::next_state;
constexpr std::span<const service::transition<order_state, order_verb>> table = order_transitions;

namespace {

error bad_field(std::string path, std::string message) {
  return {error_code::invalid_argument, "The work order is not valid", {{std::move(path), std::move(message)}}};
}

// A number is also a path segment: it must not look like an id or a route.
result<void> check_number(std::string_view number) {
  static constexpr std::string_view reserved[] = {"routings", "schedules", "dispatch-queue"};
  if (std::ranges::find(reserved, number) != std::end(reserved))
    return fail(bad_field("/number", "is a reserved word"));
  if (uuid::parse(number)) return fail(bad_field("/number", "must not be a UUID"));
  bool plain = std::ranges::all_of(number, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '/'; });
  if (!plain || number.front() == ' ' || number.back() == ' ' || number.front() == '.')
    return fail(bad_field("/number", "must not hold '/' or control characters, begin with '.', or be padded"));
  return {};
}

bool is_over(order_state s) {
  return s == order_state::completed || s == order_state::closed || s == order_state::cancelled;
}

result<order_change> begin(work_order order, order_verb verb) {
  auto next = next_state(table, order.state, verb);
  if (!next) return std::unexpected(next.error());
  order_change change(std::move(order));
  change.order.state = *next;
  return change;
}

std::vector<event_operation> all_operations(const work_order& order) {
  std::vector<event_operation> all;
  for (const operation& op : order.operations) all.push_back(event_of(op));
  return all;
}

bool has_output(const work_order& order) {
  return order.completed + order.rejected + order.mrb + order.reworked > quantity{};
}

}  // namespace

result<order_change> create(const create_order& input, const std::optional<routing>& from, const moment& at) {
  if (auto fine = check_number(input.number); !fine) return std::unexpected(fine.error());
  if (input.quantity_ordered <= quantity{}) return fail(bad_field("/quantity", "must be above 0"));
  if (input.operations && input.routing) return fail(bad_field("/operations", "must not stand beside /routing"));
  if (input.planned_start && input.due && *input.due < *input.planned_start)
    return fail(bad_field("/due", "must not be before planned_start"));
  work_order order{.id = at.new_id(),
                   .number = input.number,
                   .part = input.part,
                   .quantity_ordered = input.quantity_ordered,
                   .uom = input.uom,
                   .priority = input.priority,
                   .tolerance_percent = input.tolerance_percent,
                   .planned_start = input.planned_start,
                   .due = input.due,
                   .created_at = at.now,
                   .historical = input.historical};
  if (from && from->part != input.part)
    return fail(bad_field("/routing", "is for part " + from->part + ", not " + input.part));
  if (from) order.routing = routing_reference{from->id, from->number, from->revision};
  if (from || input.operations) {
    auto planned = plan_operations(from ? from->operations : *input.operations, at);
    if (!planned) return std::unexpected(planned.error());
    order.operations = std::move(*planned);
  }
  order_change change(std::move(order));
  order_event data = change.state_now();
  data.priority = change.order.priority;
  data.planned_start = change.order.planned_start;
  data.due = change.order.due;
  data.operations = all_operations(change.order);
  change.tell("work-order.created", std::move(data));
  return change;
}

result<order_change> release(work_order order, const moment& at) {
  auto change = begin(std::move(order), order_verb::release);
  if (!change) return change;
  change->order.released_at = at.now;
  move_queue(change->order);
  change->tell_update("released", change->state_now());
  return change;
}

result<order_change> dispatch(work_order order, const dispatch_order& input, const moment&) {
  auto change = begin(std::move(order), order_verb::dispatch);
  if (!change) return change;
  if (input.resources) {
    for (std::size_t i = 0; i < input.resources->size(); ++i) {
      const operation_resource& put = (*input.resources)[i];
      operation* op = find_operation(change->order, put.operation);
      if (!op)
        return fail(bad_field("/resources/" + std::to_string(i) + "/operation", "is no operation of the work order"));
      op->resource = put.resource;
    }
  }
  move_queue(change->order);
  change->queue_changed = true;
  order_event data = change->state_now();
  data.priority = change->order.priority;
  data.due = change->order.due;
  data.operations = all_operations(change->order);
  change->tell("work-order.dispatched", std::move(data));
  return change;
}

result<order_change> start(work_order order, const moment& at) {
  auto change = begin(std::move(order), order_verb::start);
  if (!change) return change;
  change->order.started_at = at.now;
  change->tell("work-order.started", change->state_now());
  return change;
}

balance balance_of(const work_order& order) {
  balance b{.released = order.quantity_ordered};
  std::optional<quantity> finished;
  for (const operation& op : order.operations) {
    b.nonconforming += std::max(quantity{}, pieces_bad(op));
    bool last = std::ranges::none_of(order.operations, [&](const operation& other) {
      return other.state != operation_state::skipped && std::ranges::count(other.predecessors, op.sequence) > 0;
    });
    if (last && op.state != operation_state::skipped)
      finished = std::min(finished.value_or(pieces_good(op)), pieces_good(op));
  }
  b.finished = finished.value_or(quantity{});
  b.in_process = b.released - b.finished - b.nonconforming;
  return b;
}

result<order_change> complete(work_order order, const complete_order& input, const moment& at) {
  auto change = begin(std::move(order), order_verb::complete);
  if (!change) return change;
  work_order& o = change->order;
  balance b = balance_of(o);
  if (b.in_process > quantity{} && !input.short_close && !o.historical)
    return fail(error_code::unprocessable, "Of " + b.released.to_string() + " pieces " + b.finished.to_string() +
                                               " are finished and " + b.nonconforming.to_string() +
                                               " do not conform: " + b.in_process.to_string() +
                                               " are in process. With short_close it completes all the same");
  for (operation& op : o.operations) {
    if (op.state == operation_state::skipped) continue;
    op.state = op.reports > 0 || op.state == operation_state::completed ? operation_state::completed
                                                                        : operation_state::skipped;
  }
  o.completed_at = at.now;
  change->queue_changed = true;
  order_event data = change->state_now();
  data.reason = input.reason;
  data.operations = all_operations(o);
  change->tell("work-order.completed", std::move(data), input.reason.value_or(""));
  return change;
}

result<order_change> close(work_order order, const std::vector<std::string>& open_gates, const moment&) {
  auto change = begin(std::move(order), order_verb::close);
  if (!change) return change;
  if (!open_gates.empty())
    return fail(
        error_code::unprocessable,
        "Quality has not finished: " + open_gates.front() +
            (open_gates.size() > 1 ? " and " + std::to_string(open_gates.size() - 1) + " more" : std::string()));
  change->tell_update("closed", change->state_now());
  return change;
}

result<order_change> cancel(work_order order, const cancel_order& input, const moment&) {
  auto change = begin(std::move(order), order_verb::cancel);
  if (!change) return change;
  if (has_output(change->order))
    return fail(error_code::unprocessable,
                "The work order has output; it can only be completed, with short_close if pieces are missing");
  for (operation& op : change->order.operations) op.state = operation_state::skipped;
  change->order.hold_reasons.clear();
  change->order.held_from.reset();
  change->queue_changed = true;
  order_event data = change->state_now();
  data.reason = input.reason;
  change->tell("work-order.cancelled", std::move(data), input.reason);
  return change;
}

result<order_change> alter(work_order from, const change_order& input, const moment&) {
  if (is_over(from.state))
    return fail(error_code::illegal_transition,
                "The work order is " + std::string(wire::name_of_enum(from.state)) + " and does not change any more");
  order_change change(std::move(from));
  work_order& order = change.order;
  if (input.quantity_ordered) {
    if (*input.quantity_ordered <= quantity{}) return fail(bad_field("/quantity", "must be above 0"));
    order.quantity_ordered = *input.quantity_ordered;
    for (const operation& op : order.operations)
      if (!order.historical && pieces_in(op) > quantity_limit(order))
        return fail(error_code::unprocessable, pieces_in(op).to_string() + " pieces have gone into " + op.name);
  }
  if (input.planned_start) order.planned_start = input.planned_start;
  if (input.due) order.due = input.due;
  if (input.priority) order.priority = *input.priority;
  if (order.planned_start && order.due && *order.due < *order.planned_start)
    return fail(bad_field("/due", "must not be before planned_start"));
  change.queue_changed = true;
  order_event data = change.state_now();
  data.priority = order.priority;
  data.planned_start = order.planned_start;
  data.due = order.due;
  change.tell_update("quantity", std::move(data));
  return change;
}

result<order_change> add(work_order from, const add_operation& input, const moment& at) {
  constexpr std::size_t operations_max = 500;
  if (is_over(from.state))
    return fail(error_code::illegal_transition,
                "The work order is " + std::string(wire::name_of_enum(from.state)) + " and takes no operations");
  if (from.operations.size() >= operations_max)
    return fail(error_code::unprocessable,
                "A work order has at most " + std::to_string(operations_max) + " operations");
  order_change change(std::move(from));
  work_order& order = change.order;
  std::int64_t last = order.operations.empty() ? 0 : order.operations.back().sequence;
  operation op{.id = at.new_id(),
               .sequence = input.sequence.value_or(last + 10),
               .name = input.name,
               .kind = input.kind,
               .resource = input.resource,
               .planned_run_s = input.planned_run_s};
  auto place = std::ranges::lower_bound(order.operations, op.sequence, {}, &operation::sequence);
  if (place != order.operations.end() && place->sequence == op.sequence)
    return fail(bad_field("/sequence", "is taken by " + place->name));
  if (input.predecessors) {
    for (std::int64_t before : *input.predecessors)
      if (before >= op.sequence || std::ranges::count(order.operations, before, &operation::sequence) == 0)
        return fail(bad_field("/predecessors", "must be sequences of operations before this one"));
    op.predecessors = *input.predecessors;
  } else if (place != order.operations.begin()) {
    op.predecessors = {std::prev(place)->sequence};
  }
  operation& added = *order.operations.insert(place, std::move(op));
  order_event data = change.state_now();
  data.operation = event_of(added);
  change.tell_update(input.rework ? "rework" : "operation-added", std::move(data), input.name);
  change.queue_changed = move_queue(order);
  return change;
}

}  // namespace mes::work_order
