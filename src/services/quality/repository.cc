#include "services/quality/repository.h"

#include <algorithm>
#include <cstdio>

#include "base/uuid.h"

namespace mes::quality {

using service::collection;
using store::value;

namespace {
template <class E>
value name(E e) {
  return value(std::string(wire::name_of_enum(e)));
}
value text_or_null(const std::optional<std::string>& text) { return text ? value(*text) : value(); }
}  // namespace

const collection<inspection_plan>& plans() {
  using plan = inspection_plan;
  static const collection<plan> table("inspection_plans", "inspection plan",
                                      {{"number", [](const plan& p) { return value(p.number); }},
                                       {"revision", [](const plan& p) { return value(p.revision); }},
                                       {"part", [](const plan& p) { return value(p.part); }}});
  return table;
}
const collection<inspection>& inspections() {
  static const collection<inspection> table(
      "inspections", "inspection",
      {{"number", [](const inspection& i) { return value(i.number); }},
       {"state", [](const inspection& i) { return name(i.state); }},
       {"part", [](const inspection& i) { return value(i.part); }},
       {"work_order_id", [](const inspection& i) { return text_or_null(i.work_order_id); }}});
  return table;
}
const collection<ncr>& ncrs() {
  static const collection<ncr> table("ncrs", "NCR",
                                     {{"number", [](const ncr& n) { return value(n.number); }},
                                      {"state", [](const ncr& n) { return name(n.state); }},
                                      {"part", [](const ncr& n) { return value(n.part); }},
                                      {"work_order_id", [](const ncr& n) { return text_or_null(n.work_order_id); }},
                                      {"severity", [](const ncr& n) { return name(n.how_bad); }}});
  return table;
}
const collection<capa>& capas() {
  static const collection<capa> table("capas", "CAPA",
                                      {{"number", [](const capa& c) { return value(c.number); }},
                                       {"state", [](const capa& c) { return name(c.state); }}});
  return table;
}
const collection<first_article>& first_articles() {
  using fai = first_article;
  static const collection<fai> table("first_articles", "first article",
                                     {{"fair_id", [](const fai& f) { return value(f.fair_id); }},
                                      {"state", [](const fai& f) { return name(f.state); }},
                                      {"part_number", [](const fai& f) { return value(f.part_number); }}});
  return table;
}
const collection<signature>& signatures() {
  static const collection<signature> table("signatures", "signature",
                                           {{"record_id", [](const signature& s) { return value(s.record_id); }},
                                            {"state", [](const signature& s) { return name(s.state); }}});
  return table;
}
const collection<sampling_state>& sampling_states() {
  static const collection<sampling_state> table("sampling_states", "sampling state",
                                                {{"key", [](const sampling_state& s) { return value(s.key); }}});
  return table;
}

std::string new_id() { return uuid::make_v7().to_string(); }

std::string next_number(store::session& db, const std::string& kind) {
  db.execute(
      "INSERT INTO numbers (kind, last) VALUES (:p1, 1) ON CONFLICT (kind) DO UPDATE SET last = numbers.last + 1",
      {kind});
  auto last = std::get<0>(db.select<std::int64_t>("SELECT last FROM numbers WHERE kind = :p1", {kind}).front());
  char digits[24];
  std::snprintf(digits, sizeof digits, "%06lld", static_cast<long long>(last));
  return kind + "-" + digits;
}

std::optional<inspection_plan> find_plan(store::session& db, const std::string& number) {
  auto found = plans().all(db, {{"number", number}});
  auto latest = std::ranges::max_element(found, {}, &inspection_plan::revision);
  if (latest == found.end()) return std::nullopt;
  return std::move(*latest);
}

}  // namespace mes::quality
