#include "gateway/config/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/lower_case.h"
#include "gateway/config/target_address.h"

namespace mes::gateway {
namespace {

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

constexpr auto algorithms =
    std::to_array<std::string_view>({"round-robin", "consistent-hashing", "least-connections", "latency"});
constexpr auto hash_inputs =
    std::to_array<std::string_view>({"none", "consumer", "ip", "header", "cookie", "path", "query_arg", "uri_capture"});

template <class Enum, std::size_t N>
Enum enum_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

class builder {
 public:
  builder(raw_entities& raw, const entity_index& index, reporter& report)
      : _raw(raw), _index(index), _report(report), _out(std::make_unique<configuration>()) {}

  std::unique_ptr<configuration> build() {
    _out->format_version = _raw.format_version;
    _out->transform = _raw.transform;
    each("certificates", _out->certificates, [](certificate& c) {
      c.cert = c.source.text("cert");
      c.key = c.source.text("key");
      c.cert_alt = c.source.text("cert_alt");
      c.key_alt = c.source.text("key_alt");
    });
    each("snis", _out->snis, [this](sni& s) { build_sni(s); });
    each("ca_certificates", _out->ca_certificates, [](ca_certificate& c) {
      c.cert = c.source.text("cert");
      c.digest = c.source.text("cert_digest");
    });
    each("services", _out->services, [this](service& s) { build_service(s); });
    each("routes", _out->routes, [this](route& r) { build_route(r); });
    each("consumers", _out->consumers, [](consumer& c) {
      c.username = c.source.text("username");
      c.custom_id = c.source.text("custom_id");
    });
    build_credentials();
    each("upstreams", _out->upstreams, [this](upstream& u) { build_upstream(u); });
    for (raw_entity& e : _raw.of("targets")) build_target(e);
    build_plugins();
    for (auto [name, list] : {std::pair("vaults", &_out->vaults), {"keys", &_out->keys}, {"key_sets", &_out->key_sets}})
      for (raw_entity& e : _raw.of(name)) list->push_back(std::move(e.source));
    return std::move(_out);
  }

 private:
  template <class Entity, class Fill>
  void each(std::string_view kind, std::vector<Entity>& out, Fill fill) {
    std::deque<raw_entity>& list = _raw.of(kind);
    out.reserve(list.size());
    for (raw_entity& raw : list) {
      Entity& e = out.emplace_back();
      e.source = std::move(raw.source);
      e.id = e.source.text("id");
      fill(e);
    }
  }

  // The entity that a resolved reference names; nullptr if there is none.
  template <class Entity>
  Entity* referred(std::vector<Entity>& all, std::string_view kind, const record& source, std::string_view member) {
    const boost::json::value& slot = source.at(member);
    if (!slot.is_object()) return nullptr;
    const auto& id = slot.get_object().at("id").get_string();
    return with_id(all, kind, {id.data(), id.size()});
  }

  template <class Entity>
  Entity* with_id(std::vector<Entity>& all, std::string_view kind, const std::string& id) {
    auto list = _index.find(kind);
    if (list == _index.end()) return nullptr;
    auto found = list->second.find(id);
    return found == list->second.end() || found->second >= all.size() ? nullptr : &all[found->second];
  }

  void build_sni(sni& s) {
    s.name = s.source.text("name");
    certificate* c = referred(_out->certificates, "certificates", s.source, "certificate");
    s.of = c;
    if (c) c->snis.push_back(s.name);
  }

  void build_service(service& s) {
    const record& source = s.source;
    s.name = source.text("name");
    s.protocol = source.text("protocol");
    s.tls = s.protocol == "https" || s.protocol == "grpcs";
    s.grpc = s.protocol == "grpc" || s.protocol == "grpcs";
    s.host = source.text("host");
    s.port = static_cast<std::uint16_t>(source.integer("port"));
    s.path = source.text("path");
    s.connect_timeout_ms = static_cast<std::uint32_t>(source.integer("connect_timeout"));
    s.write_timeout_ms = static_cast<std::uint32_t>(source.integer("write_timeout"));
    s.read_timeout_ms = static_cast<std::uint32_t>(source.integer("read_timeout"));
    s.retries = static_cast<int>(source.integer("retries"));
    s.tls_verify = source.flag("tls_verify");
    if (!source.is_null("tls_verify_depth")) s.tls_verify_depth = static_cast<int>(source.integer("tls_verify_depth"));
    s.enabled = source.flag("enabled");
    s.client_certificate = referred(_out->certificates, "certificates", source, "client_certificate");
    for (const std::string& id : source.strings("ca_certificates")) {
      if (const ca_certificate* c = with_id(_out->ca_certificates, "ca_certificates", lower_case(id)))
        s.ca_certificates.push_back(c);
      else
        _report.error(source.mark_of("ca_certificates"),
                      fmt::format("service '{}': there is no ca_certificate '{}'", s.name, id));
    }
    s.source.values.erase("url");
  }

