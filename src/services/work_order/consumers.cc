// What others' events do to work orders. Orders taken over from history are never held.
#include "service/event_data.h"
#include "services/work_order/handlers.h"
#include "services/work_order/order.h"
#include "services/work_order/repository.h"

namespace mes::work_order {

using service::command;
using service::event;
using service::flag_of;
using service::text_of;

namespace {

// nullopt: the event is about no order of ours.
std::optional<work_order> order_of(command& c, const event& e) {
  std::string id = text_of(e.data, "work_order_id");
  if (id.empty()) return std::nullopt;
  auto order = get_order(c.db, id);
  if (!order) return std::nullopt;
  return std::move(*order);
}

result<void> hold_for(command& c, work_order order, const std::string& reason) {
  std::int64_t version = order.version;
  bool can_hold =
      service::next_state<order_state, order_verb>(order_transitions, order.state, order_verb::hold).has_value();
  if (order.historical || !can_hold) {
    note(c, order, "not-held", reason);
    return {};
  }
  auto change = hold(std::move(order), reason, hold_by::quality, moment_of(c));
  if (!change) return std::unexpected(change.error());
  if (change->order.version != version) save(c, *change);
  return {};
}

result<void> lift(command& c, work_order order, const std::string& reason) {
  if (std::ranges::count(order.hold_reasons, reason) == 0) return {};
  auto change = resume(std::move(order), reason, hold_by::quality, moment_of(c));
  if (!change) return std::unexpected(change.error());
  save(c, *change);
  return {};
}

result<void> on_ncr_created(command& c, const event& e) {
  if (flag_of(e.data, "historical")) return {};
  auto order = order_of(c, e);
  if (!order) return {};
  std::string gate = "ncr:" + text_of(e.data, "number"), severity = text_of(e.data, "severity");
  if (!open_gate(c.db, order->id, gate)) return {};  // known, or closed already
  note(c, *order, "ncr-created", gate + ", " + severity);
  bool severe = severity == "critical" || severity == "major";
  if (!severe || !flag_of(e.data, "hold_order")) return {};
  return hold_for(c, std::move(*order), gate);
}

result<void> on_ncr_closed(command& c, const event& e) {
  if (flag_of(e.data, "historical")) return {};
  auto order = order_of(c, e);
  if (!order) return {};
  std::string gate = "ncr:" + text_of(e.data, "number");
  close_gate(c.db, order->id, gate);
  note(c, *order, "ncr-closed", gate);
  return lift(c, std::move(*order), gate);
}

result<void> on_inspection_failed(command& c, const event& e) {
  if (flag_of(e.data, "historical") || !flag_of(e.data, "hold_order")) return {};
  auto order = order_of(c, e);
  if (!order) return {};
  return hold_for(c, std::move(*order), "inspection:" + text_of(e.data, "number"));
}

// A failed inspection stays failed; the one that takes its place lifts its hold.
result<void> on_inspection_passed(command& c, const event& e) {
  std::string before = text_of(e.data, "supersedes_number");
  auto order = order_of(c, e);
  if (!order || before.empty()) return {};
  return lift(c, std::move(*order), "inspection:" + before);
}

result<void> on_fault(command& c, const event& e) {
  const json::value* ids = e.data.if_contains("work_order_ids");
  if (!ids || !ids->is_array()) return {};
  for (const json::value& id : ids->get_array()) {
    if (!id.is_string()) continue;
    if (auto order = get_order(c.db, std::string_view(id.get_string())))
      note(c, *order, "equipment-fault", text_of(e.data, "code") + ": " + text_of(e.data, "message"));
  }
  return {};
}

}  // namespace

void define_consumers(service::api& api) {
  api.consume("quality.ncr-created", on_ncr_created);
  api.consume("quality.ncr-closed", on_ncr_closed);
  api.consume("quality.inspection-failed", on_inspection_failed);
  api.consume("quality.inspection-passed", on_inspection_passed);
  api.consume("equipment.fault-detected", on_fault);
}

}  // namespace mes::work_order
