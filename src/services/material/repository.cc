#include "services/material/repository.h"

#include "base/uuid.h"

namespace mes::material {

using service::collection;
using store::value;

namespace {

template <class E>
value name(E e) {
  return value(std::string(wire::name_of_enum(e)));
}
value text(const std::optional<std::string>& s) { return s ? value(*s) : value(); }

quantity sum_of(store::session& db, std::string_view sql, std::initializer_list<value> parameters) {
  auto rows = db.select<std::int64_t>(sql, parameters);
  return {rows.empty() ? 0 : std::get<0>(rows.front())};
}

}  // namespace

const collection<part>& parts() {
  static const collection<part> table("parts", "part",
                                      {{"part_number", [](const part& p) { return value(p.number); }}});
  return table;
}
const collection<part_revision>& revisions() {
  using row = part_revision;
  static const collection<row> table("part_revisions", "revision",
                                     {{"part", [](const row& r) { return value(r.part); }},
                                      {"revision", [](const row& r) { return value(r.revision); }}});
  return table;
}
const collection<bom>& boms() {
  static const collection<bom> table("boms", "bill of material",
                                     {{"part", [](const bom& b) { return value(b.part); }},
                                      {"revision", [](const bom& b) { return value(b.revision); }}});
  return table;
}
const collection<lot>& lots() {
  static const collection<lot> table(
      "lots", "lot",
      {{"lot_number", [](const lot& l) { return value(l.number); }},
       {"part", [](const lot& l) { return value(l.part); }},
       {"state", [](const lot& l) { return name(l.state); }},
       {"work_order", [](const lot& l) { return text(l.work_order); }},
       {"expires_at", [](const lot& l) { return l.expires_at ? value(l.expires_at->microseconds) : value(); }}});
  return table;
}
const collection<movement>& movements() {
  using row = movement;
  static const collection<row> table("movements", "movement",
                                     {{"lot_id", [](const row& m) { return value(m.lot_id); }},
                                      {"lot", [](const row& m) { return value(m.lot); }},
                                      {"part", [](const row& m) { return value(m.part); }},
                                      {"kind", [](const row& m) { return name(m.kind); }},
                                      {"quantity", [](const row& m) { return value(m.amount.millionths); }},
                                      {"work_order", [](const row& m) { return text(m.work_order); }}});
  return table;
}
const collection<reservation>& reservations() {
  using row = reservation;
  static const collection<row> table("reservations", "reservation",
                                     {{"lot_id", [](const row& r) { return value(r.lot_id); }},
                                      {"lot", [](const row& r) { return value(r.lot); }},
                                      {"work_order", [](const row& r) { return value(r.work_order); }},
                                      {"state", [](const row& r) { return name(r.state); }},
                                      {"quantity", [](const row& r) { return value(r.amount.millionths); }}});
  return table;
}
const collection<serial>& serials() {
  static const collection<serial> table("serials", "serial number",
                                        {{"part", [](const serial& s) { return value(s.part); }},
                                         {"serial", [](const serial& s) { return value(s.number); }},
                                         {"state", [](const serial& s) { return name(s.state); }},
                                         {"work_order", [](const serial& s) { return text(s.work_order); }}});
  return table;
}

std::string new_id() { return uuid::make_v7().to_string(); }

result<part> get_part(store::session& db, std::string_view key) {
  if (auto found = parts().find_by(db, "part_number", key)) return std::move(*found);
  return parts().get(db, key);
}
result<lot> get_lot(store::session& db, std::string_view key) {
  if (auto found = lots().find_by(db, "lot_number", key)) return std::move(*found);
  return lots().get(db, key);
}

result<part> named_part(store::session& db, const std::string& number, const std::string& pointer) {
  if (auto found = parts().find_by(db, "part_number", number)) return std::move(*found);
  return fail({error_code::unprocessable, "There is no part " + number, {{pointer, "is no part that is known"}}});
}

std::int64_t next_of(store::session& db, const std::string& series) {
  db.execute(
      "INSERT INTO counters (name, last_used) VALUES (:p1, 1) ON CONFLICT (name) DO UPDATE SET"
      " last_used = counters.last_used + 1",
      {series});
  return std::get<0>(db.select<std::int64_t>("SELECT last_used FROM counters WHERE name = :p1", {series}).front());
}

quantity reserved(store::session& db, const std::string& lot_id) {
  return sum_of(db, "SELECT COALESCE(SUM(quantity), 0) FROM reservations WHERE lot_id = :p1 AND state = 'active'",
                {lot_id});
}

quantity reserved_by_others(store::session& db, const std::string& lot_id, const std::string& work_order) {
  return sum_of(db,
                "SELECT COALESCE(SUM(quantity), 0) FROM reservations WHERE lot_id = :p1 AND state = 'active'"
                " AND work_order <> :p2",
                {lot_id, work_order});
}

quantity issued_to(store::session& db, const std::string& lot_id, const std::string& work_order) {
  return -sum_of(db,
                 "SELECT COALESCE(SUM(quantity), 0) FROM movements WHERE lot_id = :p1 AND work_order = :p2"
                 " AND kind IN ('consumed', 'returned')",
                 {lot_id, work_order});
}

void settle_gate(store::session& db, const std::string& gate, instant now) {
  db.execute("INSERT INTO settled_gates (gate, at) VALUES (:p1, :p2) ON CONFLICT (gate) DO NOTHING",
             {gate, now.microseconds});
}

bool is_settled(store::session& db, const std::string& gate) {
  return !db.select<std::string>("SELECT gate FROM settled_gates WHERE gate = :p1", {gate}).empty();
}

}  // namespace mes::material