  void build_route(route& r) {
    const record& source = r.source;
    r.name = source.text("name");
    std::vector<std::string> protocols = source.strings("protocols");
    r.http = has(protocols, "http");
    r.https = has(protocols, "https");
    r.grpc = has(protocols, "grpc");
    r.grpcs = has(protocols, "grpcs");
    r.stream = !r.http && !r.https && !r.grpc && !r.grpcs;
    r.methods = source.strings("methods");
    r.hosts = source.strings("hosts");
    r.paths = source.strings("paths");
    r.snis = source.strings("snis");
    for (auto& [name, values] : source.string_map("headers")) {
      auto& list = r.headers[lower_case(name)];
      list.insert(list.end(), values.begin(), values.end());
    }
    r.expression = source.text("expression");
    r.priority = static_cast<std::uint64_t>(source.integer("priority"));
    r.https_redirect_status = static_cast<int>(source.integer("https_redirect_status_code"));
    r.regex_priority = source.number("regex_priority");
    r.strip_path = source.flag("strip_path");
    r.preserve_host = source.flag("preserve_host");
    r.request_buffering = source.flag("request_buffering");
    r.response_buffering = source.flag("response_buffering");
    r.to = referred(_out->services, "services", source, "service");
    // The fields of the flavour that the route is not of.
    if (r.expression.empty())
      for (const char* member : {"expression", "priority"}) r.source.values.erase(member);
    else
      for (const char* member : {"methods", "hosts", "paths", "headers", "snis", "sources", "destinations",
                                 "regex_priority", "path_handling"})
        r.source.values.erase(member);
  }

  template <class Credential, class Fill>
  void credentials(std::string_view kind, std::vector<Credential>& out, Fill fill) {
    each(kind, out, [&](Credential& c) {
      c.owner = referred(_out->consumers, "consumers", c.source, "consumer");
      fill(c);
    });
  }

  void build_credentials() {
    credentials("acls", _out->acls, [](acl_group& g) { g.group = g.source.text("group"); });
    credentials("keyauth_credentials", _out->keyauth_credentials,
                [](keyauth_credential& c) { c.key = c.source.text("key"); });
    credentials("basicauth_credentials", _out->basicauth_credentials, [](basicauth_credential& c) {
      c.username = c.source.text("username");
      c.password = c.source.text("password");
    });
    credentials("hmacauth_credentials", _out->hmacauth_credentials, [](hmacauth_credential& c) {
      c.username = c.source.text("username");
      c.secret = c.source.text("secret");
    });
    credentials("jwt_secrets", _out->jwt_secrets, [](jwt_secret& s) {
      s.key = s.source.text("key");
      s.secret = s.source.text("secret");
      s.rsa_public_key = s.source.text("rsa_public_key");
      s.algorithm = s.source.text("algorithm");
    });
  }

  static hash_source hash_of(const record& source, std::string_view by, std::string_view prefix) {
    hash_source h{.by = enum_of<hash_input>(hash_inputs, source.text(by)), .name = {}};
    if (h.by == hash_input::header) h.name = source.text(fmt::format("{}_header", prefix));
    if (h.by == hash_input::query_arg) h.name = source.text(fmt::format("{}_query_arg", prefix));
    if (h.by == hash_input::uri_capture) h.name = source.text(fmt::format("{}_uri_capture", prefix));
    if (h.by == hash_input::cookie) h.name = source.text("hash_on_cookie");
    return h;
  }

  static int count(const record& source, std::string_view member) { return static_cast<int>(source.integer(member)); }

