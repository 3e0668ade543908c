// Every plugin, one line each, by Kong's priority.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/plugins/correlation_id/correlation_id.h"
#include "gateway/plugins/cors/cors.h"
#include "gateway/plugins/jwt/jwt.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/prometheus/prometheus.h"
#include "gateway/plugins/rate_limiting/rate_limiting.h"

namespace mes::gateway {
namespace {

// Kong's own that are not here, so that the message can say that the name is right.
constexpr auto kongs_others = std::to_array<std::string_view>({
    "acl",
    "acme",
    "aws-lambda",
    "azure-functions",
    "basic-auth",
    "bot-detection",
    "datadog",
    "file-log",
    "grpc-gateway",
    "grpc-web",
    "hmac-auth",
    "http-log",
    "ip-restriction",
    "key-auth",
    "ldap-auth",
    "loggly",
    "oauth2",
    "opentelemetry",
    "post-function",
    "pre-function",
    "proxy-cache",
    "request-size-limiting",
    "request-termination",
    "request-transformer",
    "response-ratelimiting",
    "response-transformer",
    "session",
    "statsd",
    "syslog",
    "tcp-log",
    "udp-log",
    "zipkin",
});

}  // namespace

std::span<const plugin_kind> all_plugins() {
  static const std::array table = {
      cors_kind(), jwt_kind(), rate_limiting_kind(), prometheus_kind(), correlation_id_kind(),
  };
  return table;
}

const plugin_kind* find_plugin_kind(std::string_view name) {
  for (const plugin_kind& kind : all_plugins())
    if (kind.name == name) return &kind;
  return nullptr;
}

std::string why_plugin_is_absent(std::string_view name) {
  std::vector<std::string_view> names;
  for (const plugin_kind& kind : all_plugins()) names.push_back(kind.name);
  std::string there = fmt::format("there are {}", fmt::join(names, ", "));
  if (std::ranges::find(kongs_others, name) != kongs_others.end())
    return fmt::format("plugin '{}' is one of Kong's that this gateway does not have; {}", name, there);
  return fmt::format("plugin '{}' is none that Kong ships, and foreign plugins cannot be loaded; {}", name, there);
}

}  // namespace mes::gateway
