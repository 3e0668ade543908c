#include "services/work_order/report.h"

#include <algorithm>

#include "services/work_order/operation.h"

namespace mes::work_order {
namespace {

error refused(std::string path, std::string message) {
  return {error_code::unprocessable, "The report does not fit the work order", {{std::move(path), std::move(message)}}};
}

bool on_the_floor(order_state s) { return s == order_state::dispatched || s == order_state::started; }

std::string name(order_state s) { return std::string(wire::name_of_enum(s)); }
std::string name(operation_state s) { return std::string(wire::name_of_enum(s)); }

operation_report report_of(const report_input& in, const work_order& order, const operation& op, const moment& at) {
  operation_report r{.id = at.new_id(),
                     .work_order_id = order.id,
                     .work_order = order.number,
                     .operation_id = op.id,
                     .operation = op.name,
                     .kind = op.kind,
                     .resource = in.resource ? in.resource : op.resource,
                     .worker = in.worker,
                     .type = in.type,
                     .started_at = in.started_at,
                     .ended_at = in.ended_at,
                     .completed = in.completed,
                     .rejected = in.rejected,
                     .mrb = in.mrb,
                     .rework = in.rework,
                     .historical = in.historical,
                     .external_id = in.external_id,
                     .note = in.note,
                     .created_at = at.now};
  return r;
}

void book(work_order& order, operation& op, const operation_report& r) {
  quantity all = r.completed + r.rejected + r.mrb;
  for (auto [to, amount] : {std::pair{&op.completed, r.completed},
                            {&op.rejected, r.rejected},
                            {&op.mrb, r.mrb},
                            {&order.completed, r.completed},
                            {&order.rejected, r.rejected},
                            {&order.mrb, r.mrb}})
    *to += amount;
  if (r.rework) {
    op.reworked += all;
    order.reworked += all;
  }
  ++op.reports;
  ++order.reports;
  if (r.kind == operation_kind::packing) {
    order.packed += r.completed;
    if (r.completed > quantity{})
      order.first_packed_at = std::min(order.first_packed_at.value_or(r.ended_at), r.ended_at);
  }
  order.first_report_at = std::min(order.first_report_at.value_or(r.started_at), r.started_at);
  order.last_report_at = std::max(order.last_report_at.value_or(r.ended_at), r.ended_at);
}

// What must hold after a live report (or its reversal) is booked.
result<void> check_balance(const work_order& order, const operation& op) {
  quantity available = pieces_available(order, op);
  if (pieces_in(op) > available)
    return fail(refused("/completed", pieces_in(op).to_string() + " pieces would have gone into " + op.name + ", " +
                                          available.to_string() + " are available"));
  quantity bad_first_pass;
  for (const operation& other : order.operations) bad_first_pass += other.rejected + other.mrb;
  if (op.reworked > bad_first_pass)
    return fail(refused("/rework", "more pieces would be reworked than were rejected or given to the board"));
  return {};
}

result<void> check_live(const work_order& order, const operation* op, const report_input& in) {
  if (!on_the_floor(order.state))
    return fail(error_code::illegal_transition,
                "The work order is " + name(order.state) + "; it takes reports while it is dispatched or started");
  if (!op) return fail(refused("/operation", "is no operation of the work order"));
  if (in.kind && *in.kind != op->kind) return fail(refused("/operation_kind", "is not the kind of this operation"));
  if (op->state == operation_state::pending)
    return fail(refused("/operation", "waits for output of the operations before it"));
  if (op->state == operation_state::completed || op->state == operation_state::skipped ||
      op->state == operation_state::blocked)
    return fail(refused("/operation", "is " + name(op->state)));
  if (in.ended_at < in.started_at) return fail(refused("/ended_at", "must not be before started_at"));
  if (in.type == report_type::breakdown && in.completed + in.rejected + in.mrb > quantity{})
    return fail(refused("/report_type", "a breakdown yields no pieces"));
  return {};
}

void advance(operation& op, report_type type) {
  auto move = [&](operation_verb verb) {
    auto next = service::next_state<operation_state, operation_verb>(operation_transitions, op.state, verb);
    if (next) op.state = *next;
  };
  if (type == report_type::setup && op.state == operation_state::dispatched) move(operation_verb::set_up);
  if (type == report_type::production && op.state != operation_state::running) move(operation_verb::start);
}

result<reported> report_live(work_order from, const report_input& in, const moment& at) {
  operation* op = find_operation(from, in.operation);
  if (auto fine = check_live(from, op, in); !fine) return std::unexpected(fine.error());
  std::string id = op->id;
  order_change change(std::move(from));
  work_order& order = change.order;
  op = find_operation(order, id);
  if (order.state == order_state::dispatched) {
    order.state = order_state::started;
    order.started_at = at.now;
    change.tell("work-order.started", change.state_now());
  }
  operation_report r = report_of(in, order, *op, at);
  operation_state before = op->state;
  advance(*op, in.type);
  book(order, *op, r);
  if (auto fine = check_balance(order, *op); !fine) return std::unexpected(fine.error());
  bool others_moved = move_queue(order);
  change.queue_changed = others_moved || op->state != before;
  change.tell_report(r, *op);
  r.version = order.version;
  return reported{std::move(change), std::move(r)};
}

// History begins in the middle: the order is brought to where it must have been, each step with its event.
void bring_to_started(order_change& change, const moment& at) {
  work_order& order = change.order;
  order.historical = true;
  if (order.state == order_state::created) {
    order.state = order_state::released;
    order.released_at = at.now;
    move_queue(order);
    change.tell_update("released", change.state_now());
  }
  if (order.state == order_state::released) {
    order.state = order_state::dispatched;
    move_queue(order);
    change.tell("work-order.dispatched", change.state_now());
    change.queue_changed = true;
  }
  if (order.state == order_state::dispatched) {
    order.state = order_state::started;
    order.started_at = at.now;
    change.tell("work-order.started", change.state_now());
  }
}

std::vector<std::string> violations_of(const work_order& order, const operation& op, const operation_report& r) {
  std::vector<std::string> broken;
  if (order.state != order_state::started) broken.emplace_back("state");
  if (r.ended_at < r.started_at) broken.emplace_back("time_order");
  if (pieces_in(op) > quantity_limit(order)) broken.emplace_back("over_reported");
  if (order.first_packed_at && r.kind != operation_kind::packing && r.started_at >= *order.first_packed_at)
    broken.emplace_back("after_packing");
  return broken;
}

result<reported> report_history(work_order from, const report_input& in, const moment& at) {
  constexpr std::size_t operations_max = 500;
  order_change change(std::move(from));
  work_order& order = change.order;
  bring_to_started(change, at);
  operation* op = find_operation(order, in.operation);
  if (!op) {
    if (order.operations.size() >= operations_max)
      return fail(
          refused("/operation", "is new, and the work order has " + std::to_string(operations_max) + " already"));
    std::int64_t last = order.operations.empty() ? 0 : order.operations.back().sequence;
    op = &order.operations.emplace_back(operation{.id = at.new_id(),
                                                  .sequence = last + 10,
                                                  .name = in.operation,
                                                  .kind = in.kind.value_or(operation_kind::production),
                                                  .resource = in.resource});
  }
  operation_report r = report_of(in, order, *op, at);
  book(order, *op, r);
  if (op->state != operation_state::completed) op->state = operation_state::running;
  r.violations = violations_of(order, *op, r);
  change.tell_report(r, *op);
  r.version = order.version;
  return reported{std::move(change), std::move(r)};
}

}  // namespace

result<reported> report(work_order order, const report_input& input, const moment& at) {
  return input.historical ? report_history(std::move(order), input, at) : report_live(std::move(order), input, at);
}

result<reported> reverse(work_order from, const operation_report& original, const reverse_report& input,
                         const moment& at) {
  if (original.reverses) return fail(error_code::unprocessable, "A reversal is not reversed: report the pieces again");
  if (!original.historical && !on_the_floor(from.state) && from.state != order_state::on_hold)
    return fail(error_code::illegal_transition, "The work order is " + name(from.state));
  order_change change(std::move(from));
  work_order& order = change.order;
  operation* op = find_operation(order, original.operation_id);
  if (!op) return fail(error_code::corrupt, "The report's operation is gone: " + original.operation_id);
  operation_report r = original;
  r.id = at.new_id();
  r.completed = -original.completed;
  r.rejected = -original.rejected;
  r.mrb = -original.mrb;
  r.external_id.reset();
  r.note = input.note;
  r.reverses = original.id;
  r.created_at = at.now;
  r.violations.clear();
  book(order, *op, r);
  if (!original.historical)
    for (const operation& other : order.operations)
      if (auto fine = check_balance(order, other); !fine) return std::unexpected(fine.error());
  change.tell_report(r, *op);
  r.version = order.version;
  return reported{std::move(change), std::move(r)};
}

bool same_content(const operation_report& stored, work_order& order, const report_input& in) {
  const operation* op = find_operation(order, in.operation);
  return stored.work_order_id == order.id &&
         (stored.operation == in.operation || (op && stored.operation_id == op->id)) &&
         (!in.kind || stored.kind == *in.kind) && (!in.resource || stored.resource == in.resource) &&
         stored.worker == in.worker && stored.type == in.type && stored.started_at == in.started_at &&
         stored.ended_at == in.ended_at && stored.completed == in.completed && stored.rejected == in.rejected &&
         stored.mrb == in.mrb && stored.rework == in.rework && stored.historical == in.historical &&
         stored.note == in.note;
}

}  // namespace mes::work_order
