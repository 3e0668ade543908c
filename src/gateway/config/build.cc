#include "gateway/config/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/uuid.h"
#include "gateway/config/checks.h"
#include "gateway/jwt/token.h"

namespace mes::gateway {
namespace {

// Kong's ids in a configuration without a database: UUIDv5 of the entity's key (declarative_config.lua).
std::string entity_id(const record& source, std::string_view entities, std::string_view key) {
  if (std::string given = source.text("id"); !given.empty()) return given;
  static const uuid root = *uuid::parse("fd02801f-0957-4a15-a55a-c8d9606f30b5");
  return uuid::make_v5(uuid::make_v5(root, entities), key).to_string();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

class builder {
 public:
  builder(raw_entities& raw, reporter& report) : _raw(raw), _report(report), _out(std::make_unique<configuration>()) {}

  std::unique_ptr<configuration> build() {
    _out->format_version = _raw.format_version;
    build_services();
    build_routes();
    build_consumers();
    build_upstreams();
    build_jwt_secrets();
    build_plugins();
    return std::move(_out);
  }

 private:
  // Complains about a second entity with a name that has to be unique.
  void unique(std::set<std::string>& seen, const std::string& name, std::string_view what, wire::yaml_mark mark) {
    if (!name.empty() && !seen.insert(name).second)
      _report.error(mark, fmt::format("{} '{}': there is one of that name already", what, name));
  }

  template <class Entity>
  const Entity* resolve(const std::vector<Entity>& all, const record& source, std::string_view member,
                        std::string_view what) {
    std::string name = source.text(member);
    if (name.empty()) return nullptr;
    auto found = std::ranges::find_if(all, [&](const Entity& e) { return e.id == name || entity_name(e) == name; });
    if (found != all.end()) return &*found;
    _report.error(source.mark_of(member), fmt::format("{}: there is no {} '{}'", what, member, name));
    return nullptr;
  }
  static const std::string& entity_name(const service& s) { return s.name; }
  static const std::string& entity_name(const route& r) { return r.name; }
  static const std::string& entity_name(const consumer& c) { return c.username; }
  static const std::string& entity_name(const upstream& u) { return u.name; }

  // "http://host:port/path" in place of the single fields. The values are checked as those are.
  void split_url(record& source, const std::string& what) {
    std::string url = source.text("url");
    if (url.empty()) return;
    wire::yaml_mark mark = source.mark_of("url");
    std::size_t scheme_end = url.find("://");
    std::string protocol = url.substr(0, scheme_end);
    std::string rest = url.substr(scheme_end + 3);
    std::size_t slash = rest.find('/');
    std::string authority = rest.substr(0, slash);
    std::string path = slash == std::string::npos ? "" : rest.substr(slash);
    std::size_t colon = authority.rfind(':');
    std::uint32_t port = protocol == "https" || protocol == "wss" ? 443 : 80;
    if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
      const char* end = authority.data() + authority.size();
      auto [stop, failure] = std::from_chars(authority.data() + colon + 1, end, port);
      if (failure != std::errc{} || stop != end || port > 65535)
        _report.error(mark, fmt::format("{}, url: '{}' is no port", what, authority.substr(colon + 1)));
      authority.resize(colon);
    }
    if (std::string wrong = check_host(authority); !wrong.empty())
      _report.error(mark, fmt::format("{}, url: {}", what, wrong));
    if (!path.empty())
      if (std::string wrong = check_path(path); !wrong.empty())
        _report.error(mark, fmt::format("{}, url: {}", what, wrong));
    source.values["protocol"] = protocol;
    source.values["host"] = authority;
    source.values["port"] = static_cast<std::int64_t>(port);
    source.values["path"] = path.empty() ? boost::json::value(nullptr) : boost::json::value(path);
    source.marks.emplace("host", mark);
    source.marks.emplace("protocol", mark);
    if (authority.find('$') != std::string::npos)
      _report.warning(mark,
                      fmt::format("{}: host '{}' looks like a placeholder that was not filled in", what, authority));
  }

  void build_services() {
    std::set<std::string> names;
    _out->services.reserve(_raw.services.size());
    for (record& source : _raw.services) {
      std::string name = source.text("name");
      std::string what = fmt::format("service '{}'", name);
      unique(names, name, "service", source.mark_of("name"));
      split_url(source, what);
      source.values.erase("url");
      std::string protocol = source.text("protocol");
      if (protocol != "http" && protocol != "https")
        _report.error(source.mark_of("protocol"), fmt::format("{}: protocol {} is not available towards a service; "
                                                              "there are http and https (WebSockets pass through http)",
                                                              what, protocol));
      if (source.text("host").empty() && !source.given("host") && !source.given("url"))
        _report.error(source.mark, fmt::format("{}: host or url is missing", what));
      if (protocol != "https" && (!source.is_null("tls_verify") || !source.is_null("tls_verify_depth")))
        _report.error(source.mark_of("tls_verify"), fmt::format("{}: tls_verify needs protocol https", what));
      service s{.id = entity_id(source, "services", name.empty() ? fmt::format("#{}", _out->services.size()) : name),
                .name = name,
                .tls = protocol == "https",
                .host = source.text("host"),
                .port = static_cast<std::uint16_t>(source.integer("port")),
                .path = source.text("path"),
                .connect_timeout_ms = static_cast<std::uint32_t>(source.integer("connect_timeout")),
                .write_timeout_ms = static_cast<std::uint32_t>(source.integer("write_timeout")),
                .read_timeout_ms = static_cast<std::uint32_t>(source.integer("read_timeout")),
                .retries = static_cast<int>(source.integer("retries")),
                .tls_verify = source.flag("tls_verify"),
                .source = std::move(source)};
      s.source.values["id"] = s.id;
      _out->services.push_back(std::move(s));
    }
  }

  // http and https as given; grpc is refused with its place.
  void read_protocols(route& r, const std::string& what) {
    r.http = r.https = false;
    for (const std::string& p : r.source.strings("protocols")) {
      if (p == "http")
        r.http = true;
      else if (p == "https")
        r.https = true;
      else
        _report.error(r.source.mark_of("protocols"),
                      fmt::format("{}: protocol {} is not available; there are http and https", what, p));
    }
  }

  void read_matchers(route& r, const std::string& what) {
    r.methods = r.source.strings("methods");
    r.hosts = r.source.strings("hosts");
    r.paths = r.source.strings("paths");
    r.snis = r.source.strings("snis");
    if (const auto* headers = r.source.values.at("headers").if_object())
      for (const auto& [name, values] : *headers) {
        auto& list = r.headers[lower(std::string_view(name.data(), name.size()))];
        for (const auto& v : values.get_array()) list.emplace_back(v.get_string().c_str());
        if (lower(std::string_view(name.data(), name.size())) == "host")
          _report.error(
              r.source.mark_of("headers"),
              fmt::format("{}: cannot contain 'host' header, which must be specified in the 'hosts' attribute", what));
      }
    if (std::ranges::none_of(std::to_array<std::string_view>({"methods", "hosts", "paths", "headers", "snis"}),
                             [&](std::string_view f) { return r.source.given(f); }))
      _report.error(r.source.mark, fmt::format("{}: must set one of 'methods', 'hosts', 'headers', 'paths'{}", what,
                                               r.https ? ", 'snis'" : ""));
    if (!r.snis.empty() && !r.https)
      _report.error(r.source.mark_of("snis"),
                    fmt::format("{}: 'snis' can only be set when 'protocols' has https", what));
  }

  void build_routes() {
    std::set<std::string> names;
    _out->routes.reserve(_raw.routes.size());
    for (raw_entity& raw : _raw.routes) {
      record& source = raw.source;
      std::string name = source.text("name");
      std::string what = fmt::format("route '{}'", name);
      unique(names, name, "route", source.mark_of("name"));
      route r{.id = entity_id(source, "routes", name.empty() ? fmt::format("#{}", _out->routes.size()) : name),
              .name = name,
              .https_redirect_status = static_cast<int>(source.integer("https_redirect_status_code")),
              .regex_priority = static_cast<std::uint32_t>(source.integer("regex_priority")),
              .strip_path = source.flag("strip_path"),
              .preserve_host = source.flag("preserve_host"),
              .source = std::move(source)};
      static constexpr int redirects[] = {426, 301, 302, 307, 308};
      if (std::ranges::find(redirects, r.https_redirect_status) == std::end(redirects))
        _report.error(r.source.mark_of("https_redirect_status_code"),
                      fmt::format("{}: https_redirect_status_code is none of 426, 301, 302, 307, 308", what));
      if (r.source.text("path_handling") == "v1")
        _report.warning(
            r.source.mark_of("path_handling"),
            fmt::format("{}: path_handling v1 has no effect, as with Kong's router traditional_compatible", what));
      r.to = raw.of.service >= 0 ? &_out->services[static_cast<std::size_t>(raw.of.service)]
                                 : resolve(_out->services, r.source, "service", what);
      read_protocols(r, what);
      read_matchers(r, what);
      r.source.values["id"] = r.id;
      r.source.values["service"] = r.to ? boost::json::value({{"id", r.to->id}}) : boost::json::value(nullptr);
      _out->routes.push_back(std::move(r));
    }
  }

  void build_consumers() {
    std::set<std::string> names;
    _out->consumers.reserve(_raw.consumers.size());
    for (record& source : _raw.consumers) {
      consumer c{
          .username = source.text("username"), .custom_id = source.text("custom_id"), .source = std::move(source)};
      unique(names, c.username, "consumer", c.source.mark_of("username"));
      if (c.username.empty() && c.custom_id.empty())
        _report.error(c.source.mark, "consumer: username or custom_id is missing");
      c.id = entity_id(c.source, "consumers", c.label());
      c.source.values["id"] = c.id;
      _out->consumers.push_back(std::move(c));
    }
  }

  void build_upstreams() {
    std::set<std::string> names;
    _out->upstreams.reserve(_raw.upstreams.size());
    for (record& source : _raw.upstreams) {
      upstream u{.name = source.text("name"), .host_header = source.text("host_header"), .source = std::move(source)};
      unique(names, u.name, "upstream", u.source.mark_of("name"));
      u.id = entity_id(u.source, "upstreams", u.name);
      u.source.values["id"] = u.id;
      _out->upstreams.push_back(std::move(u));
    }
    for (raw_entity& raw : _raw.targets) {
      std::string text = raw.source.text("target");
      const upstream* found =
          owner_of(_out->upstreams, raw.of.upstream, raw.source, "upstream", "target '" + text + "'");
      upstream* owner = found ? &_out->upstreams[static_cast<std::size_t>(found - _out->upstreams.data())] : nullptr;
      if (!owner) {
        if (raw.source.text("upstream").empty())
          _report.error(raw.source.mark, fmt::format("target '{}': field 'upstream' is missing", text));
        continue;
      }
      target t{.host = text, .weight = static_cast<int>(raw.source.integer("weight")), .source = std::move(raw.source)};
      std::size_t colon = text.rfind(':');
      if (colon != std::string::npos && text.find(']', colon) == std::string::npos) {
        t.host = text.substr(0, colon);
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), t.port);
      }
      owner->targets.push_back(std::move(t));
    }
    for (const upstream& u : _out->upstreams)
      if (std::ranges::none_of(u.targets, [](const target& t) { return t.weight > 0; }))
        _report.warning(u.source.mark,
                        fmt::format("upstream '{}' has no target with a weight: its services answer 503", u.name));
  }

