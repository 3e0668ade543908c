#include <boost/json/serialize.hpp>

#include "base/sha256.h"
#include "service/replies.h"
#include "services/resource/handlers.h"
#include "services/resource/repository.h"

namespace mes::resource {

using service::http_command;
using service::reply;

namespace {

oee_figures figures_of(store::session& db, const equipment& e, const window& w) {
  std::optional<std::vector<span_of_time>> plan;
  if (auto calendar = calendar_of(db, e.code)) plan = scheduled(*calendar, w.from, w.to);
  return oee_of(plan, slices_of(db, e, w.from, w.to), counted_reports(db, e.code, w.from, w.to));
}

json::object document_of(const equipment& e, const window& w, const oee_figures& figures) {
  json::object document{{"equipment", e.code}, {"from", w.from.to_string()}, {"to", w.to.to_string()}};
  for (auto& member : to_json(figures)) document[member.key()] = member.value();
  return document;
}

result<reply> read(const service::query& q) {
  auto w = read_window(q);
  if (!w) return std::unexpected(w.error());
  std::string_view code = q.parameter("equipment");
  if (code.empty())
    return fail({error_code::invalid_argument, "The query is not valid", {{"?equipment", "is required"}}});
  auto e = get_equipment(q.db, code);
  if (!e) return std::unexpected(e.error());
  return reply{.body = document_of(*e, *w, figures_of(q.db, *e, *w))};
}

// A calculation is kept: the same inputs give the stored one, others the next revision.
result<reply> calculate(http_command& c, const calculate_oee& input) {
  if (input.to <= input.from)
    return fail({error_code::invalid_argument, "The window is not valid", {{"/to", "must be after from"}}});
  auto e = get_equipment(c.db, input.equipment);
  if (!e) return std::unexpected(e.error());
  window w{input.from, input.to};
  json::object document = document_of(*e, w, figures_of(c.db, *e, w));
  std::string hash = sha256_hex(json::serialize(document));
  auto rows = c.db.select<std::string, std::int64_t>(
      "SELECT document, revision FROM oee_results WHERE equipment = :p1 AND started = :p2 AND ended = :p3 "
      "ORDER BY revision DESC LIMIT 1",
      {e->code, w.from.microseconds, w.to.microseconds});
  std::int64_t revision = 1;
  if (!rows.empty()) {
    auto stored = wire::parse_json(std::get<0>(rows.front()));
    if (stored && stored->at("inputs_sha256").as_string() == std::string_view(hash))
      return reply{.body = std::move(*stored), .audit_id = e->id};
    revision = std::get<1>(rows.front()) + 1;
  }
  document["revision"] = revision;
  document["inputs_sha256"] = hash;
  std::string id = new_id();
  c.db.execute(
      "INSERT INTO oee_results (id, version, document, equipment, started, ended, revision) "
      "VALUES (:p1, 1, :p2, :p3, :p4, :p5, :p6)",
      {id, json::serialize(document), e->code, w.from.microseconds, w.to.microseconds, revision});
  tell(c, *e, "equipment.oee-calculated",
       oee_calculated{.equipment_id = e->id,
                      .equipment = e->code,
                      .from = w.from,
                      .to = w.to,
                      .revision = revision,
                      .inputs_sha256 = hash,
                      .figures = document});
  all_equipment().update(c.db, *e);
  return reply{.status = 201, .body = std::move(document), .audit_id = e->id};
}

}  // namespace

void define_oee(service::api& api) {
  api.get("/oee",
          {.id = "readOee",
           .summary = "OEE after ISO 22400-2, from sums; null with a reason where inputs are missing",
           .permission = "equipment:read",
           .query = {{"equipment", "Code; required"}, {"from", "RFC 3339"}, {"to", "RFC 3339"}}},
          read);
  api.post<calculate_oee>("/oee/calculations",
                          {.id = "calculateOee",
                           .summary = "OEE calculated and kept; other inputs make a new revision",
                           .permission = "equipment:execute",
                           .success_status = 201},
                          calculate);
}

}  // namespace mes::resource
