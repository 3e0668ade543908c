#include "base/uuid.h"
#include "service/replies.h"
#include "services/material/handlers.h"
#include "services/material/repository.h"
#include "services/material/rules.h"
#include "services/material/stock.h"

namespace mes::material {

using service::http_command;
using service::reply;

namespace {

std::string lot_path() { return std::string(base_path) + "/lots"; }

result<reply> answer(const result<lot>& changed) {
  if (!changed) return std::unexpected(changed.error());
  return service::reply_with(*changed);
}

result<reply> receive(http_command& c, const receive_lot& input) {
  auto p = named_part(c.db, input.part, "/part");
  if (!p) return std::unexpected(p.error());
  auto wrong = [](std::string pointer, std::string detail) -> result<reply> {
    return fail({error_code::unprocessable, "The lot is not valid", {{std::move(pointer), std::move(detail)}}});
  };
  if (input.number && uuid::parse(*input.number)) return wrong("/number", "must not be a UUID");
  if (input.uom && *input.uom != p->uom) return wrong("/uom", "must be the part's: " + p->uom);
  std::string revision = input.revision.value_or(p->revision);
  if (revisions().all(c.db, {{"part", p->number}, {"revision", revision}}).empty())
    return wrong("/revision", "is no revision of the part");
  if (input.expires_at && *input.expires_at <= c.why.now) return wrong("/expires_at", "must be in the future");
  bool made_here = input.work_order.has_value();
  auto made = make_lot(c,
                       {.what = {.number = input.number.value_or(""),
                                 .part = p->number,
                                 .revision = revision,
                                 .uom = p->uom,
                                 .origin = made_here ? lot_origin::production : lot_origin::receipt,
                                 .expires_at = input.expires_at,
                                 .location = input.location,
                                 .supplier = input.supplier,
                                 .supplier_lot = input.supplier_lot,
                                 .work_order = input.work_order},
                        .kind = made_here ? movement_kind::produced : movement_kind::received,
                        .topic = "material.received"},
                       input.amount);
  if (!made) return std::unexpected(made.error());
  auto placed = input.inspection ? quarantine(c, std::move(*made), std::string(receiving_inspection))
                                 : release(c, std::move(*made), "needs no inspection");
  if (!placed) return std::unexpected(placed.error());
  return service::reply_created(*placed, lot_path());
}

result<reply> read(const service::query& q) {
  auto found = get_lot(q.db, q.path_value("id"));
  if (!found) return std::unexpected(found.error());
  reply r = service::reply_with(*found);
  quantity taken = reserved(q.db, found->id);
  r.body.as_object()["reserved"] = wire::codec<quantity>::encode(taken);
  // Reservations change the answer without a new version of the lot.
  r.version.reset();
  return r;
}

// A command on the lot that the path names.
template <class Input>
std::function<result<reply>(http_command&, Input)> on_lot(
    std::function<result<lot>(http_command&, lot, const Input&)> act) {
  return [act = std::move(act)](http_command& c, Input input) -> result<reply> {
    auto found = get_lot(c.db, c.path_value("id"));
    if (!found) return std::unexpected(found.error());
    return answer(act(c, std::move(*found), input));
  };
}

std::string reason_of(const give_reason& input) { return input.reason.value_or("user"); }

result<lot> return_lot_handler(http_command& c, lot of, const return_lot& input) {
  if (input.to == return_to::stock) return return_to_stock(c, std::move(of), input);
  return take_out(c, std::move(of), input.amount, movement_kind::returned_to_vendor, input.reason);
}

result<reply> split_handler(http_command& c, const split_lot& input) {
  auto parent = get_lot(c.db, c.path_value("id"));
  if (!parent) return std::unexpected(parent.error());
  auto made = split(c, std::move(*parent), input);
  if (!made) return std::unexpected(made.error());
  json::array data;
  for (const lot& l : *made) data.push_back(wire::to_json(l));
  return reply{.status = 201, .body = json::object{{"data", std::move(data)}}};
}

result<reply> merge_handler(http_command& c, const merge_lots& input) {
  std::vector<lot> parents;
  auto first = get_lot(c.db, c.path_value("id"));
  if (!first) return std::unexpected(first.error());
  parents.push_back(std::move(*first));
  for (std::size_t i = 0; i < input.lots.size(); ++i) {
    auto other = get_lot(c.db, input.lots[i]);
    if (!other)
      return fail({error_code::unprocessable,
                   other.error().message,
                   {{"/lots/" + std::to_string(i), "is no lot that is known"}}});
    parents.push_back(std::move(*other));
  }
  auto made = merge(c, std::move(parents), input);
  if (!made) return std::unexpected(made.error());
  return service::reply_created(*made, lot_path());
}

result<void> expire_lots(service::command& c) {
  for (const char* state : {"created", "quarantined", "released"})
    for (lot& l : lots().all(c.db, {{"state", std::string(state)}, {"expires_at", c.why.now.microseconds, "<="}}))
      if (auto done = expire(c, std::move(l)); !done) return std::unexpected(done.error());
  return {};
}

// Whoever works may stop and use material; what nonconforms is decided by quality.
void define_actions(service::api& api) {
  api.post<give_reason, lot>("/lots/{id}/actions/quarantine",
                             {.id = "quarantineLot", .summary = "Lot quarantined", .permission = "parts:execute"},
                             on_lot<give_reason>([](http_command& c, lot of, const give_reason& input) {
                               return quarantine(c, std::move(of), reason_of(input));
                             }));
  api.post<give_reason, lot>("/lots/{id}/actions/release",
                             {.id = "releaseLot",
                              .summary = "Lot released; not while a nonconformance or an inspection holds it",
                              .permission = "quality:write"},
                             on_lot<give_reason>([](http_command& c, lot of, const give_reason& input) {
                               return release(c, std::move(of), input.reason);
                             }));
  api.post<give_reason, lot>("/lots/{id}/actions/reject",
                             {.id = "rejectLot", .summary = "Lot rejected", .permission = "quality:write"},
                             on_lot<give_reason>([](http_command& c, lot of, const give_reason& input) {
                               return reject(c, std::move(of), input.reason);
                             }));
  api.post<scrap_lot, lot>("/lots/{id}/actions/scrap",
                           {.id = "scrapLot", .summary = "Rejected material scrapped", .permission = "quality:write"},
                           on_lot<scrap_lot>([](http_command& c, lot of, const scrap_lot& input) {
                             return take_out(c, std::move(of), input.amount, movement_kind::scrapped, input.reason);
                           }));
  api.post<return_lot, lot>("/lots/{id}/actions/return",
                            {.id = "returnLot",
                             .summary = "Issued material back to stock, or a rejected lot to its vendor",
                             .permission = "parts:execute"},
                            on_lot<return_lot>(return_lot_handler));
  api.action<lot>("POST", "/lots/{id}/actions/expire",
                  {.id = "expireLot", .summary = "Lot expired before its time", .permission = "quality:write"},
                  [](http_command& c) -> result<reply> {
                    auto found = get_lot(c.db, c.path_value("id"));
                    if (!found) return std::unexpected(found.error());
                    return answer(expire(c, std::move(*found)));
                  });
  api.post<consume_lot, lot>("/lots/{id}/actions/consume",
                             {.id = "consumeLot",
                              .summary = "Material issued to an order: released, unexpired and not reserved by others",
                              .permission = "parts:execute"},
                             on_lot<consume_lot>([](http_command& c, lot of, const consume_lot& input) {
                               return consume(c, std::move(of), input);
                             }));
  api.post<adjust_lot, lot>("/lots/{id}/actions/adjust",
                            {.id = "adjustLot", .summary = "Count corrected", .permission = "parts:write"},
                            on_lot<adjust_lot>([](http_command& c, lot of, const adjust_lot& input) {
                              return adjust(c, std::move(of), input);
                            }));
  api.post<split_lot>("/lots/{id}/actions/split",
                      {.id = "splitLot",
                       .summary = "Lot split into new ones that add up to it",
                       .permission = "parts:execute",
                       .success_status = 201},
                      split_handler);
  api.post<merge_lots, lot>("/lots/{id}/actions/merge",
                            {.id = "mergeLots",
                             .summary = "Lots merged into a new one: strictest status, earliest expiry",
                             .permission = "parts:execute",
                             .success_status = 201},
                            merge_handler);
}

}  // namespace

void define_lots(service::api& api) {
  api.post<receive_lot, lot>(
      "/lots",
      {.id = "receiveLot", .summary = "Lot received or made", .permission = "parts:execute", .success_status = 201},
      receive);
  api.get<lot>("/lots",
               {.id = "listLots",
                .summary = "Lots, oldest first",
                .permission = "parts:read",
                .query = {{"part", "Of this part"}, {"state", "In this state"}, {"work_order", "Made by this order"}},
                .paged = true},
               service::list_of(lots(), {"part", "state", "work_order"}));
  api.get<lot>(
      "/lots/{id}",
      {.id = "readLot", .summary = "One lot, by number or id, and what is reserved", .permission = "parts:read"}, read);
  define_actions(api);
  api.every(std::chrono::minutes(10), "lots that expire", expire_lots);
}

}  // namespace mes::material
