#include "gateway/config/entities.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/config/certificates.h"
#include "gateway/config/checks.h"
#include "gateway/config/shorthands.h"

namespace mes::gateway {

using enum field_type;

const field id_field = {.name = "id", .check = check_uuid};
const field created_field = {.name = "created_at", .type = integer};
const field updated_field = {.name = "updated_at", .type = integer};
const field tags_field = {.name = "tags", .type = strings, .check = check_tag, .set = true};

namespace {

constexpr double timeout_max = 2147483646;

const std::vector<std::string_view> protocols = {"grpc", "grpcs",           "http", "https", "tcp",
                                                 "tls",  "tls_passthrough", "udp"};

const schema address_fields = {
    {.name = "ip", .check = check_ip_or_cidr},
    {.name = "port", .type = integer, .min = 0, .max = 65535},
};

const schema& service_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .check = check_name, .unique = true},
      {.name = "retries", .type = integer, .fallback = "5", .min = 0, .max = 32767},
      {.name = "protocol", .fallback = "\"http\"", .one_of = protocols},
      {.name = "host", .check = check_host},
      {.name = "port", .type = integer, .fallback = "80", .min = 0, .max = 65535},
      {.name = "path", .check = check_path},
      {.name = "url", .shorthand = true},
      {.name = "connect_timeout", .type = integer, .fallback = "60000", .min = 1, .max = timeout_max},
      {.name = "write_timeout", .type = integer, .fallback = "60000", .min = 1, .max = timeout_max},
      {.name = "read_timeout", .type = integer, .fallback = "60000", .min = 1, .max = timeout_max},
      tags_field,
      {.name = "client_certificate", .type = reference, .to = "certificates"},
      {.name = "tls_verify", .type = boolean},
      {.name = "tls_verify_depth", .type = integer, .min = 0, .max = 64},
      {.name = "ca_certificates", .type = strings, .check = check_uuid},
      {.name = "enabled", .type = boolean, .fallback = "true"},
  };
  return fields;
}

const schema& route_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .check = check_name, .unique = true},
      {.name = "protocols",
       .type = strings,
       .fallback = R"(["http","https"])",
       .one_of = protocols,
       .set = true,
       .length_min = 1},
      {.name = "methods", .type = strings, .check = check_method, .set = true},
      {.name = "hosts", .type = strings, .check = check_wildcard_host},
      {.name = "paths", .type = strings, .check = check_router_path},
      {.name = "headers", .type = string_map, .check_key = check_route_header},
      {.name = "https_redirect_status_code",
       .type = integer,
       .fallback = "426",
       .one_of = {"426", "301", "302", "307", "308"}},
      {.name = "regex_priority", .type = integer, .fallback = "0"},
      {.name = "strip_path", .type = boolean, .fallback = "true"},
      {.name = "path_handling", .fallback = "\"v0\"", .one_of = {"v0", "v1"}},
      {.name = "preserve_host", .type = boolean, .fallback = "false"},
      {.name = "request_buffering", .type = boolean, .fallback = "true"},
      {.name = "response_buffering", .type = boolean, .fallback = "true"},
      {.name = "snis", .type = strings, .check = check_sni, .set = true},
      {.name = "sources", .type = records, .fields = &address_fields, .set = true},
      {.name = "destinations", .type = records, .fields = &address_fields, .set = true},
      {.name = "expression"},
      {.name = "priority", .type = integer, .fallback = "0", .min = 0, .max = 9007199254740991.0},
      tags_field,
      {.name = "service", .type = reference, .to = "services"},
  };
  return fields;
}

const schema& consumer_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "username", .unique = true},
      {.name = "custom_id", .unique = true},
      tags_field,
  };
  return fields;
}

const schema& plugin_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .required = true},
      {.name = "instance_name", .check = check_name, .unique = true},
      {.name = "route", .type = reference, .to = "routes", .cascade = true},
      {.name = "service", .type = reference, .to = "services", .cascade = true},
      {.name = "consumer", .type = reference, .to = "consumers", .cascade = true},
      {.name = "protocols",
       .type = strings,
       .fallback = R"(["grpc","grpcs","http","https"])",
       .one_of = protocols,
       .set = true},
      {.name = "enabled", .type = boolean, .fallback = "true"},
      {.name = "config", .type = anything},  // read by the plugin's own table
      {.name = "ordering", .type = anything, .absent = "the order of plugins is Kong Enterprise's to change"},
      {.name = "consumer_group", .type = anything, .absent = "consumer groups are Kong Enterprise's"},
      tags_field,
  };
  return fields;
}

