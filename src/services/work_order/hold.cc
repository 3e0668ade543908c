// Holds are a set of reasons: an order resumes the state that it was held in when the last one is lifted.
#include <algorithm>

#include "services/work_order/order.h"

namespace mes::work_order {
namespace {

constexpr std::size_t reasons_max = 100;

bool is_gate(std::string_view reason) {
  return reason.starts_with("ncr:") || reason.starts_with("inspection:") || reason.starts_with("fai:");
}

order_event held_event(const order_change& change, std::optional<std::string> reason) {
  order_event data = change.state_now();
  data.reason = std::move(reason);
  data.hold_reasons = change.order.hold_reasons;
  return data;
}

}  // namespace

result<order_change> hold(work_order from, const std::string& reason, hold_by who, const moment&) {
  if (who == hold_by::people && is_gate(reason))
    return fail({error_code::unprocessable,
                 "This hold belongs to quality",
                 {{"/reason", "must not begin with ncr:, inspection: or fai:"}}});
  auto next = service::next_state<order_state, order_verb>(order_transitions, from.state, order_verb::hold);
  if (!next) return std::unexpected(next.error());
  order_change change(std::move(from));
  work_order& order = change.order;
  if (std::ranges::count(order.hold_reasons, reason) > 0) return change;  // held for it already
  if (order.hold_reasons.size() >= reasons_max)
    return fail(error_code::unprocessable,
                "A work order has at most " + std::to_string(reasons_max) + " reasons to be held");
  if (order.state != order_state::on_hold) order.held_from = order.state;
  order.state = *next;
  order.hold_reasons.push_back(reason);
  change.queue_changed = true;
  change.tell("work-order.on-hold", held_event(change, reason), reason);
  return change;
}

result<order_change> resume(work_order from, const std::optional<std::string>& reason, hold_by who, const moment&) {
  auto next = service::next_state<order_state, order_verb>(order_transitions, from.state, order_verb::resume);
  if (!next) return std::unexpected(next.error());
  order_change change(std::move(from));
  work_order& order = change.order;
  if (reason && std::ranges::count(order.hold_reasons, *reason) == 0)
    return fail({error_code::unprocessable, "The work order is not held for this", {{"/reason", "is no hold of it"}}});
  if (reason && who == hold_by::people && is_gate(*reason))
    return fail({error_code::unprocessable, "Quality lifts this hold itself", {{"/reason", "belongs to quality"}}});
  std::size_t lifted = std::erase_if(
      order.hold_reasons, [&](const std::string& held) { return reason ? held == *reason : !is_gate(held); });
  if (lifted == 0)
    return fail(error_code::unprocessable, "Quality holds the work order: " + order.hold_reasons.front());
  change.queue_changed = true;
  if (!order.hold_reasons.empty()) {
    change.tell("work-order.on-hold", held_event(change, std::nullopt), "lifted: " + reason.value_or("by people"));
    return change;
  }
  order.state = order.held_from.value_or(*next);
  order.held_from.reset();
  change.tell_update("resumed", held_event(change, reason), reason.value_or(""));
  return change;
}

}  // namespace mes::work_order
