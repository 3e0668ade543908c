// Cursor pagination by key set (no OFFSET): a cursor is opaque and bound to the filters that it was made with.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "service/context.h"
#include "store/database.h"

namespace mes::service {

struct column_filter {
  std::string column;
  store::value equals;
  std::string comparison = "=";  // or "<", "<=", ">", ">="
};

struct page_request {
  std::string after_id;    // "" = from the start
  std::size_t limit = 50;  // 1…500
  bool newest_first = false;
  std::string filter_hash;
};

// From ?limit=&cursor=; invalid_argument names the parameter.
result<page_request> read_page(const query& q);
json::object page_body(const page_request& page, json::array data, std::string_view last_id);

}  // namespace mes::service
