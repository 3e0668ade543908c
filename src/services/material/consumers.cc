// What other services' events do to lots. History has no lots.
#include <algorithm>
#include <set>

#include "service/event_data.h"
#include "services/material/handlers.h"
#include "services/material/repository.h"
#include "services/material/stock.h"

namespace mes::material {

using service::command;
using service::event;
using service::flag_of;
using service::member_of;
using service::text_of;

namespace {

// Lots that an event names as "lot" or "lots"; those that are not ours are none of our business.
std::vector<lot> lots_of(command& c, const event& e) {
  std::set<std::string> names;
  if (std::string one = text_of(e.data, "lot"); !one.empty()) names.insert(one);
  if (const json::value* several = e.data.if_contains("lots"); several && several->is_array())
    for (const json::value& v : several->get_array()) {
      if (v.is_string()) names.emplace(v.get_string());
      if (v.is_object()) names.insert(text_of(v.get_object(), "lot"));
    }
  std::vector<lot> found;
  for (const std::string& name : names)
    if (auto l = get_lot(c.db, name)) found.push_back(std::move(*l));
  return found;
}

// What the last operation made; an order without operations is taken at its packed pieces.
quantity finished(const json::object& data) {
  if (auto told = member_of<quantity>(data, "finished")) return *told;
  std::optional<quantity> made;
  std::int64_t last = -1;
  if (const json::value* operations = data.if_contains("operations"); operations && operations->is_array())
    for (const json::value& v : operations->get_array()) {
      if (!v.is_object() || text_of(v.get_object(), "state") == "skipped") continue;
      std::int64_t sequence = member_of<std::int64_t>(v.get_object(), "sequence").value_or(0);
      if (sequence <= last) continue;
      last = sequence;
      made = member_of<quantity>(v.get_object(), "completed");
    }
  return made.value_or(member_of<quantity>(data, "packed").value_or(quantity{}));
}

// The output lot of an order. It has the order's number, so that a second word of the same completion finds it.
result<void> on_completed(command& c, const event& e) {
  if (flag_of(e.data, "historical")) return {};
  std::string order = text_of(e.data, "number"), part_number = text_of(e.data, "part");
  quantity made = finished(e.data);
  if (order.empty() || part_number.empty() || made <= quantity{}) return {};
  for (const lot& l : lots().all(c.db, {{"work_order", order}}))
    if (l.origin == lot_origin::production) return {};
  auto known = parts().find_by(c.db, "part_number", part_number);
  std::string uom = text_of(e.data, "uom");
  lot output{.number = lots().find_by(c.db, "lot_number", order) ? "" : order,
             .part = part_number,
             .revision = known ? known->revision : "",
             .uom = known         ? known->uom
                    : uom.empty() ? "pcs"
                                  : uom,
             .origin = lot_origin::production,
             .work_order = order};
  auto l =
      make_lot(c, {.what = std::move(output), .kind = movement_kind::produced, .topic = "material.received"}, made);
  if (!l) return std::unexpected(l.error());
  // The order's own inspections were its gates.
  if (auto free = release(c, std::move(*l), "made by " + order); !free) return std::unexpected(free.error());
  return {};
}

result<void> on_cancelled(command& c, const event& e) {
  std::string order = text_of(e.data, "number");
  if (order.empty() || flag_of(e.data, "historical")) return {};
  for (reservation& r : reservations().all(c.db, {{"work_order", order}, {"state", std::string("active")}}))
    if (auto done = cancel_reservation(c, std::move(r)); !done) return done;
  return {};
}

bool can_quarantine(const lot& l) {
  return l.state == lot_state::created || l.state == lot_state::quarantined || l.state == lot_state::released;
}

result<void> hold_named(command& c, const event& e, const std::string& gate) {
  if (flag_of(e.data, "historical") || is_settled(c.db, gate)) return {};
  for (lot& l : lots_of(c, e))
    if (can_quarantine(l))
      if (auto done = quarantine(c, std::move(l), gate); !done) return std::unexpected(done.error());
  return {};
}

// A superseding inspection that passed settles the failed one; any settles the receiving inspection.
result<void> on_inspection_passed(command& c, const event& e) {
  if (flag_of(e.data, "historical")) return {};
  std::string before = text_of(e.data, "supersedes_number");
  if (!before.empty()) settle_gate(c.db, "inspection:" + before, c.why.now);
  for (lot& l : lots_of(c, e)) {
    lot now = std::move(l);
    for (const std::string& hold : {"inspection:" + before, std::string(receiving_inspection)}) {
      auto lifted = lift(c, std::move(now), hold);
      if (!lifted) return std::unexpected(lifted.error());
      now = std::move(*lifted);
    }
  }
  return {};
}

struct decision {
  quantity scrap, vendor;
};
decision decided(const json::object& data) {
  decision d;
  const json::value* rows = data.if_contains("dispositions");
  if (!rows || !rows->is_array()) return d;
  for (const json::value& row : rows->get_array()) {
    if (!row.is_object()) continue;
    quantity amount = member_of<quantity>(row.get_object(), "quantity").value_or(quantity{});
    std::string kind = text_of(row.get_object(), "kind");
    if (kind == "scrap") d.scrap += amount;
    if (kind == "return-to-vendor") d.vendor += amount;
  }
  return d;
}

// Scrap and returns leave the lot; what is left is released, if nothing else holds it.
result<void> dispose(command& c, lot of, const std::string& gate, const decision& by) {
  quantity scrap = std::min(by.scrap, of.on_hand), vendor = std::min(by.vendor, of.on_hand - scrap);
  struct leaving {
    quantity amount;
    movement_kind kind;
  };
  for (const leaving& out : {leaving{vendor, movement_kind::returned_to_vendor}, {scrap, movement_kind::scrapped}}) {
    if (out.amount <= quantity{}) continue;
    bool all = out.amount == of.on_hand;
    if (all && of.state == lot_state::quarantined) {
      auto rejected = reject(c, std::move(of), gate);
      if (!rejected) return std::unexpected(rejected.error());
      auto gone = take_out(c, std::move(*rejected), {}, out.kind, gate);
      if (!gone) return std::unexpected(gone.error());
      return {};
    }
    bool scrapped = out.kind == movement_kind::scrapped;
    auto booked = book(c, of,
                       {.kind = out.kind,
                        .amount = -out.amount,
                        .topic = scrapped ? "material.scrapped" : "material.returned",
                        .reason = gate,
                        .more = scrapped ? json::object{} : json::object{{"to", "vendor"}}});
    if (!booked) return booked;
  }
  auto lifted = lift(c, std::move(of), gate);
  if (!lifted) return std::unexpected(lifted.error());
  return {};
}

result<void> on_ncr_closed(command& c, const event& e) {
  std::string gate = "ncr:" + text_of(e.data, "number");
  if (flag_of(e.data, "historical")) return {};
  if (is_settled(c.db, gate)) return {};
  settle_gate(c.db, gate, c.why.now);
  std::vector<lot> named = lots_of(c, e);
  decision by = decided(e.data);
  // A quantity that is spread over several lots is not ours to distribute: they stay in quarantine for a person.
  if (named.size() > 1 && (by.scrap > quantity{} || by.vendor > quantity{})) {
    for (lot& l : named)
      if (can_quarantine(l))
        if (auto held = quarantine(c, std::move(l), "to be disposed of: " + gate); !held)
          return std::unexpected(held.error());
    return {};
  }
  for (lot& l : named)
    if (auto done = dispose(c, std::move(l), gate, by); !done) return done;
  return {};
}

}  // namespace

void define_consumers(service::api& api) {
  api.consume("work-order.completed", on_completed);
  api.consume("work-order.cancelled", on_cancelled);
  api.consume("quality.ncr-created",
              [](command& c, const event& e) { return hold_named(c, e, "ncr:" + text_of(e.data, "number")); });
  api.consume("quality.inspection-failed",
              [](command& c, const event& e) { return hold_named(c, e, "inspection:" + text_of(e.data, "number")); });
  api.consume("quality.inspection-passed", on_inspection_passed);
  api.consume("quality.ncr-closed", on_ncr_closed);
}

}  // namespace mes::material