const schema& target_fields() {
  static const schema fields = {
      id_field,
      {.name = "created_at", .type = number},
      {.name = "updated_at", .type = number},
      {.name = "upstream", .type = reference, .required = true, .to = "upstreams", .cascade = true},
      {.name = "target", .required = true, .check = check_target},
      {.name = "weight", .type = integer, .fallback = "100", .min = 0, .max = 65535},
      tags_field,
  };
  return fields;
}

const schema& certificate_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "cert", .required = true, .check = check_certificate, .referenceable = true, .costly = true},
      {.name = "key", .required = true, .check = check_private_key, .referenceable = true, .costly = true},
      {.name = "cert_alt", .check = check_certificate, .referenceable = true, .costly = true},
      {.name = "key_alt", .check = check_private_key, .referenceable = true, .costly = true},
      tags_field,
  };
  return fields;
}

const schema& sni_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .required = true, .check = check_wildcard_sni, .unique = true},
      tags_field,
      {.name = "certificate", .type = reference, .required = true, .to = "certificates", .cascade = true},
  };
  return fields;
}

const schema& ca_certificate_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "cert", .required = true, .check = check_certificate},
      {.name = "cert_digest", .unique = true},
      tags_field,
  };
  return fields;
}

const schema env_vault_fields = {{.name = "prefix", .check = check_variable_prefix}};

const schema& vault_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "prefix", .required = true, .check = check_vault_prefix, .unique = true},
      {.name = "name", .required = true, .check = check_vault_name},
      {.name = "description"},
      {.name = "config", .type = mapping, .fields = &env_vault_fields},
      tags_field,
  };
  return fields;
}

const schema& key_set_fields() {
  static const schema fields = {id_field, created_field, updated_field, {.name = "name", .unique = true}, tags_field};
  return fields;
}

const schema pem_fields = {{.name = "private_key", .check = check_private_key, .referenceable = true},
                           {.name = "public_key", .referenceable = true}};

const schema& key_fields() {
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "set", .type = reference, .to = "key_sets", .cascade = true},
      {.name = "name", .unique = true},
      {.name = "kid", .required = true},
      {.name = "jwk", .referenceable = true},
      {.name = "pem", .type = mapping, .fields = &pem_fields},
      tags_field,
  };
  return fields;
}

void finish_consumer(record& source, const std::string&, reporter& report) {
  if (source.text("username").empty() && source.text("custom_id").empty())
    report.error(source.mark, "consumer: username or custom_id is missing",
                 "at least one of these fields must be non-empty: 'custom_id', 'username'");
}

std::vector<entity_kind> make_kinds() {
  static constexpr std::string_view no_key_plugin =
      "no plugin of Kong's open edition reads keys, so they have no effect";
  std::vector<entity_kind> table = {
      {.name = "vaults", .singular = "vault", .fields = vault_fields, .key = "prefix", .id_of = {"prefix"}},
      {.name = "certificates",
       .singular = "certificate",
       .fields = certificate_fields,
       .told_by = {"cert"},
       .finish = finish_certificate},
      {.name = "snis", .singular = "sni", .fields = sni_fields, .key = "name"},
      {.name = "ca_certificates",
       .singular = "ca_certificate",
       .fields = ca_certificate_fields,
       .told_by = {"cert_digest"},
       .finish = finish_ca_certificate},
      {.name = "services",
       .singular = "service",
       .fields = service_fields,
       .key = "name",
       .told_by = {"protocol", "host", "port", "path"},
       .finish = finish_service,
       .replaced = replaced_by_url},
      {.name = "routes",
       .singular = "route",
       .fields = route_fields,
       .key = "name",
       .told_by = {"service", "protocols", "methods", "hosts", "paths", "headers", "snis", "sources", "destinations",
                   "expression"},
       .finish = finish_route},
      {.name = "consumers",
       .singular = "consumer",
       .fields = consumer_fields,
       .key = "username",
       .told_by = {"custom_id"},
       .finish = finish_consumer},
      {.name = "upstreams",
       .singular = "upstream",
       .fields = upstream_fields,
       .key = "name",
       .finish = finish_upstream},
      {.name = "targets",
       .singular = "target",
       .fields = target_fields,
       .key = "target",
       .id_of = {"upstream", "target"}},
      {.name = "plugins",
       .singular = "plugin",
       .fields = plugin_fields,
       .key = "instance_name",
       .id_of = {"name", "route", "service", "consumer"}},
      {.name = "key_sets",
       .singular = "key_set",
       .fields = key_set_fields,
       .key = "name",
       .admin_name = "key-sets",
       .unused = no_key_plugin},
      {.name = "keys",
       .singular = "key",
       .fields = key_fields,
       .key = "name",
       .id_of = {"kid", "set"},
       .finish = finish_key,
       .unused = no_key_plugin},
  };
  std::ranges::copy(credential_kinds(), std::back_inserter(table));
  return table;
}

}  // namespace

