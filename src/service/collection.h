// A table of aggregates: the document as JSON by its schema<T>, beside the columns that are searched by.
//
// T has members `std::string id` and `std::int64_t version`. The table, made by a migration of the service:
//   CREATE TABLE work_orders (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
//                             number TEXT NOT NULL UNIQUE, state TEXT NOT NULL);
#pragma once

#include <boost/json/serialize.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "service/page.h"
#include "store/database.h"
#include "wire/json/schema.h"

namespace mes::service {

// The part that does not depend on T.
class document_table {
 public:
  document_table(std::string table, std::vector<std::string> columns);
  std::optional<std::string> find(store::session& db, std::string_view column, const store::value& equals) const;
  void insert(store::session& db, std::string id, std::int64_t version, std::string document,
              std::vector<store::value> columns) const;
  // false: the version in the table is not `expected`.
  bool update(store::session& db, std::string id, std::int64_t expected, std::int64_t version, std::string document,
              std::vector<store::value> columns) const;
  // Documents with id > cursor, in order of id; conditions are joined by AND.
  std::vector<std::string> list(store::session& db, const std::vector<column_filter>& filters,
                                std::string_view after_id, std::size_t limit, bool newest_first) const;

 private:
  std::string _table, _insert, _update;
  std::vector<std::string> _columns;
};

template <class T>
class collection {
 public:
  struct column {
    std::string name;
    std::function<store::value(const T&)> value;
  };

  collection(std::string table, std::string noun, std::vector<column> columns)
      : _noun(std::move(noun)), _columns(std::move(columns)), _table(std::move(table), names()) {}

  std::optional<T> find(store::session& db, std::string_view id) const { return find_by(db, "id", id); }
  std::optional<T> find_by(store::session& db, std::string_view column_name, std::string_view equals) const {
    auto document = _table.find(db, column_name, std::string(equals));
    if (!document) return std::nullopt;
    return parse(*document);
  }
  // not_found: "There is no work order 0190…"
  result<T> get(store::session& db, std::string_view id) const {
    if (auto found = find(db, id)) return std::move(*found);
    return fail(error_code::not_found, "There is no " + _noun + " " + std::string(id));
  }

  // Sets version to 1. A unique column that is taken throws sql_error(already_exists).
  void insert(store::session& db, T& item) const {
    item.version = 1;
    _table.insert(db, item.id, item.version, text(item), values(item));
  }
  // Raises the version by one. Throws sql_error(internal) if the row changed since it was read.
  void update(store::session& db, T& item) const {
    std::int64_t expected = item.version++;
    if (!_table.update(db, item.id, expected, item.version, text(item), values(item)))
      throw store::sql_error(error_code::internal, _noun + " " + item.id + " changed under the writer");
  }

  // A page as JSON: {"data":[…],"next_cursor":"…"}.
  result<json::object> list(store::session& db, const page_request& page,
                            const std::vector<column_filter>& filters = {}) const {
    std::vector<std::string> documents = _table.list(db, filters, page.after_id, page.limit + 1, page.newest_first);
    std::vector<T> items;
    for (const std::string& document : documents) items.push_back(parse(document));
    json::array data;
    for (std::size_t i = 0; i < items.size() && i < page.limit; ++i) data.push_back(wire::to_json(items[i]));
    std::string last = items.size() > page.limit ? items[page.limit - 1].id : "";
    return page_body(page, std::move(data), last);
  }
  std::vector<T> all(store::session& db, const std::vector<column_filter>& filters = {}) const {
    std::vector<T> items;
    for (const std::string& document : _table.list(db, filters, "", SIZE_MAX / 2, false))
      items.push_back(parse(document));
    return items;
  }

 private:
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const column& c : _columns) names.push_back(c.name);
    return names;
  }
  std::vector<store::value> values(const T& item) const {
    std::vector<store::value> values;
    for (const column& c : _columns) values.push_back(c.value(item));
    return values;
  }
  static std::string text(const T& item) { return json::serialize(wire::to_json(item)); }
  T parse(const std::string& document) const {
    auto value = wire::parse_json(document, 64);
    auto item = value ? wire::from_json<T>(*value) : result<T>(std::unexpected(value.error()));
    if (!item) throw store::sql_error(error_code::corrupt, "stored " + _noun + ": " + item.error().message);
    return std::move(*item);
  }

  std::string _noun;
  std::vector<column> _columns;
  document_table _table;
};

}  // namespace mes::service
