// A declarative configuration (kong.yml), checked and resolved: plain immutable values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/config/schema.h"

namespace mes::gateway {

struct service {
  std::string id;
  std::string name;  // "" if it has none
  bool tls = false;  // protocol https
  std::string host;
  std::uint16_t port = 80;
  std::string path;  // "" or "/…"
  std::uint32_t connect_timeout_ms = 60'000;
  std::uint32_t write_timeout_ms = 60'000;
  std::uint32_t read_timeout_ms = 60'000;
  int retries = 5;
  bool tls_verify = false;
  record source;

  const std::string& label() const { return name.empty() ? host : name; }  // in metrics, as Kong
};

struct route {
  std::string id;
  std::string name;
  bool http = true, https = true;  // protocols
  std::vector<std::string> methods;
  std::vector<std::string> hosts;
  std::vector<std::string> paths;                           // "/prefix" or "~/regex"
  std::map<std::string, std::vector<std::string>> headers;  // name in lower case -> accepted values
  std::vector<std::string> snis;
  int https_redirect_status = 426;
  std::uint32_t regex_priority = 0;
  bool strip_path = true;
  bool preserve_host = false;
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

struct target {
  std::string host;
  std::uint16_t port = 8000;
  int weight = 100;
  record source;
};

struct upstream {
  std::string id;
  std::string name;
  std::string host_header;  // "" = the target's name
  std::vector<target> targets;
  record source;
};

struct plugin_entry {
  std::string id;
  std::string name;
  const service* on_service = nullptr;
  const route* on_route = nullptr;
  const consumer* on_consumer = nullptr;
  bool enabled = true;
  record config;
  record source;
};

// Entities point at each other; they live in vectors that are filled once and never grow again.
struct configuration {
  std::string format_version;
  std::vector<service> services;
  std::vector<route> routes;
  std::vector<consumer> consumers;
  std::vector<jwt_secret> jwt_secrets;
  std::vector<upstream> upstreams;
  std::vector<plugin_entry> plugins;
  std::string text;  // as it was read

  configuration() = default;
  configuration(const configuration&) = delete;
  configuration& operator=(const configuration&) = delete;

  const upstream* find_upstream(std::string_view name) const;
  const consumer* find_consumer(std::string_view username_or_id) const;
};

// Checks all of `text` and resolves it. nullptr if `report` has errors then.
std::unique_ptr<const configuration> load_configuration(std::string text, reporter& report);

}  // namespace mes::gateway