  void build_jwt_secrets() {
    std::set<std::string> keys;
    for (raw_entity& raw : _raw.jwt_secrets) {
      jwt_secret s{.key = raw.source.text("key"),
                   .secret = raw.source.text("secret"),
                   .rsa_public_key = raw.source.text("rsa_public_key"),
                   .algorithm = raw.source.text("algorithm"),
                   .source = std::move(raw.source)};
      std::string what = fmt::format("jwt_secret '{}'", s.key);
      s.owner = raw.of.consumer >= 0 ? &_out->consumers[static_cast<std::size_t>(raw.of.consumer)]
                                     : resolve(_out->consumers, s.source, "consumer", what);
      if (!s.owner && s.source.text("consumer").empty())
        _report.error(s.source.mark, fmt::format("{}: field 'consumer' is missing", what));
      if (s.key.empty())
        _report.error(s.source.mark,
                      fmt::format("{}: field 'key' is missing (Kong would make one up at each start)", what));
      unique(keys, s.key, "jwt_secret", s.source.mark_of("key"));
      s.id = entity_id(s.source, "jwt_secrets", fmt::format("jwt_secrets:*:{}", s.key));
      if (s.algorithm.starts_with("HS")) {
        if (s.secret.empty() && !s.source.given("secret"))
          _report.error(s.source.mark, fmt::format("{}: field 'secret' is missing", what));
      } else if (auto key = jwt_key::from_pem(s.algorithm, s.rsa_public_key); !key) {
        _report.error(s.source.mark_of("rsa_public_key"),
                      fmt::format("{}, rsa_public_key: {}", what, key.error().message));
      }
      s.source.values["id"] = s.id;
      _out->jwt_secrets.push_back(std::move(s));
    }
  }

