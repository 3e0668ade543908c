#include "services/work_order/operation.h"

#include <algorithm>
#include <charconv>

namespace mes::work_order {

using service::next_state;
constexpr std::span<const service::transition<operation_state, operation_verb>> table = operation_transitions;

quantity pieces_in(const operation& op) { return op.completed + op.rejected + op.mrb - op.reworked; }
quantity pieces_good(const operation& op) { return std::min(op.completed, pieces_in(op)); }
quantity pieces_bad(const operation& op) { return op.rejected + op.mrb - op.reworked; }

quantity quantity_limit(const work_order& order) {
  // Millionths by percent: 10^9 pieces and 100 % stay below 2^63.
  return {order.quantity_ordered.millionths + order.quantity_ordered.millionths / 100 * order.tolerance_percent};
}

quantity pieces_available(const work_order& order, const operation& op) {
  quantity available = quantity_limit(order);
  for (const operation& other : order.operations) {
    if (std::ranges::count(op.predecessors, other.sequence) == 0) continue;
    // A skipped operation hands on what it could have taken. Predecessors only point backwards: this ends.
    bool skipped = other.state == operation_state::skipped;
    available = std::min(available, skipped ? pieces_available(order, other) : pieces_good(other));
  }
  return available;
}

operation* find_operation(work_order& order, std::string_view which) {
  auto& all = order.operations;
  if (auto it = std::ranges::find(all, which, &operation::id); it != all.end()) return &*it;
  std::int64_t sequence = 0;
  auto [end, ec] = std::from_chars(which.data(), which.data() + which.size(), sequence);
  if (ec == std::errc{} && end == which.data() + which.size())
    if (auto it = std::ranges::find(all, sequence, &operation::sequence); it != all.end()) return &*it;
  operation* named = nullptr;
  for (operation& op : all) {
    if (op.name != which) continue;
    if (op.state != operation_state::completed && op.state != operation_state::skipped) return &op;
    if (!named) named = &op;
  }
  return named;
}

bool move_queue(work_order& order) {
  bool on_the_floor = order.state == order_state::dispatched || order.state == order_state::started;
  if (!on_the_floor && order.state != order_state::released) return false;
  bool moved = false;
  for (operation& op : order.operations) {
    bool has_work = op.predecessors.empty() || pieces_available(order, op) > pieces_in(op);
    if (op.state == operation_state::pending && has_work) {
      op.state = operation_state::ready;
      moved = true;
    }
    if (op.state == operation_state::ready && on_the_floor) {
      op.state = operation_state::dispatched;
      moved = true;
    }
  }
  return moved;
}

namespace {

error bad_step(std::size_t index, std::string_view member, std::string message) {
  std::string path = "/operations/" + std::to_string(index) + "/" + std::string(member);
  return {error_code::invalid_argument, "The operations are not valid", {{std::move(path), std::move(message)}}};
}

}  // namespace

result<std::vector<operation>> plan_operations(const std::vector<routing_operation>& steps, const moment& at) {
  std::vector<operation> planned;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const routing_operation& step = steps[i];
    if (i > 0 && step.sequence <= steps[i - 1].sequence)
      return fail(bad_step(i, "sequence", "must be above the one before"));
    operation op{.id = at.new_id(),
                 .sequence = step.sequence,
                 .name = step.name,
                 .kind = step.kind,
                 .resource = step.resource,
                 .planned_run_s = step.planned_run_s};
    if (step.predecessors) {
      // Only backwards: so there is no cycle.
      for (std::int64_t before : *step.predecessors)
        if (std::ranges::count(planned, before, &operation::sequence) == 0)
          return fail(bad_step(i, "predecessors", "must be sequences of operations before this one"));
      op.predecessors = *step.predecessors;
    } else if (i > 0) {
      op.predecessors = {steps[i - 1].sequence};
    }
    planned.push_back(std::move(op));
  }
  return planned;
}

namespace {

std::string_view change_type_of(operation_verb verb) {
  switch (verb) {
    case operation_verb::start:
      return "operation-started";
    case operation_verb::pause:
      return "operation-paused";
    case operation_verb::complete:
      return "operation-completed";
    case operation_verb::skip:
      return "operation-skipped";
    case operation_verb::block:
      return "operation-blocked";
    case operation_verb::unblock:
      return "operation-unblocked";
    default:
      return "operation-changed";
  }
}

result<void> allow(const work_order& order, operation_verb verb) {
  bool on_the_floor = order.state == order_state::dispatched || order.state == order_state::started;
  bool running = verb == operation_verb::start || verb == operation_verb::complete;
  if (running && !on_the_floor)
    return fail(error_code::illegal_transition, "The work order is " + std::string(wire::name_of_enum(order.state)) +
                                                    "; its operations run while it is dispatched or started");
  if (order.state == order_state::completed || order.state == order_state::closed ||
      order.state == order_state::cancelled)
    return fail(error_code::illegal_transition, "The work order is " + std::string(wire::name_of_enum(order.state)));
  return {};
}

}  // namespace

result<order_change> act_on_operation(work_order from, std::string_view which, operation_verb verb, const moment& at) {
  order_change change(std::move(from));
  work_order& order = change.order;
  operation* op = find_operation(order, which);
  if (!op) return fail(error_code::not_found, "Work order " + order.number + " has no operation " + std::string(which));
  if (auto allowed = allow(order, verb); !allowed) return std::unexpected(allowed.error());
  auto next = next_state(table, op->state, verb);
  if (!next) return std::unexpected(next.error());
  if (verb == operation_verb::start && order.state == order_state::dispatched) {
    order.state = order_state::started;
    order.started_at = at.now;
    change.tell("work-order.started", change.state_now());
  }
  op->state = *next;
  order_event data = change.state_now();
  data.operation = event_of(*op);
  change.tell_update(change_type_of(verb), std::move(data), op->name);
  move_queue(order);
  change.queue_changed = true;
  return change;
}

}  // namespace mes::work_order
