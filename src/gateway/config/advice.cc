#include "gateway/config/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "gateway/config/checks.h"
#include "gateway/config/plugin_scope.h"
#include "gateway/config/shadowing.h"

namespace mes::gateway {
namespace {

// Plugins that find out who sends a request, and what they read.
struct authenticator {
  std::string_view plugin, credentials;
};
constexpr auto authenticators = std::to_array<authenticator>({
    {"jwt", "jwt_secrets"},
    {"key-auth", "keyauth_credentials"},
    {"basic-auth", "basicauth_credentials"},
    {"hmac-auth", "hmacauth_credentials"},
});

bool is_authenticator(std::string_view plugin) {
  return std::ranges::find(authenticators, plugin, &authenticator::plugin) != authenticators.end() ||
         plugin == "ldap-auth" || plugin == "oauth2" || plugin == "session";
}

class adviser {
 public:
  adviser(const configuration& all, reporter& report) : _all(all), _report(report) {}

  void run() {
    services();
    routes();
    upstreams();
    plugins();
    credentials();
    warn_of_shadowed_routes(_all, _report);
  }

 private:
  void warn(const record& source, std::string_view member, std::string text) {
    _report.warning(member.empty() ? source.mark : source.mark_of(member), std::move(text));
  }

  void services() {
    std::unordered_set<const service*> routed;
    for (const route& r : _all.routes) routed.insert(r.to);
    for (const service& s : _all.services) {
      std::string what = fmt::format("service '{}'", s.label());
      if (!routed.contains(&s)) warn(s.source, {}, fmt::format("{}: no route leads to it", what));
      if (is_placeholder(s.host))
        warn(s.source, "host",
             fmt::format("{}: host '{}' looks like a placeholder that was not filled in", what, s.host));
      if (s.protocol == "tcp" || s.protocol == "tls" || s.protocol == "udp" || s.protocol == "tls_passthrough")
        warn(s.source, "protocol",
             fmt::format("{}: nothing serves protocol {} here, as in a Kong without stream_listen", what, s.protocol));
      if (!s.tls_verify && (s.tls_verify_depth || !s.ca_certificates.empty()))
        warn(s.source, s.tls_verify_depth ? "tls_verify_depth" : "ca_certificates",
             fmt::format("{}: has no effect without tls_verify: true", what));
    }
  }

  // Whether a plugin on the route answers in a service's place.
  bool answers_itself(const route& r) const {
    static constexpr auto answering = std::to_array<std::string_view>(
        {"request-termination", "aws-lambda", "azure-functions", "pre-function", "post-function"});
    return std::ranges::any_of(_all.plugins, [&](const plugin_entry& p) {
      return (!p.on_route || p.on_route == &r) && !p.on_service &&
             std::ranges::find(answering, p.name) != answering.end();
    });
  }

  void routes() {
    for (const route& r : _all.routes) {
      std::string what = fmt::format("route '{}'", r.label());
      if (r.stream)
        warn(r.source, "protocols",
             fmt::format("{}: nothing serves tcp, tls or udp here, as in a Kong without stream_listen", what));
      else if (!r.to && !answers_itself(r))
        warn(r.source, {}, fmt::format("{}: has no service; what it takes is answered with 503", what));
      if (r.to && !r.to->enabled)
        warn(r.source, {}, fmt::format("{}: takes nothing, its service '{}' is disabled", what, r.to->label()));
      bool regex = std::ranges::any_of(r.paths, [](const std::string& p) { return p.starts_with('~'); });
      if (r.source.given("regex_priority") && r.regex_priority != 0 && !regex)
        warn(r.source, "regex_priority",
             fmt::format("{}: regex_priority has no effect without a path that begins with ~", what));
      std::set<std::string> seen;
      for (std::size_t i = 0; i < r.paths.size(); ++i) {
        if (!seen.insert(r.paths[i]).second)
          warn(r.source, fmt::format("paths[{}]", i), fmt::format("{}: path {} is here twice", what, r.paths[i]));
        if (r.paths[i].starts_with('/') && r.paths[i].find_first_of("*(\\^[{") != std::string::npos)
          warn(r.source, fmt::format("paths[{}]", i),
               fmt::format("{}: path {} looks like a regular expression, which begins with ~/ in format 3.0", what,
                           r.paths[i]));
      }
    }
  }

