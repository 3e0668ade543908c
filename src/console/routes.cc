#include "console/routes.h"

#include <algorithm>
#include <array>
#include <span>

namespace mes::console {
namespace {

using runtime::http_headers;
using runtime::http_request;

constexpr std::array<std::string_view, 9> passed_on = {"Accept",          "Accept-Language", "Content-Type",
                                                       "Idempotency-Key", "If-Match",        "If-None-Match",
                                                       "Tracestate",      "Traceparent",     "X-Request-ID"};

constexpr std::array<std::string_view, 12> kept_back = {
    "Connection", "Content-Length", "Date", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection",
    "Server",     "Set-Cookie",     "TE",   "Trailer",    "Transfer-Encoding",  "Upgrade"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return runtime::equal_ignoring_case(one, name); });
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// The interfaces are plain paths: an escape or a dot segment is only there to get around a rule.
bool is_plain(std::string_view path) {
  return path.find("..") == std::string_view::npos && path.find('%') == std::string_view::npos &&
         path.find("//") == std::string_view::npos;
}

}  // namespace

std::vector<upstream> make_routes(const upstream_addresses& to) {
  using namespace std::chrono_literals;
  return {
      {"/api/v1", to.gateway + "/api/v1", access::with_token, "the gateway", 30s},
      {"/api/platform", "unix:" + to.control_socket + ":", access::read, "the supervisor", 5s},
      {"/api/prometheus", to.prometheus, access::read, "Prometheus", 15s},
      {"/api/logs", to.search, access::read_or_find, "the log search", 15s},
      {"/api/traces", to.traces + "/api", access::read, "the trace search", 15s},
      {"/api/bus", to.bus, access::read, "the bus", 10s},
  };
}

const upstream* find_route(const std::vector<upstream>& routes, std::string_view path) {
  const upstream* best = nullptr;
  for (const upstream& route : routes) {
    if (!path.starts_with(route.prefix)) continue;
    const bool whole = path.size() == route.prefix.size() || path[route.prefix.size()] == '/';
    if (whole && (best == nullptr || route.prefix.size() > best->prefix.size())) best = &route;
  }
  return best;
}

bool is_allowed(const upstream& route, std::string_view method, std::string_view path) {
  if (route.allowed == access::with_token) return true;
  if (method == "GET" || method == "HEAD") return true;
  if (route.allowed != access::read_or_find || method != "POST" || !is_plain(path)) return false;
  return path.ends_with("/_search") || path.ends_with("/_count") || path.ends_with("/_msearch");
}

std::string address_of(const upstream& route, std::string_view target) {
  std::string address = route.base;
  const std::string_view rest = target.substr(route.prefix.size());
  if (path_of(rest).empty()) address += '/';
  return address.append(rest);
}

http_headers forwarded(const upstream& route, const http_request& request) {
  http_headers headers;
  for (const auto& [name, value] : request.headers)
    if (is_one_of(passed_on, name)) headers.add(name, value);
  if (route.allowed != access::with_token) return headers;
  if (const std::string_view token = request.headers.get("Authorization"); !token.empty())
    headers.set("Authorization", token);
  headers.set("X-Forwarded-For", request.remote_address);
  headers.set("X-Forwarded-Host", request.headers.get("Host"));
  return headers;
}

http_headers returned(const http_headers& from) {
  constexpr std::string_view cors = "Access-Control-";
  http_headers headers;
  for (const auto& [name, value] : from) {
    const std::string_view start = std::string_view(name).substr(0, cors.size());
    if (!is_one_of(kept_back, name) && !runtime::equal_ignoring_case(start, cors)) headers.add(name, value);
  }
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  return headers;
}

}  // namespace mes::console
