// What changes lots: each step keeps the record, its movement and its event together.
#pragma once

#include "service/context.h"
#include "services/material/inputs.h"

namespace mes::material {

inline constexpr std::string_view receiving_inspection = "receiving inspection";

struct new_lot {
  lot what;  // without id, version and movements; an empty number is given here
  movement_kind kind = movement_kind::received;
  std::string topic;  // of the event about the quantity; empty: only material.lot-created
};

// already_exists if the number is taken.
result<lot> make_lot(service::command& c, new_lot made, quantity amount);

struct booking {
  movement_kind kind;
  quantity amount;  // signed
  std::string topic;
  std::optional<std::string> work_order = {};
  std::optional<std::string> reason = {};
  json::object more = {};  // members of the event
};

// Adds the movement, stores the lot with the next version and tells of it. Below zero is unprocessable.
result<void> book(service::command& c, lot& of, booking what);

// Stores a lot whose state or holds changed and tells of it.
void tell(service::command& c, lot& of, std::string topic, std::optional<std::string> reason);

result<lot> quarantine(service::command& c, lot of, const std::string& hold);
// Lifts one hold; the lot is released when no other is left.
result<lot> lift(service::command& c, lot of, const std::string& hold);
result<lot> release(service::command& c, lot of, std::optional<std::string> reason);
result<lot> reject(service::command& c, lot of, std::optional<std::string> reason);
result<lot> expire(service::command& c, lot of);

result<lot> consume(service::command& c, lot of, const consume_lot& input);
result<lot> return_to_stock(service::command& c, lot of, const return_lot& input);
// Of a rejected lot; when all has left it, it is scrapped or returned.
result<lot> take_out(service::command& c, lot of, std::optional<quantity> amount, movement_kind kind,
                     std::optional<std::string> reason);
result<lot> adjust(service::command& c, lot of, const adjust_lot& input);

result<std::vector<lot>> split(service::command& c, lot parent, const split_lot& input);
result<lot> merge(service::command& c, std::vector<lot> parents, const merge_lots& input);

result<void> cancel_reservation(service::command& c, reservation r);

}  // namespace mes::material
