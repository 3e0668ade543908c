#include "services/integration/exchanges.h"
#include "services/integration/model.h"

namespace mes::integration {
namespace {

result<service::reply> define_point(service::http_command& c, const scada_point& p) {
  c.db.execute(
      "INSERT INTO scada_points (id, description, equipment, uom, counter, total, resets) VALUES (:p1, :p2, :p3, :p4, "
      ":p5, 0, 0)"
      " ON CONFLICT (id) DO UPDATE SET description = excluded.description, equipment = excluded.equipment,"
      " uom = excluded.uom, counter = excluded.counter",
      {p.id, p.description, p.equipment, p.uom, std::int64_t{p.counter}});
  return service::reply{.status = 201, .body = wire::to_json(p), .location = "/api/v1/integration/scada/points"};
}

// false: this sequence number of the source came before.
bool is_new(store::session& db, const std::string& source, const scada_reading& r) {
  return db.execute(
             "INSERT INTO scada_seen (source, point, sequence) VALUES (:p1, :p2, :p3)"
             " ON CONFLICT (source, point) DO UPDATE SET sequence = excluded.sequence"
             " WHERE scada_seen.sequence < excluded.sequence",
             {source, r.point, r.sequence}) == 1;
}

// A counter's total grows by the difference; after a reset by the whole new value. Readings of bad quality count
// nothing.
bool keep_reading(store::session& db, const scada_reading& r) {
  auto rows = db.select<std::int64_t, std::optional<std::int64_t>>(
      "SELECT counter, last_value FROM scada_points WHERE id = :p1", {r.point});
  if (rows.empty()) return false;
  if (r.quality && *r.quality != "good") return true;
  auto [counter, last] = rows.front();
  std::int64_t value = r.value.millionths;
  bool reset = counter != 0 && last && value < *last;
  std::int64_t grown = counter == 0 || !last ? 0 : reset ? value : value - *last;
  db.execute(
      "UPDATE scada_points SET last_value = :p1, last_at = :p2, total = total + :p3, resets = resets + :p4 WHERE id = "
      ":p5",
      {value, r.at.microseconds, grown, std::int64_t{reset}, r.point});
  return true;
}

result<service::reply> ingest(service::http_command& c, const scada_batch& batch) {
  std::int64_t taken = 0, repeated = 0, unknown = 0;
  json::array readings;
  for (const scada_reading& r : batch.readings) {
    if (!is_new(c.db, batch.source, r)) {
      ++repeated;
    } else if (!keep_reading(c.db, r)) {
      ++unknown;
      c.db.execute(
          "INSERT INTO scada_quarantine (source, point, readings, last_at) VALUES (:p1, :p2, 1, :p3)"
          " ON CONFLICT (source, point) DO UPDATE SET readings = scada_quarantine.readings + 1, last_at = "
          "excluded.last_at",
          {batch.source, r.point, r.at.microseconds});
    } else {
      ++taken;
      readings.push_back(wire::to_json(r));
    }
  }
  if (taken > 0)
    c.emit("integration.scada-data-received", batch.source, 0,
           {{"source", batch.source}, {"readings", std::move(readings)}});
  return service::reply{.status = 202,
                        .body = json::object{{"taken", taken}, {"repeated", repeated}, {"quarantined", unknown}},
                        .audit_id = batch.source};
}

result<service::reply> list_points(const service::query& q) {
  json::array data, quarantined;
  for (auto& [id, description, equipment, uom, counter, last, at, total, resets] :
       q.db.select<std::string, std::string, std::string, std::string, std::int64_t, std::optional<std::int64_t>,
                   std::optional<std::int64_t>, std::int64_t, std::int64_t>(
           "SELECT id, description, equipment, uom, counter, last_value, last_at, total, resets FROM scada_points "
           "ORDER BY id")) {
    json::object point{
        {"id", id}, {"description", description}, {"equipment", equipment}, {"uom", uom}, {"counter", counter != 0}};
    if (last) point["value"] = wire::codec<quantity>::encode({*last});
    if (at) point["at"] = instant{*at}.to_string();
    if (counter != 0) {
      point["total"] = wire::codec<quantity>::encode({total});
      point["resets"] = resets;
    }
    data.push_back(std::move(point));
  }
  for (auto& [source, point, readings] : q.db.select<std::string, std::string, std::int64_t>(
           "SELECT source, point, readings FROM scada_quarantine ORDER BY source, point"))
    quarantined.push_back(json::object{{"source", source}, {"point", point}, {"readings", readings}});
  return service::reply{.body = json::object{{"data", std::move(data)}, {"quarantined", std::move(quarantined)}}};
}

}  // namespace

void define_scada(service::api& surface) {
  surface.get("/scada/points",
              {.id = "listScadaPoints",
               .summary = "Points with their last values; unknown ones in quarantine",
               .permission = "integration:read"},
              list_points);
  surface.post<scada_point>("/scada/points",
                            {.id = "defineScadaPoint",
                             .summary = "Make a point known",
                             .permission = "integration:write",
                             .success_status = 201},
                            define_point);
  surface.post<scada_batch>("/scada/readings",
                            {.id = "ingestScadaReadings",
                             .summary = "Take readings, each sequence number once",
                             .permission = "integration:write",
                             .success_status = 202},
                            ingest);
}

}  // namespace mes::integration