  void build_upstream(upstream& u) {
    const record& source = u.source;
    u.name = source.text("name");
    u.algorithm = enum_of<balancing>(algorithms, source.text("algorithm"));
    u.hash_on = hash_of(source, "hash_on", "hash_on");
    u.hash_fallback = hash_of(source, "hash_fallback", "hash_fallback");
    u.hash_on_cookie_path = source.text("hash_on_cookie_path");
    u.host_header = source.text("host_header");
    u.use_srv_name = source.flag("use_srv_name");
    u.client_certificate = referred(_out->certificates, "certificates", source, "client_certificate");
    u.threshold_percent = source.number("healthchecks.threshold");
    build_checks(u);
  }

  static void build_checks(upstream& u) {
    const record& source = u.source;
    u.active = {.type = source.text("healthchecks.active.type"),
                .timeout_s = source.number("healthchecks.active.timeout"),
                .concurrency = count(source, "healthchecks.active.concurrency"),
                .http_path = source.text("healthchecks.active.http_path"),
                .https_sni = source.text("healthchecks.active.https_sni"),
                .https_verify_certificate = source.flag("healthchecks.active.https_verify_certificate"),
                .headers = source.string_map("healthchecks.active.headers"),
                .healthy_interval_s = source.number("healthchecks.active.healthy.interval"),
                .unhealthy_interval_s = source.number("healthchecks.active.unhealthy.interval"),
                .healthy_statuses = source.integers("healthchecks.active.healthy.http_statuses"),
                .unhealthy_statuses = source.integers("healthchecks.active.unhealthy.http_statuses"),
                .successes = count(source, "healthchecks.active.healthy.successes"),
                .tcp_failures = count(source, "healthchecks.active.unhealthy.tcp_failures"),
                .timeouts = count(source, "healthchecks.active.unhealthy.timeouts"),
                .http_failures = count(source, "healthchecks.active.unhealthy.http_failures")};
    u.passive = {.type = source.text("healthchecks.passive.type"),
                 .healthy_statuses = source.integers("healthchecks.passive.healthy.http_statuses"),
                 .unhealthy_statuses = source.integers("healthchecks.passive.unhealthy.http_statuses"),
                 .successes = count(source, "healthchecks.passive.healthy.successes"),
                 .tcp_failures = count(source, "healthchecks.passive.unhealthy.tcp_failures"),
                 .timeouts = count(source, "healthchecks.passive.unhealthy.timeouts"),
                 .http_failures = count(source, "healthchecks.passive.unhealthy.http_failures")};
  }

  void build_target(raw_entity& raw) {
    upstream* owner = referred(_out->upstreams, "upstreams", raw.source, "upstream");
    if (!owner) return;  // an error, said already
    target_address at = read_target(raw.source.text("target"));
    target t{.id = raw.source.text("id"),
             .host = std::move(at.host),
             .port = at.port,
             .weight = static_cast<int>(raw.source.integer("weight")),
             .source = std::move(raw.source)};
    owner->targets.push_back(std::move(t));
  }

  void build_plugins() {
    std::deque<raw_entity>& list = _raw.of("plugins");
    std::size_t next = 0;
    each("plugins", _out->plugins, [&](plugin_entry& p) {
      p.config = std::move(list[next++].config);
      p.name = p.source.text("name");
      p.instance_name = p.source.text("instance_name");
      p.on_service = referred(_out->services, "services", p.source, "service");
      p.on_route = referred(_out->routes, "routes", p.source, "route");
      p.on_consumer = referred(_out->consumers, "consumers", p.source, "consumer");
      p.protocols = p.source.strings("protocols");
      p.enabled = p.source.flag("enabled");
      p.source.values["config"] = p.config.values;
      for (const char* member : {"ordering", "consumer_group"}) p.source.values.erase(member);  // null, and not Kong's
    });
  }

  raw_entities& _raw;
  const entity_index& _index;
  reporter& _report;
  std::unique_ptr<configuration> _out;
};

}  // namespace

std::unique_ptr<configuration> build_configuration(raw_entities& raw, const entity_index& index, reporter& report) {
  return builder(raw, index, report).build();
}

const upstream* configuration::find_upstream(std::string_view name) const {
  auto found = std::ranges::find(upstreams, name, &upstream::name);
  return found == upstreams.end() ? nullptr : &*found;
}

const consumer* configuration::find_consumer(std::string_view username_or_id) const {
  for (const consumer& c : consumers)
    if (c.username == username_or_id || c.id == username_or_id) return &c;
  return nullptr;
}

}  // namespace mes::gateway
