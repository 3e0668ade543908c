// The replies that most collections give alike: a page, one record, a new record.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/collection.h"
#include "service/context.h"

namespace mes::service {

template <class T>
reply reply_with(const T& item, int status = 200) {
  return {.status = status, .body = wire::to_json(item), .version = item.version, .audit_id = item.id};
}

// `path`: of the collection, "/api/v1/equipment/skills".
template <class T>
reply reply_created(const T& item, std::string_view path) {
  reply r = reply_with(item, 201);
  r.location = std::string(path) + "/" + item.id;
  return r;
}

// Filters are query parameters with the names of columns. `table` outlives the handler.
template <class T>
std::function<result<reply>(const query&)> list_of(const collection<T>& table,
                                                   std::vector<std::string> filter_columns = {}) {
  return [&table, columns = std::move(filter_columns)](const query& q) -> result<reply> {
    auto page = read_page(q);
    if (!page) return std::unexpected(page.error());
    std::vector<column_filter> filters;
    for (const std::string& column : columns)
      if (std::string_view value = q.parameter(column); !value.empty()) filters.push_back({column, std::string(value)});
    auto body = table.list(q.db, *page, filters);
    if (!body) return std::unexpected(body.error());
    return reply{.body = std::move(*body)};
  };
}

template <class T>
std::function<result<reply>(const query&)> one_of(const collection<T>& table) {
  return [&table](const query& q) -> result<reply> {
    auto item = table.get(q.db, q.path_value("id"));
    if (!item) return std::unexpected(item.error());
    return reply_with(*item);
  };
}

}  // namespace mes::service
