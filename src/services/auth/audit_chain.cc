#include "services/auth/audit_chain.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "services/auth/password.h"
#include "wire/json/schema.h"

namespace mes::auth {
namespace json = boost::json;

void append_audit(service::command& c, std::string_view action, std::string_view subject_id, std::string_view outcome) {
  auto last = c.db.select<std::int64_t, std::string>("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1");
  std::int64_t sequence = last.empty() ? 1 : std::get<0>(last.front()) + 1;
  std::string previous = last.empty() ? std::string() : std::get<1>(last.front());
  std::string record = json::serialize(json::object{{"time", c.why.now.to_string()},
                                                    {"action", action},
                                                    {"outcome", outcome},
                                                    {"subject_id", subject_id},
                                                    {"user_id", c.why.user.user_id},
                                                    {"request_id", c.why.request_id}});
  c.db.execute("INSERT INTO audit (sequence, record, hash) VALUES (:p1, :p2, :p3)",
               {sequence, record, hash_secret(previous + record)});
}

std::optional<std::int64_t> first_broken_audit_row(store::session& db) {
  std::string previous;
  std::int64_t expected = 1;
  for (auto& [sequence, record, hash] : db.select<std::int64_t, std::string, std::string>(
           "SELECT sequence, record, hash FROM audit ORDER BY sequence")) {
    if (sequence != expected++ || hash != hash_secret(previous + record)) return sequence;
    previous = hash;
  }
  return std::nullopt;
}

json::array audit_rows(store::session& db, std::int64_t after, std::int64_t limit) {
  json::array rows;
  for (auto& [sequence, record, hash] : db.select<std::int64_t, std::string, std::string>(
           "SELECT sequence, record, hash FROM audit WHERE sequence > :p1 ORDER BY sequence LIMIT :p2",
           {after, limit})) {
    json::object row = wire::parse_json(record)->as_object();
    row["sequence"] = sequence;
    row["hash"] = hash;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace mes::auth
