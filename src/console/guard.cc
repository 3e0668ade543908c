#include "console/guard.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace mes::console {
namespace {

using runtime::http_request;
using runtime::http_response;

bool is_ipv4(std::string_view text) {
  return std::ranges::count(text, '.') == 3 &&
         std::ranges::all_of(text, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

// Browsers take every name below localhost for this machine (RFC 6761, section 6.3).
bool is_loopback_name(std::string_view host) {
  constexpr std::string_view name = "localhost", suffix = ".localhost";
  if (runtime::equal_ignoring_case(host, name)) return true;
  return host.size() > suffix.size() && runtime::equal_ignoring_case(host.substr(host.size() - suffix.size()), suffix);
}

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

std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback_address(std::string_view address) {
  if (address.starts_with("::ffff:")) address.remove_prefix(7);
  return address == "::1" || (is_ipv4(address) && address.starts_with("127."));
}

guard::guard(std::string_view allowed_hosts, bool public_views) : _public_views(public_views) {
  while (!allowed_hosts.empty()) {
    const std::size_t comma = allowed_hosts.find(',');
    std::string name;
    for (const char c : allowed_hosts.substr(0, comma))
      if (std::isspace(static_cast<unsigned char>(c)) == 0) name += c;
    if (!name.empty()) _allowed_hosts.push_back(std::move(name));
    if (comma == std::string_view::npos) break;
    allowed_hosts.remove_prefix(comma + 1);
  }
}

bool guard::is_allowed_host(std::string_view host) const {
  const std::string_view name = host_without_port(host);
  if (is_loopback_name(name) || name == "[::1]" || is_loopback_address(name)) return true;
  return std::ranges::any_of(_allowed_hosts,
                             [&](const std::string& allowed) { return runtime::equal_ignoring_case(allowed, name); });
}

std::optional<http_response> guard::refuse(const http_request& request) const {
  const std::string_view host = request.headers.get("Host");
  if (!is_allowed_host(host))
    return refusal(421, fmt::format("This server is not called \"{}\". If it is, name it in the console's setting "
                                    "allowed_hosts (MES_ALLOWED_HOSTS).",
                                    host_without_port(host)));
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
  if (_public_views || is_loopback_address(request.remote_address)) return std::nullopt;
  return refusal(403,
                 "This is shown on the platform's own machine alone, as it asks for no token. The console's setting "
                 "public_views (MES_PUBLIC_VIEWS) opens it to everyone who can reach this server.");
}

}  // namespace mes::console
