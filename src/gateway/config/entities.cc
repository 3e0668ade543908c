#include "gateway/config/entities.h"

#include "gateway/config/checks.h"

namespace mes::gateway {
namespace {

using enum field_type;

constexpr double timeout_max = 2147483646;

const field id_field = {.name = "id", .check = check_uuid};
const field created_field = {.name = "created_at", .type = integer};
const field updated_field = {.name = "updated_at", .type = integer};
const field tags_field = {.name = "tags", .type = strings};

constexpr std::string_view no_stream = "the gateway proxies http and https";

}  // namespace

const schema& service_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .check = check_name},
      {.name = "retries", .type = integer, .fallback = "5", .min = 0, .max = 32767},
      {.name = "protocol",
       .fallback = "\"http\"",
       .one_of = {"http", "https", "grpc", "grpcs", "tcp", "tls", "tls_passthrough", "udp", "ws", "wss"}},
      {.name = "host", .check = check_host},
      {.name = "port", .type = integer, .fallback = "80", .min = 0, .max = 65535},
      {.name = "path", .check = check_path},
      {.name = "url", .check = check_url},
      {.name = "connect_timeout", .type = integer, .fallback = "60000", .min = 1, .max = timeout_max},
      {.name = "write_timeout", .type = integer, .fallback = "60000", .min = 1, .max = timeout_max},
      {.name = "read_timeout", .type = integer, .fallback = "60000", .min = 1, .max = timeout_max},
      tags_field,
      {.name = "client_certificate",
       .type = reference,
       .absent = "client certificates towards a service are not available; leave the field out"},
      {.name = "tls_verify", .type = boolean},
      {.name = "tls_verify_depth", .type = integer, .min = 0, .max = 64},
      {.name = "ca_certificates",
       .type = strings,
       .absent = "own certificate authorities are not available; tls_verify uses the system's"},
      {.name = "enabled", .type = boolean, .fallback = "true"},
  };
  return fields;
}

const schema& route_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .check = check_name},
      {.name = "protocols",
       .type = strings,
       .fallback = R"(["http","https"])",
       .one_of = {"http", "https", "grpc", "grpcs", "tcp", "tls", "tls_passthrough", "udp", "ws", "wss"}},
      {.name = "methods", .type = strings, .check = check_method},
      {.name = "hosts", .type = strings, .check = check_wildcard_host},
      {.name = "paths", .type = strings, .check = check_router_path},
      {.name = "headers", .type = string_map},
      {.name = "https_redirect_status_code", .type = integer, .fallback = "426"},
      {.name = "regex_priority", .type = integer, .fallback = "0", .min = 0, .max = 4294967295.0},
      {.name = "strip_path", .type = boolean, .fallback = "true"},
      {.name = "path_handling", .fallback = "\"v0\"", .one_of = {"v0", "v1"}},
      {.name = "preserve_host", .type = boolean, .fallback = "false"},
      {.name = "request_buffering", .type = boolean, .fallback = "true"},
      {.name = "response_buffering", .type = boolean, .fallback = "true"},
      {.name = "snis", .type = strings, .check = check_host},
      {.name = "sources", .type = mapping, .absent = no_stream},
      {.name = "destinations", .type = mapping, .absent = no_stream},
      tags_field,
      {.name = "service", .type = reference},
  };
  return fields;
}

const schema& consumer_fields() {
  static const schema fields = {id_field,  created_field, updated_field, {.name = "username"}, {.name = "custom_id"},
                                tags_field};
  return fields;
}

const schema& plugin_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .required = true},
      {.name = "instance_name", .check = check_name},
      {.name = "route", .type = reference},
      {.name = "service", .type = reference},
      {.name = "consumer", .type = reference},
      {.name = "protocols",
       .type = strings,
       .fallback = R"(["grpc","grpcs","http","https"])",
       .one_of = {"http", "https", "grpc", "grpcs", "tcp", "tls", "tls_passthrough", "udp", "ws", "wss"}},
      {.name = "enabled", .type = boolean, .fallback = "true"},
      tags_field,
  };
  return fields;
}

