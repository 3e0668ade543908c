#include "services/material/rules.h"

#include <algorithm>
#include <set>

namespace mes::material {
namespace {

// Strictest last.
int strictness(lot_state s) {
  switch (s) {
    case lot_state::released:
      return 0;
    case lot_state::created:
      return 1;
    default:
      return 2;
  }
}

result<void> refuse(std::string message, std::string pointer, std::string detail) {
  return fail({error_code::unprocessable, std::move(message), {{std::move(pointer), std::move(detail)}}});
}

}  // namespace

result<lot> moved(lot of, lot_verb verb) {
  auto next = service::next_state<lot_state, lot_verb>(lot_transitions, of.state, verb);
  if (!next) return fail(next.error().code, "Lot " + of.number + ": " + next.error().message);
  of.state = *next;
  return of;
}

bool has_expired(const lot& of, instant now) { return of.expires_at && *of.expires_at <= now; }

result<void> check_consumable(const lot& of, quantity amount, quantity others, instant now) {
  if (amount <= quantity{}) return refuse("Nothing is to be consumed", "/quantity", "must be above 0");
  if (of.state != lot_state::released)
    return fail(
        error_code::illegal_transition,
        "Lot " + of.number + " is " + std::string(wire::name_of_enum(of.state)) + ": only released lots are consumed");
  if (has_expired(of, now))
    return fail(error_code::unprocessable, "Lot " + of.number + " expired at " + of.expires_at->to_string());
  quantity free = std::max(quantity{}, of.on_hand - others);
  if (amount > free)
    return refuse("Lot " + of.number + " has " + of.on_hand.to_string() + " " + of.uom + ", others have reserved " +
                      others.to_string(),
                  "/quantity", "is more than the " + free.to_string() + " that are free");
  return {};
}

result<void> check_split(const lot& parent, std::span<const child_lot> children) {
  if (auto next = moved(parent, lot_verb::pass_on); !next) return std::unexpected(next.error());
  quantity sum;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].amount <= quantity{})
      return refuse("The split is not valid", "/children/" + std::to_string(i) + "/quantity", "must be above 0");
    sum += children[i].amount;
  }
  if (sum != parent.on_hand)
    return refuse("The children have " + sum.to_string() + ", the lot " + parent.on_hand.to_string(), "/children",
                  "must add up to what the lot has");
  return {};
}

result<lot> merged(std::span<const lot> parents) {
  lot out = parents.front();
  out.holds.clear();
  out.parents.clear();
  out.expires_at.reset();
  out.work_order.reset();
  out.origin = lot_origin::merge;
  std::set<std::string> seen;
  for (const lot& p : parents) {
    if (!seen.insert(p.id).second)
      return fail({error_code::unprocessable, "Lot " + p.number + " is named twice", {{"/lots", "must differ"}}});
    if (auto next = moved(p, lot_verb::pass_on); !next) return std::unexpected(next.error());
    if (p.part != out.part || p.revision != out.revision || p.uom != out.uom)
      return fail({error_code::unprocessable,
                   "Lot " + p.number + " is of " + p.part + " revision " + p.revision + ", not of " + out.part +
                       " revision " + out.revision,
                   {{"/lots", "must be of one part and revision"}}});
    if (strictness(p.state) > strictness(out.state)) out.state = p.state;
    if (p.expires_at) out.expires_at = std::min(out.expires_at.value_or(*p.expires_at), *p.expires_at);
    for (const std::string& hold : p.holds) add_hold(out, hold);
    out.parents.push_back(p.number);
    if (p.supplier != out.supplier) out.supplier.reset();
    if (p.supplier_lot != out.supplier_lot) out.supplier_lot.reset();
  }
  return out;
}

void add_hold(lot& to, const std::string& reason) {
  if (std::ranges::find(to.holds, reason) == to.holds.end()) to.holds.push_back(reason);
}
void lift_hold(lot& of, const std::string& reason) { std::erase(of.holds, reason); }

}  // namespace mes::material
