#include "services/material/stock.h"

#include <algorithm>

#include "services/material/repository.h"
#include "services/material/rules.h"

namespace mes::material {
namespace {

json::value encode(quantity q) { return wire::codec<quantity>::encode(q); }

void put(json::object& to, std::string_view name, const std::optional<std::string>& value) {
  if (value) to[name] = *value;
}

// The state after the change, as consumers read it.
json::object data_of(const lot& l, quantity amount) {
  json::object data = {{"lot_id", l.id},
                       {"lot", l.number},
                       {"part", l.part},
                       {"revision", l.revision},
                       {"quantity", encode(amount)},
                       {"uom", l.uom},
                       {"state", wire::name_of_enum(l.state)},
                       {"origin", wire::name_of_enum(l.origin)},
                       {"on_hand", encode(l.on_hand)},
                       {"holds", wire::codec<std::vector<std::string>>::encode(l.holds)}};
  if (l.expires_at) data["expires_at"] = l.expires_at->to_string();
  put(data, "location", l.location);
  put(data, "supplier", l.supplier);
  put(data, "supplier_lot", l.supplier_lot);
  return data;
}

void tell_with(service::command& c, lot& of, std::string topic, quantity amount, json::object more) {
  lots().update(c.db, of);
  json::object data = data_of(of, amount);
  for (auto& member : more) data[member.key()] = member.value();
  c.emit(std::move(topic), of.id, of.version, std::move(data));
}

result<std::string> free_number(store::session& db, const std::string& wanted) {
  if (!wanted.empty()) {
    if (!lots().find_by(db, "lot_number", wanted)) return wanted;
    return fail({error_code::already_exists, "There is a lot " + wanted, {{"/number", "is taken"}}});
  }
  while (true) {
    std::string digits = std::to_string(next_of(db, "lots"));
    std::string number = "L-" + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
    if (!lots().find_by(db, "lot_number", number)) return number;
  }
}

// A lot without anything left is depleted, unless it is on its way out of the house.
result<void> deplete_if_empty(lot& of) {
  if (of.on_hand != quantity{} || (of.state != lot_state::released && of.state != lot_state::quarantined)) return {};
  auto empty = moved(of, lot_verb::use_up);
  if (!empty) return std::unexpected(empty.error());
  of = std::move(*empty);
  return {};
}

// An order's own reservations shrink by what it takes.
void use_reservations(service::command& c, const lot& of, const std::string& work_order, quantity taken) {
  for (reservation& r :
       reservations().all(c.db, {{"lot_id", of.id}, {"work_order", work_order}, {"state", std::string("active")}})) {
    if (taken <= quantity{}) return;
    quantity part_of_it = std::min(r.amount, taken);
    r.amount -= part_of_it;
    taken -= part_of_it;
    if (r.amount == quantity{}) r.state = reservation_state::used;
    reservations().update(c.db, r);
  }
}

result<void> check_unreserved(store::session& db, const lot& of) {
  quantity taken = reserved(db, of.id);
  if (taken == quantity{}) return {};
  return fail(error_code::conflict,
              "Of lot " + of.number + " " + taken.to_string() + " " + of.uom + " are reserved: cancel that first");
}

}  // namespace

result<void> book(service::command& c, lot& of, booking what) {
  if (of.on_hand + what.amount < quantity{})
    return fail({error_code::unprocessable,
                 "Lot " + of.number + " has " + of.on_hand.to_string() + " " + of.uom + " only",
                 {{"/quantity", "is more than there is"}}});
  of.on_hand += what.amount;
  if (auto done = deplete_if_empty(of); !done) return done;
  movement m{.id = new_id(),
             .kind = what.kind,
             .lot_id = of.id,
             .lot = of.number,
             .part = of.part,
             .amount = what.amount,
             .uom = of.uom,
             .work_order = what.work_order,
             .reason = what.reason,
             .user = c.why.user.user_id,
             .request_id = c.why.request_id,
             .at = c.why.now};
  movements().insert(c.db, m);
  put(what.more, "work_order", what.work_order);
  put(what.more, "reason", what.reason);
  quantity size = what.amount < quantity{} ? -what.amount : what.amount;
  what.more["movement_id"] = m.id;
  if (what.kind == movement_kind::adjusted) what.more["difference"] = encode(what.amount);
  tell_with(c, of, std::move(what.topic), size, std::move(what.more));
  return {};
}

void tell(service::command& c, lot& of, std::string topic, std::optional<std::string> reason) {
  json::object more;
  put(more, "reason", reason);
  tell_with(c, of, std::move(topic), of.on_hand, std::move(more));
}

result<lot> make_lot(service::command& c, new_lot made, quantity amount) {
  if (amount <= quantity{})
    return fail({error_code::unprocessable, "A lot is not empty", {{"/quantity", "must be above 0"}}});
  auto number = free_number(c.db, made.what.number);
  if (!number) return std::unexpected(number.error());
  lot l = std::move(made.what);
  l.id = new_id();
  l.number = std::move(*number);
  l.created_at = c.why.now;
  l.initial = amount;
  l.on_hand = made.topic.empty() ? amount : quantity{};
  lots().insert(c.db, l);
  json::object data = data_of(l, amount);
  put(data, "work_order", l.work_order);
  if (!l.parents.empty()) data["parents"] = wire::codec<std::vector<std::string>>::encode(l.parents);
  c.emit("material.lot-created", l.id, l.version, std::move(data));
  if (!made.topic.empty()) {
    auto booked =
        book(c, l, {.kind = made.kind, .amount = amount, .topic = std::move(made.topic), .work_order = l.work_order});
    if (!booked) return std::unexpected(booked.error());
    return l;
  }
  movement m{.id = new_id(),
             .kind = made.kind,
             .lot_id = l.id,
             .lot = l.number,
             .part = l.part,
             .amount = amount,
             .uom = l.uom,
             .user = c.why.user.user_id,
             .request_id = c.why.request_id,
             .at = c.why.now};
  movements().insert(c.db, m);
  return l;
}

result<lot> quarantine(service::command& c, lot of, const std::string& hold) {
  auto held = moved(std::move(of), lot_verb::quarantine);
  if (!held) return held;
  add_hold(*held, hold);
  tell(c, *held, "material.lot-quarantined", hold);
  return held;
}

result<lot> lift(service::command& c, lot of, const std::string& hold) {
  if (std::ranges::find(of.holds, hold) == of.holds.end()) return of;
  lift_hold(of, hold);
  if (of.state == lot_state::quarantined && of.holds.empty()) return release(c, std::move(of), hold + " settled");
  tell(c, of, "material.lot-quarantined", hold + " settled");
  return of;
}

result<lot> release(service::command& c, lot of, std::optional<std::string> reason) {
  for (const std::string& hold : of.holds)
    if (hold.starts_with("ncr:") || hold.starts_with("inspection:"))
      return fail(error_code::conflict, "Lot " + of.number + " is held by " + hold + ": settle that first");
  if (has_expired(of, c.why.now))
    return fail(error_code::unprocessable, "Lot " + of.number + " expired at " + of.expires_at->to_string());
  auto free = moved(std::move(of), lot_verb::release);
  if (!free) return free;
  free->holds.clear();
  tell(c, *free, "material.lot-released", std::move(reason));
  return free;
}

result<lot> reject(service::command& c, lot of, std::optional<std::string> reason) {
  auto rejected = moved(std::move(of), lot_verb::reject);
  if (!rejected) return rejected;
  tell(c, *rejected, "material.lot-quarantined", std::move(reason));
  return rejected;
}

result<lot> expire(service::command& c, lot of) {
  auto expired = moved(std::move(of), lot_verb::expire);
  if (!expired) return expired;
  tell(c, *expired, "material.lot-quarantined", "expired");
  return expired;
}

result<lot> consume(service::command& c, lot of, const consume_lot& input) {
  if (input.uom && *input.uom != of.uom)
    return fail(
        {error_code::unprocessable, "Lot " + of.number + " is counted in " + of.uom, {{"/uom", "must be " + of.uom}}});
  auto fine = check_consumable(of, input.amount, reserved_by_others(c.db, of.id, input.work_order), c.why.now);
  if (!fine) return std::unexpected(fine.error());
  use_reservations(c, of, input.work_order, input.amount);
  auto booked = book(c, of,
                     {.kind = movement_kind::consumed,
                      .amount = -input.amount,
                      .topic = "material.consumed",
                      .work_order = input.work_order});
  if (!booked) return std::unexpected(booked.error());
  return of;
}

result<lot> return_to_stock(service::command& c, lot of, const return_lot& input) {
  if (!input.amount || *input.amount <= quantity{})
    return fail({error_code::unprocessable, "How much comes back?", {{"/quantity", "must be above 0"}}});
  if (!input.work_order)
    return fail({error_code::unprocessable, "From which order does it come back?", {{"/work_order", "is required"}}});
  if (of.state == lot_state::scrapped || of.state == lot_state::returned)
    return fail(error_code::illegal_transition,
                "Lot " + of.number + " is " + std::string(wire::name_of_enum(of.state)) + ": nothing comes back to it");
  quantity issued = issued_to(c.db, of.id, *input.work_order);
  if (*input.amount > issued)
    return fail(
        {error_code::unprocessable,
         "Work order " + *input.work_order + " has " + issued.to_string() + " " + of.uom + " of lot " + of.number,
         {{"/quantity", "is more than was issued"}}});
  if (of.state == lot_state::depleted) {
    auto back = moved(std::move(of), lot_verb::restock);
    if (!back) return back;
    of = std::move(*back);
    add_hold(of, std::string(receiving_inspection));
  }
  auto booked = book(c, of,
                     {.kind = movement_kind::returned,
                      .amount = *input.amount,
                      .topic = "material.returned",
                      .work_order = input.work_order,
                      .reason = input.reason,
                      .more = {{"to", "stock"}}});
  if (!booked) return std::unexpected(booked.error());
  return of;
}

result<lot> take_out(service::command& c, lot of, std::optional<quantity> amount, movement_kind kind,
                     std::optional<std::string> reason) {
  bool scrapped = kind == movement_kind::scrapped;
  auto gone = moved(of, scrapped ? lot_verb::scrap : lot_verb::return_to_vendor);
  if (!gone) return gone;
  quantity out = amount.value_or(of.on_hand);
  if (out <= quantity{})
    return fail({error_code::unprocessable, "Nothing would leave the lot", {{"/quantity", "must be above 0"}}});
  if (out == of.on_hand) of.state = gone->state;
  json::object more;
  if (!scrapped) more["to"] = "vendor";
  auto booked = book(c, of,
                     {.kind = kind,
                      .amount = -out,
                      .topic = scrapped ? "material.scrapped" : "material.returned",
                      .reason = std::move(reason),
                      .more = std::move(more)});
  if (!booked) return std::unexpected(booked.error());
  return of;
}

result<lot> adjust(service::command& c, lot of, const adjust_lot& input) {
  bool countable = of.state == lot_state::created || of.state == lot_state::quarantined ||
                   of.state == lot_state::released || of.state == lot_state::rejected || of.state == lot_state::expired;
  if (!countable)
    return fail(error_code::illegal_transition,
                "Lot " + of.number + " is " + std::string(wire::name_of_enum(of.state)) + ": nothing is counted");
  if (input.counted == of.on_hand) return of;
  auto booked = book(c, of,
                     {.kind = movement_kind::adjusted,
                      .amount = input.counted - of.on_hand,
                      .topic = "material.inventory-adjusted",
                      .reason = input.reason});
  if (!booked) return std::unexpected(booked.error());
  return of;
}

result<std::vector<lot>> split(service::command& c, lot parent, const split_lot& input) {
  if (auto fine = check_split(parent, input.children); !fine) return std::unexpected(fine.error());
  if (auto fine = check_unreserved(c.db, parent); !fine) return std::unexpected(fine.error());
  std::vector<lot> made;
  json::array numbers, quantities;
  for (const child_lot& child : input.children) {
    lot l = parent;
    l.number = child.number.value_or("");
    l.origin = lot_origin::split;
    l.parents = {parent.number};
    l.work_order.reset();  // of its parent
    if (child.location) l.location = child.location;
    auto one = make_lot(c, {.what = std::move(l), .kind = movement_kind::split_in, .topic = {}}, child.amount);
    if (!one) return std::unexpected(one.error());
    numbers.push_back(json::string(one->number));
    quantities.push_back(encode(child.amount));
    made.push_back(std::move(*one));
  }
  auto empty = moved(std::move(parent), lot_verb::pass_on);
  if (!empty) return std::unexpected(empty.error());
  auto booked = book(c, *empty,
                     {.kind = movement_kind::split_out,
                      .amount = -empty->on_hand,
                      .topic = "material.lot-split",
                      .more = {{"children", std::move(numbers)}, {"quantities", std::move(quantities)}}});
  if (!booked) return std::unexpected(booked.error());
  return made;
}

// One event for each parent, since each parent is another aggregate: "lot" is the new lot, "parents" this one.
result<lot> merge(service::command& c, std::vector<lot> parents, const merge_lots& input) {
  auto out = merged(parents);
  if (!out) return out;
  quantity sum;
  for (const lot& p : parents) {
    if (auto fine = check_unreserved(c.db, p); !fine) return std::unexpected(fine.error());
    sum += p.on_hand;
  }
  out->number = input.number.value_or("");
  if (input.location) out->location = input.location;
  json::value all = wire::codec<std::vector<std::string>>::encode(out->parents);
  auto made = make_lot(c, {.what = std::move(*out), .kind = movement_kind::merged_in, .topic = {}}, sum);
  if (!made) return made;
  for (lot& p : parents) {
    auto empty = moved(std::move(p), lot_verb::pass_on);
    if (!empty) return empty;
    auto booked = book(c, *empty,
                       {.kind = movement_kind::merged_out,
                        .amount = -empty->on_hand,
                        .topic = "material.lot-merged",
                        .more = {{"lot_id", made->id},
                                 {"lot", made->number},
                                 {"parent", empty->number},
                                 {"parents", json::array{json::string(empty->number)}},
                                 {"all_parents", all}}});
    if (!booked) return std::unexpected(booked.error());
  }
  return made;
}

result<void> cancel_reservation(service::command& c, reservation r) {
  if (r.state != reservation_state::active)
    return fail(error_code::illegal_transition,
                "The reservation is " + std::string(wire::name_of_enum(r.state)) + " already");
  r.state = reservation_state::cancelled;
  reservations().update(c.db, r);
  return {};
}

}  // namespace mes::material
