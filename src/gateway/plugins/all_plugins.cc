// Every plugin, one line each, by Kong's priority.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "gateway/plugins/kinds.h"

namespace mes::gateway {
namespace {

// Kong's own that are not here, so that the message can say that the name is right.
constexpr auto kongs_others = std::to_array<std::string_view>({
    "acme",
    "aws-lambda",
    "azure-functions",
    "grpc-gateway",
    "ldap-auth",
    "oauth2",
    "post-function",
    "pre-function",
    "session",
});

}  // namespace

std::span<const plugin_kind> all_plugins() {
  static const std::array table = {
      zipkin_kind(),                 // 100000
      bot_detection_kind(),          // 2500
      cors_kind(),                   // 2000
      jwt_kind(),                    // 1450
      key_auth_kind(),               // 1250
      basic_auth_kind(),             // 1100
      hmac_auth_kind(),              // 1030
      ip_restriction_kind(),         // 990
      request_size_limiting_kind(),  // 951
      acl_kind(),                    // 950
      rate_limiting_kind(),          // 910
      response_ratelimiting_kind(),  // 900
      request_transformer_kind(),    // 801
      response_transformer_kind(),   // 800
      proxy_cache_kind(),            // 100
      opentelemetry_kind(),          // 14
      prometheus_kind(),             // 13
      http_log_kind(),               // 12
      statsd_kind(),                 // 11
      datadog_kind(),                // 10
      file_log_kind(),               // 9
      udp_log_kind(),                // 8
      tcp_log_kind(),                // 7
      loggly_kind(),                 // 6
      syslog_kind(),                 // 4
      grpc_web_kind(),               // 3
      request_termination_kind(),    // 2
      correlation_id_kind(),         // 1
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
  const std::string there = there_are(name, names);
  if (std::ranges::find(kongs_others, name) != kongs_others.end())
    return fmt::format("plugin '{}' is one of Kong's that this gateway does not have; {}", name, there);
  return fmt::format("plugin '{}' is none that Kong ships, and foreign plugins cannot be loaded; {}", name, there);
}

}  // namespace mes::gateway
