// The kinds of plugins, each defined in its own folder; all_plugins.cc lists them.
#pragma once

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

plugin_kind acl_kind();
plugin_kind basic_auth_kind();
plugin_kind bot_detection_kind();
plugin_kind correlation_id_kind();
plugin_kind cors_kind();
plugin_kind datadog_kind();
plugin_kind file_log_kind();
plugin_kind grpc_web_kind();
plugin_kind hmac_auth_kind();
plugin_kind http_log_kind();
plugin_kind ip_restriction_kind();
plugin_kind jwt_kind();
plugin_kind key_auth_kind();
plugin_kind loggly_kind();
plugin_kind opentelemetry_kind();
plugin_kind prometheus_kind();
plugin_kind proxy_cache_kind();
plugin_kind rate_limiting_kind();
plugin_kind request_size_limiting_kind();
plugin_kind request_termination_kind();
plugin_kind request_transformer_kind();
plugin_kind response_ratelimiting_kind();
plugin_kind response_transformer_kind();
plugin_kind statsd_kind();
plugin_kind syslog_kind();
plugin_kind tcp_log_kind();
plugin_kind udp_log_kind();
plugin_kind zipkin_kind();

}  // namespace mes::gateway
