// Where parts and lots are kept. Writes are part of the caller's transaction.
#pragma once

#include "service/collection.h"
#include "service/context.h"
#include "services/material/model.h"

namespace mes::material {

const service::collection<part>& parts();
const service::collection<part_revision>& revisions();
const service::collection<bom>& boms();
const service::collection<lot>& lots();
const service::collection<movement>& movements();
const service::collection<reservation>& reservations();
const service::collection<serial>& serials();

std::string new_id();

// By id or number; not_found.
result<part> get_part(store::session& db, std::string_view id_or_number);
result<lot> get_lot(store::session& db, std::string_view id_or_number);

// The part of an input's field `pointer`; unprocessable.
result<part> named_part(store::session& db, const std::string& number, const std::string& pointer);

// The next number of a series: 1, 2, …
std::int64_t next_of(store::session& db, const std::string& series);

// Σ of active reservations of a lot: of all orders, and of those other than `work_order`.
quantity reserved(store::session& db, const std::string& lot_id);
quantity reserved_by_others(store::session& db, const std::string& lot_id, const std::string& work_order);

// What an order has consumed of a lot, less what came back.
quantity issued_to(store::session& db, const std::string& lot_id, const std::string& work_order);

// A gate (a nonconformance, an inspection) that is settled holds nothing, also if its opening arrives later.
void settle_gate(store::session& db, const std::string& gate, instant now);
bool is_settled(store::session& db, const std::string& gate);

}  // namespace mes::material