  template <class Entity>
  const Entity* owner_of(const std::vector<Entity>& all, int index, const record& source, std::string_view member,
                         const std::string& what) {
    return index >= 0 ? &all[static_cast<std::size_t>(index)] : resolve(all, source, member, what);
  }

  void build_plugins() {
    std::set<std::string> scopes;
    for (raw_plugin& raw : _raw.plugins) {
      plugin_entry p{.name = raw.source.text("name"),
                     .enabled = raw.source.flag("enabled"),
                     .config = std::move(raw.config),
                     .source = std::move(raw.source)};
      std::string what = fmt::format("plugin '{}'", p.name);
      p.on_service = owner_of(_out->services, raw.of.service, p.source, "service", what);
      p.on_route = owner_of(_out->routes, raw.of.route, p.source, "route", what);
      p.on_consumer = owner_of(_out->consumers, raw.of.consumer, p.source, "consumer", what);
      std::string scope = fmt::format("plugins:*:{}:{}:{}:{}", p.name, p.on_route ? p.on_route->id : "",
                                      p.on_service ? p.on_service->id : "", p.on_consumer ? p.on_consumer->id : "");
      if (!scopes.insert(scope).second && p.source.text("instance_name").empty())
        _report.error(p.source.mark, fmt::format("{}: there is one of that name in the same scope already", what));
      p.id = entity_id(p.source, "plugins", scope);
      auto& values = p.source.values;
      values["id"] = p.id;
      values["config"] = p.config.values;
      values["service"] = p.on_service ? boost::json::value({{"id", p.on_service->id}}) : boost::json::value(nullptr);
      values["route"] = p.on_route ? boost::json::value({{"id", p.on_route->id}}) : boost::json::value(nullptr);
      values["consumer"] =
          p.on_consumer ? boost::json::value({{"id", p.on_consumer->id}}) : boost::json::value(nullptr);
      _out->plugins.push_back(std::move(p));
    }
  }

  raw_entities& _raw;
  reporter& _report;
  std::unique_ptr<configuration> _out;
};

}  // namespace

std::unique_ptr<configuration> build_configuration(raw_entities& raw, reporter& report) {
  return builder(raw, report).build();
}

wire::yaml_mark mark_in(std::string_view message) {
  wire::yaml_mark mark{1, 1};
  std::size_t first = message.find(':');
  if (first == std::string_view::npos) return mark;
  const char* end = message.data() + message.size();
  int line = 0, column = 0;
  auto [stop, failure] = std::from_chars(message.data() + first + 1, end, line);
  if (failure != std::errc{} || stop == end || *stop != ':') return mark;
  if (std::from_chars(stop + 1, end, column).ec == std::errc{}) mark = {line, column};
  return mark;
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
