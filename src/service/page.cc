#include "service/page.h"

#include <charconv>
#include <functional>

#include "base/base64.h"

namespace mes::service {
namespace {

constexpr std::size_t limit_max = 500;

// What the cursor is bound to: every parameter but the cursor and the page's size.
std::string hash_of_filters(const runtime::http_request& request) {
  std::string text = request.path;
  for (const auto& [name, value] : request.query)
    if (name != "cursor" && name != "limit") text += '&' + name + '=' + value;
  return std::to_string(std::hash<std::string>{}(text) & 0xffffffff);
}

std::unexpected<error> bad_parameter(std::string name, std::string message) {
  return fail({error_code::invalid_argument, "Query parameter " + name + " " + message, {{"?" + name, message}}});
}

}  // namespace

result<page_request> read_page(const query& q) {
  page_request page{.after_id = {}, .filter_hash = hash_of_filters(q.request)};
  if (std::string_view limit = q.parameter("limit"); !limit.empty()) {
    auto [end, ec] = std::from_chars(limit.data(), limit.data() + limit.size(), page.limit);
    if (ec != std::errc{} || end != limit.data() + limit.size() || page.limit < 1 || page.limit > limit_max)
      return bad_parameter("limit", "must be a number from 1 to " + std::to_string(limit_max));
  }
  if (std::string_view cursor = q.parameter("cursor"); !cursor.empty()) {
    auto text = base64url_decode(cursor);
    std::size_t split = text ? text->find(':') : std::string::npos;
    if (split == std::string::npos || text->find('\0') != std::string::npos)
      return bad_parameter("cursor", "is not one that this service gave");
    if (text->substr(0, split) != page.filter_hash)
      return bad_parameter("cursor", "belongs to a request with other filters");
    page.after_id = text->substr(split + 1);
  }
  return page;
}

json::object page_body(const page_request& page, json::array data, std::string_view last_id) {
  json::object body{{"data", std::move(data)}};
  if (!last_id.empty()) body["next_cursor"] = base64url_encode(page.filter_hash + ':' + std::string(last_id));
  return body;
}

}  // namespace mes::service
