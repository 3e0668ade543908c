#include "gateway/admin/cached_responses.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/base64.h"
#include "base/utf8.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/proxy_cache/response_cache.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

runtime::http_response nothing(int status) { return {.status = status, .headers = {}, .body = {}}; }

// Where a path names a plugin, it must be that one; else one of the kind is enough. All share one cache.
std::shared_ptr<const cached_response> find_cached(const admin_view& view, const std::vector<std::string>& segments) {
  bool asked = std::ranges::any_of(view.store.config().plugins, [&](const plugin_entry& p) {
    return p.name == "proxy-cache" && (segments.size() == 2 || p.id == segments[1]);
  });
  return asked ? view.cache.find(segments.back(), system_wall_clock().steady_ms() / 1000) : nullptr;
}

// The request's body is not kept: there is none in nearly all that is cached. JSON is UTF-8 (RFC 8259, section 8.1):
// where Kong writes other bytes as they are, a body's go in base64, and those of fields as they do in logs.
json::object describe(const cached_response& r) {
  json::object headers;
  for (const auto& [name, bytes] : r.headers) {
    json::value& slot = headers[name];
    json::string value(valid_utf8(bytes));
    if (slot.is_null())
      slot = std::move(value);
    else if (slot.is_string())
      slot = json::array{slot, std::move(value)};
    else
      slot.as_array().push_back(std::move(value));
  }
  json::object shown = {{"status", r.status},
                        {"headers", std::move(headers)},
                        {"body_len", r.body.size()},
                        {"timestamp", r.stored_s},
                        {"ttl", r.ttl_s},
                        {"version", 1},
                        {"req_body", ""}};
  const bool text = is_utf8(r.body);
  shown["body"] = text ? r.body : base64_encode(r.body);
  if (!text) shown["body_encoding"] = "base64";
  return shown;
}

}  // namespace

runtime::http_response show_cached(const admin_view& view, const runtime::http_request&,
                                   const std::vector<std::string>& segments) {
  auto found = find_cached(view, segments);
  return found ? reply(200, describe(*found)) : nothing(404);
}

runtime::http_response forget_cached(const admin_view& view, const runtime::http_request&,
                                     const std::vector<std::string>& segments) {
  return nothing(find_cached(view, segments) && view.cache.remove(segments.back()) ? 204 : 404);
}

runtime::http_response forget_all_cached(const admin_view& view, const runtime::http_request&,
                                         const std::vector<std::string>&) {
  view.cache.clear();
  return nothing(204);
}

}  // namespace mes::gateway