const schema& upstream_fields() {
  static constexpr std::string_view only_round_robin = "only round-robin by weight is available";
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .required = true, .check = check_host},
      {.name = "algorithm",
       .fallback = "\"round-robin\"",
       .one_of = {"round-robin", "consistent-hashing", "least-connections", "latency"},
       .absent = only_round_robin},
      {.name = "hash_on", .fallback = "\"none\"", .absent = only_round_robin},
      {.name = "hash_fallback", .fallback = "\"none\"", .absent = only_round_robin},
      {.name = "hash_on_header", .absent = only_round_robin},
      {.name = "hash_fallback_header", .absent = only_round_robin},
      {.name = "hash_on_cookie", .absent = only_round_robin},
      {.name = "hash_on_cookie_path", .fallback = "\"/\"", .absent = only_round_robin},
      {.name = "hash_on_query_arg", .absent = only_round_robin},
      {.name = "hash_fallback_query_arg", .absent = only_round_robin},
      {.name = "hash_on_uri_capture", .absent = only_round_robin},
      {.name = "hash_fallback_uri_capture", .absent = only_round_robin},
      {.name = "slots", .type = integer, .fallback = "10000", .min = 10, .max = 65536},
      {.name = "healthchecks",
       .type = mapping,
       .absent = "active and passive health checks are not available; a target that refuses a connection is passed "
                 "over for the next one"},
      tags_field,
      {.name = "host_header", .check = check_target},
      {.name = "client_certificate",
       .type = reference,
       .absent = "client certificates towards a service are not available; leave the field out"},
      {.name = "use_srv_name",
       .type = boolean,
       .fallback = "false",
       .absent = "names are resolved to addresses, not by SRV records"},
  };
  return fields;
}

const schema& target_fields() {
  static const schema fields = {
      id_field,
      {.name = "created_at", .type = number},
      {.name = "updated_at", .type = number},
      {.name = "upstream", .type = reference},
      {.name = "target", .required = true, .check = check_target},
      {.name = "weight", .type = integer, .fallback = "100", .min = 0, .max = 65535},
      tags_field,
  };
  return fields;
}

const schema& jwt_secret_fields() {
  static const schema fields = {
      id_field,
      created_field,
      {.name = "consumer", .type = reference},
      {.name = "key"},
      {.name = "secret"},
      {.name = "rsa_public_key"},
      {.name = "algorithm",
       .fallback = "\"HS256\"",
       .one_of = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384"}},
      tags_field,
  };
  return fields;
}

const schema& top_level_fields() {
  static const schema fields = {
      {.name = "_format_version", .one_of = {"1.1", "2.1", "3.0"}, .required = true},
      {.name = "_transform", .type = boolean, .fallback = "true"},
      {.name = "_info", .type = mapping, .absent = "decK's own settings cannot be followed here; take '_info' out"},
      {.name = "_workspace", .absent = "workspaces are Kong Enterprise's"},
  };
  return fields;
}

const std::vector<absent_entity>& absent_entities() {
  static constexpr std::string_view credentials =
      "no plugin of this gateway reads these credentials yet; jwt_secrets is there";
  static const std::vector<absent_entity> table = {
      {"certificates", "the TLS listener has one certificate, made at first start"},
      {"snis", "the TLS listener has one certificate, made at first start"},
      {"ca_certificates", "own certificate authorities are not available yet"},
      {"vaults", "references to vaults are not available yet"},
      {"keys", "key sets serve plugins that this gateway does not have"},
      {"key_sets", "key sets serve plugins that this gateway does not have"},
      {"filter_chains", "WebAssembly filters are not available"},
      {"consumer_groups", "consumer groups are Kong Enterprise's"},
      {"acls", credentials},
      {"keyauth_credentials", credentials},
      {"basicauth_credentials", credentials},
      {"hmacauth_credentials", credentials},
      {"oauth2_credentials", credentials},
      {"oauth2_tokens", credentials},
      {"acme_storage", "the acme plugin is not available"},
      {"workspaces", "workspaces are Kong Enterprise's"},
      {"parameters", "cluster parameters have no meaning here"},
  };
  return table;
}

}  // namespace mes::gateway