  void upstreams() {
    std::unordered_set<std::string> hosts;
    for (const service& s : _all.services) hosts.insert(s.host);
    for (const upstream& u : _all.upstreams) {
      std::string what = fmt::format("upstream '{}'", u.name);
      if (!hosts.contains(u.name)) warn(u.source, {}, fmt::format("{}: no service has it as its host", what));
      if (std::ranges::none_of(u.targets, [](const target& t) { return t.weight > 0; }))
        warn(u.source, {}, fmt::format("{}: has no target with a weight: its services answer 503", what));
    }
  }

  // Whether an authentication plugin may run where the other one does.
  bool authenticated(const plugin_entry& p) const {
    const service* s = p.on_service ? p.on_service : p.on_route ? p.on_route->to : nullptr;
    return std::ranges::any_of(_all.plugins, [&](const plugin_entry& a) {
      if (!a.enabled || !is_authenticator(a.name) || a.on_consumer) return false;
      if (!p.on_route && !p.on_service) return true;
      if (a.on_route) return p.on_route ? a.on_route == p.on_route : a.on_route->to == s;
      return !a.on_service || a.on_service == s;
    });
  }

  void plugins() {
    std::map<std::tuple<std::string, const void*, const void*, const void*>, const plugin_entry*> scopes;
    for (const plugin_entry& p : _all.plugins) {
      std::string what = fmt::format("plugin '{}'", p.name);
      auto [other, fresh] = scopes.try_emplace({p.name, p.on_route, p.on_service, p.on_consumer}, &p);
      if (!fresh)
        warn(p.source, {},
             fmt::format("{}: there is one in the same scope already, in line {}; one alone of the two runs", what,
                         other->second->source.mark.line));
      if (!p.enabled) continue;
      if (!runs_on_http(p))
        warn(p.source, "protocols",
             fmt::format("{}: nothing serves tcp, tls or udp here, as in a Kong without stream_listen; it never runs",
                         what));
      if (p.on_consumer && !authenticated(p))
        warn(p.source, {},
             fmt::format("{}: is for consumer '{}', but no authentication plugin finds out who sends a request; "
                         "it never runs",
                         what, p.on_consumer->label()));
      const auto* anonymous = p.config.values.if_contains("anonymous");
      if (anonymous && anonymous->is_string() && !_all.find_consumer(p.config.text("anonymous")))
        warn(p.config, "anonymous",
             fmt::format("{}: there is no consumer '{}'; a request without credentials is answered with 500", what,
                         p.config.text("anonymous")));
      if (p.name == "acl" && !authenticated(p))
        warn(p.source, {},
             fmt::format("{}: no authentication plugin finds out who sends a request, so it refuses all", what));
      if (p.on_route && p.on_service && p.on_route->to != p.on_service)
        warn(p.source, {},
             fmt::format("{}: route '{}' does not lead to service '{}'; it never runs", what, p.on_route->label(),
                         p.on_service->label()));
    }
  }

  bool has_plugin(std::string_view name) const {
    return std::ranges::any_of(_all.plugins, [&](const plugin_entry& p) { return p.name == name && p.enabled; });
  }

  template <class Credential>
  void unused(std::string_view kind, const std::vector<Credential>& list, std::string_view plugin) {
    if (!list.empty() && !has_plugin(plugin))
      warn(list.front().source, {}, fmt::format("{}: no plugin {} reads them", kind, plugin));
  }

  void credentials() {
    unused("jwt_secrets", _all.jwt_secrets, "jwt");
    unused("keyauth_credentials", _all.keyauth_credentials, "key-auth");
    unused("basicauth_credentials", _all.basicauth_credentials, "basic-auth");
    unused("hmacauth_credentials", _all.hmacauth_credentials, "hmac-auth");
    unused("acls", _all.acls, "acl");
  }

  const configuration& _all;
  reporter& _report;
};

}  // namespace

void advise(const configuration& all, reporter& report) { adviser(all, report).run(); }

}  // namespace mes::gateway
