// A declarative configuration (kong.yml), checked and resolved: plain immutable values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "gateway/config/schema.h"

namespace mes::gateway {

// PEM texts, checked: each certificate fits its key.
struct certificate {
  std::string id;
  std::string cert, key;
  std::string cert_alt, key_alt;  // of another kind of key; "" = none
  std::vector<std::string> snis;  // "example.com", "*.example.com", "example.*"
  record source;
};

struct sni {
  std::string id;
  std::string name;
  const certificate* of = nullptr;
  record source;
};

struct ca_certificate {
  std::string id;
  std::string cert;    // PEM
  std::string digest;  // SHA-256 in hex
  record source;
};

struct service {
  std::string id;
  std::string name;      // "" if it has none
  std::string protocol;  // http, https, grpc, grpcs; tcp, tls, tls_passthrough, udp are there, but nothing serves them
  bool tls = false;      // protocol https or grpcs
  bool grpc = false;     // protocol grpc or grpcs
  std::string host;      // a name, an address, or the name of an upstream
  std::uint16_t port = 80;
  std::string path;  // "" or "/…"
  std::uint32_t connect_timeout_ms = 60'000;
  std::uint32_t write_timeout_ms = 60'000;
  std::uint32_t read_timeout_ms = 60'000;
  int retries = 5;
  bool tls_verify = false;
  std::optional<int> tls_verify_depth;
  std::vector<const ca_certificate*> ca_certificates;  // that tls_verify trusts; empty: the system's
  const certificate* client_certificate = nullptr;
  bool enabled = true;  // false: its routes are not there
  record source;

  const std::string& label() const { return name.empty() ? host : name; }  // in metrics, as Kong
};

struct route {
  std::string id;
  std::string name;
  bool http = true, https = true;    // protocols
  bool grpc = false, grpcs = false;  // protocols; then http and https are not set
  bool stream = false;               // protocols tcp, tls, tls_passthrough or udp: nothing serves it
  std::vector<std::string> methods;
  std::vector<std::string> hosts;
  std::vector<std::string> paths;                           // "/prefix" or "~/regex"
  std::map<std::string, std::vector<std::string>> headers;  // name in lower case -> accepted values
  std::vector<std::string> snis;
  std::string expression;      // "" = none; then the matchers above are empty
  std::uint64_t priority = 0;  // of an expression
  int https_redirect_status = 426;
  double regex_priority = 0;  // any whole one, as Lua's numbers
  bool strip_path = true;
  bool preserve_host = false;
  bool request_buffering = true, response_buffering = true;
  const service* to = nullptr;  // nullptr: no service
  record source;

  const std::string& label() const { return name.empty() ? id : name; }
};

struct consumer {
  std::string id;
  std::string username;
  std::string custom_id;
  record source;

  const std::string& label() const { return username.empty() ? custom_id : username; }
};

struct jwt_secret {
  std::string id;
  std::string key;
  std::string secret;
  std::string rsa_public_key;  // PEM; for ES256 and ES384 too
  std::string algorithm;
  const consumer* owner = nullptr;
  record source;
};

struct keyauth_credential {
  std::string id;
  std::string key;
  const consumer* owner = nullptr;
  record source;
};

// The password is as it was written: plain text, or Kong's hash if the configuration says `_transform: false`.
struct basicauth_credential {
  std::string id;
  std::string username, password;
  const consumer* owner = nullptr;
  record source;
};

struct hmacauth_credential {
  std::string id;
  std::string username, secret;
  const consumer* owner = nullptr;
  record source;
};

struct acl_group {
  std::string id;
  std::string group;
  const consumer* owner = nullptr;
  record source;
};

struct target {
  std::string id;
  std::string host;
  std::uint16_t port = 8000;
  int weight = 100;
  record source;
};

enum class balancing : std::uint8_t { round_robin, consistent_hashing, least_connections, latency };
enum class hash_input : std::uint8_t { none, consumer, ip, header, cookie, path, query_arg, uri_capture };

struct hash_source {
  hash_input by = hash_input::none;
  std::string name;  // of the header, cookie, argument or capture; "" for the others
};

// Thresholds of 0 are off.
struct active_checks {
  std::string type = "http";  // http, https, tcp, grpc, grpcs
  double timeout_s = 1;
  int concurrency = 10;  // targets asked at once
  std::string http_path = "/";
  std::string https_sni;  // "" = the target's name
  bool https_verify_certificate = true;
  std::map<std::string, std::vector<std::string>> headers;
  double healthy_interval_s = 0, unhealthy_interval_s = 0;  // 0: no probes in that state
  std::vector<std::int64_t> healthy_statuses, unhealthy_statuses;
  int successes = 0, tcp_failures = 0, timeouts = 0, http_failures = 0;
};

struct passive_checks {
  std::string type = "http";
  std::vector<std::int64_t> healthy_statuses, unhealthy_statuses;
  int successes = 0, tcp_failures = 0, timeouts = 0, http_failures = 0;
};

struct upstream {
  std::string id;
  std::string name;
  balancing algorithm = balancing::round_robin;
  hash_source hash_on, hash_fallback;
  std::string hash_on_cookie_path = "/";
  active_checks active;
  passive_checks passive;
  double threshold_percent = 0;  // of weight that must be healthy; 0 = none
  std::string host_header;       // "" = the target's name
  const certificate* client_certificate = nullptr;
  bool use_srv_name = false;
  std::vector<target> targets;
  record source;
};

struct plugin_entry {
  std::string id;
  std::string name;
  std::string instance_name;
  const service* on_service = nullptr;
  const route* on_route = nullptr;
  const consumer* on_consumer = nullptr;
  std::vector<std::string> protocols;
  bool enabled = true;
  record config;
  record source;
};

// Entities point at each other; they live in vectors that are filled once and never grow again.
struct configuration {
  std::string format_version;
  bool transform = true;  // false: passwords are hashed already
  std::vector<certificate> certificates;
  std::vector<sni> snis;
  std::vector<ca_certificate> ca_certificates;
  std::vector<service> services;
  std::vector<route> routes;
  std::vector<consumer> consumers;
  std::vector<jwt_secret> jwt_secrets;
  std::vector<keyauth_credential> keyauth_credentials;
  std::vector<basicauth_credential> basicauth_credentials;
  std::vector<hmacauth_credential> hmacauth_credentials;
  std::vector<acl_group> acls;
  std::vector<upstream> upstreams;
  std::vector<plugin_entry> plugins;
  std::vector<record> vaults, keys, key_sets;  // for the Admin API alone
  std::string text;                            // as it was read
  std::string file;                            // its name, for messages

  configuration() = default;
  configuration(const configuration&) = delete;
  configuration& operator=(const configuration&) = delete;

  const upstream* find_upstream(std::string_view name) const;
  const consumer* find_consumer(std::string_view username_or_id) const;
};

struct document;

// Checks all of `text` and resolves it. nullptr if `report` has errors then. With `entities` these are left there as
// the Admin API shows them.
std::unique_ptr<const configuration> load_configuration(std::string text, reporter& report,
                                                        document* entities = nullptr);
std::unique_ptr<const configuration> load_configuration(const document& entities, reporter& report);

}  // namespace mes::gateway
