#include "service/replies.h"
#include "services/material/handlers.h"
#include "services/material/repository.h"
#include "services/material/rules.h"
#include "services/material/stock.h"

namespace mes::material {

using service::http_command;
using service::reply;

namespace {

json::value encode(std::int64_t millionths) { return wire::codec<quantity>::encode(quantity{millionths}); }

// Sums of movements, not the lots' own figures: the two are kept equal in one transaction.
result<reply> inventory(const service::query& q) {
  auto page = service::read_page(q);
  if (!page) return std::unexpected(page.error());
  std::string sql = "SELECT lot_id, SUM(quantity) FROM movements WHERE lot_id > :p1";
  std::vector<store::value> values = {page->after_id};
  for (const char* column : {"part", "lot"})
    if (std::string_view wanted = q.parameter(column); !wanted.empty()) {
      values.emplace_back(std::string(wanted));
      sql += " AND " + std::string(column) + " = :p" + std::to_string(values.size());
    }
  values.emplace_back(static_cast<std::int64_t>(page->limit + 1));
  sql += " GROUP BY lot_id HAVING SUM(quantity) <> 0 ORDER BY lot_id LIMIT :p" + std::to_string(values.size());
  auto rows = q.db.select<std::string, std::int64_t>(sql, values);
  json::array data;
  for (std::size_t i = 0; i < rows.size() && i < page->limit; ++i) {
    const auto& [lot_id, on_hand] = rows[i];
    auto l = lots().get(q.db, lot_id);
    if (!l) return std::unexpected(l.error());
    quantity taken = reserved(q.db, lot_id);
    bool usable = l->state == lot_state::released && !has_expired(*l, q.why.now);
    json::object row = {{"part", l->part},
                        {"revision", l->revision},
                        {"lot", l->number},
                        {"lot_id", lot_id},
                        {"state", wire::name_of_enum(l->state)},
                        {"on_hand", encode(on_hand)},
                        {"reserved", encode(taken.millionths)},
                        {"available", encode(usable ? std::max<std::int64_t>(0, on_hand - taken.millionths) : 0)},
                        {"uom", l->uom}};
    if (l->location) row["location"] = *l->location;
    if (l->expires_at) row["expires_at"] = l->expires_at->to_string();
    data.push_back(std::move(row));
  }
  std::string last = rows.size() > page->limit ? std::get<0>(rows[page->limit - 1]) : "";
  return reply{.body = service::page_body(*page, std::move(data), last)};
}

result<reply> reserve_handler(http_command& c, const reserve& input) {
  auto l = get_lot(c.db, input.lot);
  if (!l) return fail({error_code::unprocessable, l.error().message, {{"/lot", "is no lot that is known"}}});
  if (auto fine = check_consumable(*l, input.amount, reserved(c.db, l->id), c.why.now); !fine)
    return std::unexpected(fine.error());
  reservation made{.id = new_id(),
                   .lot_id = l->id,
                   .lot = l->number,
                   .part = l->part,
                   .work_order = input.work_order,
                   .amount = input.amount,
                   .created_at = c.why.now};
  reservations().insert(c.db, made);
  return service::reply_created(made, std::string(base_path) + "/reservations");
}

result<reply> cancel(http_command& c) {
  auto r = reservations().get(c.db, c.path_value("id"));
  if (!r) return std::unexpected(r.error());
  if (auto done = cancel_reservation(c, std::move(*r)); !done) return std::unexpected(done.error());
  return reply{.status = 204};
}

}  // namespace

void define_inventory(service::api& api) {
  api.get("/inventory",
          {.id = "listInventory",
           .summary = "What is on hand, by part and lot: the sum of all movements",
           .permission = "parts:read",
           .query = {{"part", "Of this part"}, {"lot", "Of this lot"}},
           .paged = true},
          inventory);
  api.get<movement>("/movements",
                    {.id = "listMovements",
                     .summary = "Movements, oldest first; they are never changed",
                     .permission = "parts:read",
                     .query = {{"part", "Of this part"},
                               {"lot", "Of this lot"},
                               {"kind", "Of this kind"},
                               {"work_order", "For this order"}},
                     .paged = true},
                    service::list_of(movements(), {"part", "lot", "kind", "work_order"}));
  api.post<reserve, reservation>("/reservations",
                                 {.id = "reserveLot",
                                  .summary = "Material reserved for an order",
                                  .permission = "parts:execute",
                                  .success_status = 201},
                                 reserve_handler);
  api.get<reservation>("/reservations",
                       {.id = "listReservations",
                        .summary = "Reservations, oldest first",
                        .permission = "parts:read",
                        .query = {{"lot", "Of this lot"},
                                  {"work_order", "For this order"},
                                  {"state", "In this state", {"active", "used", "cancelled"}}},
                        .paged = true},
                       service::list_of(reservations(), {"lot", "work_order", "state"}));
  api.get<reservation>("/reservations/{id}",
                       {.id = "readReservation", .summary = "One reservation", .permission = "parts:read"},
                       service::one_of(reservations()));
  api.action("DELETE", "/reservations/{id}",
             {.id = "cancelReservation",
              .summary = "Reservation cancelled",
              .permission = "parts:execute",
              .success_status = 204},
             cancel);
}

}  // namespace mes::material
