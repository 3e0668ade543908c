#include "console/guard.h"

#include <fmt/core.h>

#include "runtime/own_names.h"

namespace mes::console {
namespace {

using runtime::http_request;
using runtime::http_response;

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

// An Origin is "scheme://host[:port]"; "null" and foreign ones are not ours.
bool is_same_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")})
    if (origin.starts_with(scheme)) return runtime::equal_ignoring_case(origin.substr(scheme.size()), host);
  return false;
}

http_response refusal(int status, const std::string& detail) {
  http_response response = http_response::problem(status, detail);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

}  // namespace

guard::guard(std::string_view allowed_hosts, bool public_views)
    : _allowed_hosts(runtime::names_in(allowed_hosts)), _public_views(public_views) {}

std::optional<http_response> guard::refuse(const http_request& request) const {
  const std::string_view host = request.headers.get("Host");
  if (host.empty() || !runtime::is_own_name(host, _allowed_hosts))
    return refusal(421, fmt::format("This server is not called \"{}\". If it is, name it in the console's setting "
                                    "allowed_hosts (MES_ALLOWED_HOSTS).",
                                    runtime::without_port(host)));
  if (is_safe(request.method)) return std::nullopt;
  const std::string_view site = request.headers.get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return refusal(403, "Pages of other sites may not send this.");
  const std::string_view origin = request.headers.get("Origin");
  if (!origin.empty() && !is_same_origin(origin, host))
    return refusal(403, fmt::format("Pages of {} may not send this.", origin));
  return std::nullopt;
}

std::optional<http_response> guard::refuse_view(const http_request& request) const {
  if (_public_views || runtime::is_loopback(request.remote_address)) return std::nullopt;
  return refusal(403,
                 "This is shown on the platform's own machine alone, as it asks for no token. The console's setting "
                 "public_views (MES_PUBLIC_VIEWS) opens it to everyone who can reach this server.");
}

}  // namespace mes::console