std::span<const entity_kind> entity_kinds() {
  static const std::vector<entity_kind> table = make_kinds();
  return table;
}

const entity_kind* find_entity_kind(std::string_view name) {
  for (const entity_kind& kind : entity_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

std::vector<const entity_kind*> nested_kinds(const entity_kind& parent) {
  std::vector<const entity_kind*> found;
  for (const entity_kind& kind : entity_kinds())
    if (std::ranges::any_of(kind.fields(), [&](const field& f) { return f.to == parent.name; })) found.push_back(&kind);
  return found;
}

std::string name_entity(const entity_kind& kind, const wire::yaml_node& node) {
  for (std::string_view key :
       {kind.name == "plugins" ? std::string_view("name") : kind.key, std::string_view("name")}) {
    const wire::yaml_node* name = key.empty() ? nullptr : node.find(key);
    if (name && name->type == wire::yaml_node::kind::scalar) return fmt::format("{} '{}'", kind.singular, name->scalar);
  }
  return std::string(kind.singular);
}

record read_entity(const entity_kind& kind, const wire::yaml_node& node, reporter& report) {
  std::vector<std::string_view> nested, ignored;
  if (kind.replaced) ignored = kind.replaced(node);
  // A list of children may be called as a field is: the ids of a service's CA certificates.
  for (const entity_kind* child : nested_kinds(kind)) nested.push_back(child->name);
  std::string what = name_entity(kind, node);
  std::size_t errors = report.errors();
  record source = read_record(node, kind.fields(), what, report, nested, ignored);
  // Rules across fields make no sense on fields that are wrong already.
  if (kind.finish && errors == report.errors()) kind.finish(source, what, report);
  return source;
}

const schema& top_level_fields() {
  static const schema fields = {
      {.name = "_format_version", .type = anything},
      {.name = "_transform", .type = boolean, .fallback = "true"},
      {.name = "_info", .type = anything},
      {.name = "_workspace"},
  };
  return fields;
}

const std::vector<absent_entity>& absent_entities() {
  static constexpr std::string_view enterprise = "is Kong Enterprise's; Kong 3.4 refuses it too";
  static constexpr std::string_view oauth2 =
      "serves the oauth2 plugin, which this gateway does not have; there are jwt, key-auth";
  static const std::vector<absent_entity> table = {
      {"filter_chains", "WebAssembly filters are not available (Kong has them off unless it is started with wasm=on)"},
      {"consumer_groups", enterprise},
      {"consumer_group_consumers", enterprise},
      {"consumer_group_plugins", enterprise},
      {"rbac_roles", enterprise},
      {"rbac_users", enterprise},
      {"rbac_endpoints", enterprise},
      {"licenses", enterprise},
      {"event_hooks", enterprise},
      {"partials", enterprise},
      {"degraphql_routes", enterprise},
      {"mtls_auth_credentials", enterprise},
      {"oauth2_credentials", oauth2},
      {"oauth2_tokens", oauth2},
      {"oauth2_authorization_codes", oauth2},
      {"sessions", "serves the session plugin, which this gateway does not have"},
      {"acme_storage",
       "serves the acme plugin, which this gateway does not have; certificates come from 'certificates'"},
      {"workspaces", "workspaces are Kong Enterprise's; there is one, default"},
      {"parameters", "cluster parameters have no meaning here"},
      {"clustering_data_planes", "there is no hybrid mode here"},
      {"_konnect", "belongs to Kong's hosted Konnect; take it out"},
      {"_plugin_configs",
       "decK fills these in before it talks to Kong; write the configuration into each plugin, or use YAML's &anchors"},
  };
  return table;
}

}  // namespace mes::gateway
