#include "service/collection.h"

namespace mes::service {
namespace {

std::string parameter(std::size_t n) { return ":p" + std::to_string(n); }

}  // namespace

document_table::document_table(std::string table, std::vector<std::string> columns)
    : _table(std::move(table)), _columns(std::move(columns)) {
  std::string names = "id, version, document", places = ":p1, :p2, :p3";
  std::string sets = "version = :p1, document = :p2";
  std::size_t next_insert = 4, next_update = 3;
  for (const std::string& column : _columns) {
    names += ", " + column;
    places += ", " + parameter(next_insert++);
    sets += ", " + column + " = " + parameter(next_update++);
  }
  _insert = "INSERT INTO " + _table + " (" + names + ") VALUES (" + places + ")";
  _update = "UPDATE " + _table + " SET " + sets + " WHERE id = " + parameter(next_update) +
            " AND version = " + parameter(next_update + 1);
}

std::optional<std::string> document_table::find(store::session& db, std::string_view column,
                                                const store::value& equals) const {
  auto rows =
      db.select<std::string>("SELECT document FROM " + _table + " WHERE " + std::string(column) + " = :p1", {equals});
  if (rows.empty()) return std::nullopt;
  return std::move(std::get<0>(rows.front()));
}

void document_table::insert(store::session& db, std::string id, std::int64_t version, std::string document,
                            std::vector<store::value> columns) const {
  std::vector<store::value> values = {std::move(id), version, std::move(document)};
  std::ranges::move(columns, std::back_inserter(values));
  db.execute(_insert, values);
}

bool document_table::update(store::session& db, std::string id, std::int64_t expected, std::int64_t version,
                            std::string document, std::vector<store::value> columns) const {
  std::vector<store::value> values = {version, std::move(document)};
  std::ranges::move(columns, std::back_inserter(values));
  values.emplace_back(std::move(id));
  values.emplace_back(expected);
  return db.execute(_update, values) == 1;
}

std::vector<std::string> document_table::list(store::session& db, const std::vector<column_filter>& filters,
                                              std::string_view after_id, std::size_t limit, bool newest_first) const {
  std::string sql = "SELECT document FROM " + _table;
  std::vector<store::value> values;
  auto add = [&](const std::string& condition, store::value v) {
    values.push_back(std::move(v));
    sql += (values.size() == 1 ? " WHERE " : " AND ") + condition + parameter(values.size());
  };
  for (const column_filter& f : filters) add(f.column + ' ' + f.comparison + ' ', f.equals);
  if (!after_id.empty()) add(newest_first ? "id < " : "id > ", std::string(after_id));
  sql += newest_first ? " ORDER BY id DESC" : " ORDER BY id";
  values.emplace_back(static_cast<std::int64_t>(limit));
  sql += " LIMIT " + parameter(values.size());
  std::vector<std::string> documents;
  for (auto& [document] : db.select<std::string>(sql, values)) documents.push_back(std::move(document));
  return documents;
}

}  // namespace mes::service
