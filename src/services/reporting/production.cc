#include "services/reporting/production.h"

#include <boost/json/array.hpp>

namespace mes::reporting {
namespace json = boost::json;
namespace {

constexpr std::int64_t us_per_minute = 60'000'000;

std::string_view column_of(group_by group) {
  switch (group) {
    case group_by::none:
      return "''";
    case group_by::part:
      return "part";
    case group_by::resource:
      return "resource";
    case group_by::worker:
      return "worker";
    case group_by::report_type:
      return "report_type";
    case group_by::work_order:
      return "work_order";
  }
  return "''";
}

// Per resource, each report adds to the union only what lies behind the latest end of those that began before it.
std::string production_sql(group_by group) {
  std::string key(column_of(group));
  return "SELECT key, COUNT(*), CAST(SUM(completed) AS BIGINT), CAST(SUM(rejected) AS BIGINT), CAST(SUM(mrb) AS "
         "BIGINT),"
         " CAST(SUM(ended_at - started_at) AS BIGINT),"
         " CAST(SUM(CASE WHEN ended_at <= before THEN 0 WHEN started_at > before THEN ended_at - started_at"
         " ELSE ended_at - before END) AS BIGINT),"
         " CAST(SUM(CASE WHEN operation_kind = 'packing' THEN completed ELSE 0 END) AS BIGINT)"
         " FROM (SELECT " +
         key +
         " AS key, operation_kind, completed, rejected, mrb, started_at, ended_at,"
         " COALESCE(MAX(ended_at) OVER (PARTITION BY " +
         key +
         ", resource ORDER BY started_at, ended_at, id"
         " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), started_at) AS before"
         " FROM reports WHERE started_at >= :p1 AND started_at < :p2) AS r GROUP BY key ORDER BY key";
}

json::value pieces(std::int64_t millionths) { return wire::codec<quantity>::encode(quantity{millionths}); }

struct figures {
  std::string key;
  std::int64_t reports = 0, completed = 0, rejected = 0, mrb = 0, reported_us = 0, busy_us = 0, packed = 0;

  json::object to_json() const {
    return {{"key", key},
            {"reports", reports},
            {"completed", pieces(completed)},
            {"rejected", pieces(rejected)},
            {"mrb", pieces(mrb)},
            {"reported_minutes", reported_us / us_per_minute},
            {"busy_minutes", busy_us / us_per_minute}};
  }
};

std::vector<figures> figures_by(store::session& db, group_by group, const period& when) {
  std::vector<figures> rows;
  for (auto& [key, reports, completed, rejected, mrb, reported, busy, packed] :
       db.select<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                 std::int64_t>(production_sql(group), {when.from_us, when.to_us}))
    rows.push_back({std::move(key), reports, completed, rejected, mrb, reported, busy, packed});
  return rows;
}

std::pair<std::int64_t, std::int64_t> orders_and_quantity(store::session& db, const period& when) {
  constexpr std::string_view all = "SELECT COUNT(*), CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM orders";
  constexpr std::string_view reported =
      " WHERE id IN (SELECT work_order_id FROM reports WHERE started_at >= :p1 AND started_at < :p2)";
  auto rows = when.is_all() ? db.select<std::int64_t, std::int64_t>(all)
                            : db.select<std::int64_t, std::int64_t>(std::string(all) + std::string(reported),
                                                                    {when.from_us, when.to_us});
  return {std::get<0>(rows.front()), std::get<1>(rows.front())};
}

figures total(store::session& db, const period& when) {
  auto rows = figures_by(db, group_by::none, when);
  return rows.empty() ? figures{} : std::move(rows.front());
}

}  // namespace

json::object production(store::session& db, group_by group, const period& when) {
  json::array data;
  for (const figures& row : figures_by(db, group, when)) data.push_back(row.to_json());
  figures sum = total(db, when);
  json::object totals = sum.to_json();
  totals.erase("key");
  auto [work_orders, ordered] = orders_and_quantity(db, when);
  totals["work_orders"] = work_orders;
  totals["ordered"] = pieces(ordered);
  totals["packed"] = pieces(sum.packed);
  return {{"data", std::move(data)}, {"totals", std::move(totals)}};
}

json::object lead_times(store::session& db) {
  json::array data;
  for (auto& [work_order, part, start, end] : db.select<std::string, std::string, std::int64_t, std::int64_t>(
           "SELECT work_order, part, MIN(started_at), MAX(ended_at) FROM reports GROUP BY work_order, part"
           " ORDER BY work_order"))
    data.push_back(json::object{{"work_order", work_order},
                                {"part", part},
                                {"started_at", instant{start}.to_string()},
                                {"ended_at", instant{end}.to_string()},
                                {"lead_time_minutes", (end - start) / us_per_minute}});
  return {{"data", std::move(data)}};
}

json::object key_figures(store::session& db, const period& when) {
  figures sum = total(db, when);
  json::object body;
  std::int64_t all = sum.completed + sum.rejected + sum.mrb;
  if (all > 0) {
    body["reject_rate"] = static_cast<double>(sum.rejected) / static_cast<double>(all);
  } else {
    body["reject_rate"] = nullptr;
    body["reject_rate_reason"] = "nothing was reported in this period";
  }
  body["reports"] = sum.reports;
  body["completed"] = pieces(sum.completed);
  body["rejected"] = pieces(sum.rejected);
  body["mrb"] = pieces(sum.mrb);
  body["busy_minutes"] = sum.busy_us / us_per_minute;
  return body;
}

json::object work_in_process(store::session& db) {
  json::array data;
  for (auto& [state, count, ordered] : db.select<std::string, std::int64_t, std::int64_t>(
           "SELECT state, COUNT(*), CAST(SUM(quantity) AS BIGINT) FROM orders GROUP BY state ORDER BY state"))
    data.push_back(json::object{{"state", state}, {"work_orders", count}, {"ordered", pieces(ordered)}});
  return {{"data", std::move(data)}};
}

}  // namespace mes::reporting
