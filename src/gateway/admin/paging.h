// Lists in pages, as Kong has them: ?size=, ?offset=, ?tags=a,b or a/b.
#pragma once

#include <boost/json/array.hpp>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "gateway/admin/refusal.h"
#include "gateway/config/document.h"
#include "runtime/http.h"

namespace mes::gateway {

struct page_query {
  std::size_t size = 100;
  std::size_t start = 0;  // of what the list holds
  std::string after;      // an id that the page begins behind; "" = by `start`
  std::vector<std::string> tags;
  bool all_tags = true;  // false: one of them is enough
  std::string rest;      // "&tags=…&size=…" for the next page
};

std::expected<page_query, refusal> read_page_query(const runtime::http_request& request);
bool has_tags(const boost::json::object& entity, const page_query& query);

// The body {"data": …, "next": …, "offset": …}. `ordered`: by ids, so that a page goes on behind one that was deleted.
boost::json::object page_of(const std::vector<entity_ptr>& all, const page_query& query, const std::string& path,
                            bool ordered, const std::function<boost::json::object(const boost::json::object&)>& shown);

}  // namespace mes::gateway
