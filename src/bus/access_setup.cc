#include "bus/access_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value.hpp>

#include "base/split.h"
#include "bus/log/number_text.h"
#include "runtime/certificate.h"
#include "service/security.h"

namespace mes::bus {
namespace {

result<net::client_auth> client_auth_of(const std::string& text) {
  if (text == "none") return net::client_auth::none;
  if (text == "requested") return net::client_auth::requested;
  if (text == "required") return net::client_auth::required;
  return fail(runtime::wrong_setting("ssl_client_auth", text + ": none, requested or required"));
}

result<void> check_certificate(const runtime::config& c) {
  const bool certificate = !c.text("ssl_certificate").empty(), key = !c.text("ssl_key").empty();
  if (certificate == key) return {};
  return fail(runtime::wrong_setting(certificate ? "ssl_certificate" : "ssl_key",
                                     "ssl_certificate and ssl_key go together: one of them is missing"));
}

result<void> check_claim(const std::string& claim) {
  if (claim == "sub" || claim == "preferred_username") return {};
  return fail(runtime::wrong_setting("oauthbearer_principal_claim", claim + ": sub or preferred_username"));
}

result<net::tls_context> make_tls(const runtime::process& process, net::client_auth clients) {
  const runtime::config& c = process.settings();
  net::tls_settings tls{c.text("ssl_certificate"), c.text("ssl_key"), c.text("ssl_client_ca"), clients};
  if (auto both = check_certificate(c); !both) return fail(std::move(both.error()));
  if (tls.certificate_file.empty()) {
    const auto made = runtime::ensure_certificate(process.data_dir());
    if (!made) return fail(made.error());
    tls.certificate_file = made->certificate;
    tls.key_file = made->key;
  }
  return net::make_tls_context(tls);
}

// Between semicolons, because a certificate's subject has commas.
result<std::set<std::string, std::less<>>> super_users_of(std::string_view text) {
  const auto wrong = [](std::string_view what) { return fail(runtime::wrong_setting("super_users", what)); };
  std::set<std::string, std::less<>> all;
  for (const std::string_view entry : split(text, ';')) {
    const std::string_view one = log::trimmed(entry);
    if (one.empty()) continue;
    const auto colon = one.find(':');
    if (colon == 0 || colon >= one.size() - 1)
      return wrong(fmt::format("'{}' is not TYPE:NAME, as User:admin; semicolons stand between them", one));
    if (one.find(",User:") != std::string_view::npos)
      return wrong(fmt::format("'{}': semicolons, not commas, stand between principals", one));
    all.emplace(one);
  }
  return all;
}

result<std::vector<security::listener>> listeners_of(const runtime::config& c) {
  security::listener_settings wanted{c.text("listeners"), c.text("advertised_listeners"),
                                     c.text("listener_security_protocol_map"), c.text("advertised_host"),
                                     static_cast<int>(c.integer("port_offset"))};
  if (wanted.listeners.empty()) {
    const std::string& bind = c.text("bind");
    const bool is_ipv6 = bind.find(':') != std::string::npos;
    wanted.listeners = fmt::format("PLAINTEXT://{}:{}", is_ipv6 ? "[" + bind + "]" : bind, c.integer("port"));
  }
  return security::parse_listeners(wanted);
}

}  // namespace

const std::vector<runtime::setting>& access_settings_table() {
  using enum runtime::setting_type;
  static const std::vector<runtime::setting> table = {
      {"listeners", text, "",
       "Where clients connect: NAME://host:port between commas, the name PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL or "
       "one "
       "of listener_security_protocol_map; the port offset is added. Empty: PLAINTEXT at `bind` and `port`."},
      {"advertised_listeners", text, "",
       "What clients are told to connect to, by listener: NAME://host:port; a listener without: the address that the "
       "client reached. No offset is added."},
      {"advertised_host", text, "", "Host of listeners that advertised_listeners does not name."},
      {"listener_security_protocol_map", text, "", "Protocols of listeners with other names: NAME:SASL_SSL."},
      {"ssl_certificate", text, "", "PEM file of the broker's certificate chain; empty: one is made at first start."},
      {"ssl_key", text, "", "PEM file of its key."},
      {"ssl_client_ca", text, "", "PEM file of the authorities that may sign clients' certificates."},
      {"ssl_client_auth", text, "none",
       "Whether clients of SSL listeners show a certificate: none, requested or required; those of SASL_SSL are asked "
       "for none."},
      {"ssl_principal_mapping_rules", text, "DEFAULT",
       "How a certificate's subject becomes a user: DEFAULT or RULE:pattern/replacement/[LU], between commas."},
      {"sasl_mechanisms", text, "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER", "The mechanisms that are offered."},
      {"sasl_users", text, "",
       "YAML file of users with passwords (`users:`, each `name` and `password`), readable by its owner alone. Other "
       "users are made with SCRAM credentials."},
      {"oauthbearer_principal_claim", text, "sub", "Claim of a token that names the user: sub or preferred_username."},
      {"oauthbearer_jwks_url", text, "", "Where the keys of tokens are; empty: the platform's auth service."},
      {"connections_max_reauth", duration_ms, "0",
       "After how long a client must authenticate again; 0: when its token ends, if it has one."},
      {"connections_max_idle", duration_ms, "10m", "After how long a silent connection is closed; 0: never."},
      {"authorizer", boolean, "false", "Whether ACLs decide who may do what."},
      {"super_users", text, "", "Who may do everything: principals such as User:admin, between semicolons."},
      {"allow_everyone_if_no_acl_found", boolean, "false", "Whether a resource without any ACL is open to all."},
  };
  return table;
}

std::vector<error> check_access_settings(const runtime::config& c) {
  std::vector<error> wrong;
  const auto look = [&](const auto& parsed) {
    if (!parsed) wrong.push_back(parsed.error());
  };
  look(listeners_of(c));
  look(check_certificate(c));
  look(client_auth_of(c.text("ssl_client_auth")));
  look(security::principal_rules::parse(c.text("ssl_principal_mapping_rules")));
  look(security::parse_mechanisms(c.text("sasl_mechanisms")));
  look(check_claim(c.text("oauthbearer_principal_claim")));
  look(super_users_of(c.text("super_users")));
  return wrong;
}

result<security::access_settings> make_access_settings(const runtime::process& process) {
  const runtime::config& c = process.settings();
  security::access_settings s;
  auto listeners = listeners_of(c);
  if (!listeners) return fail(std::move(listeners.error()));
  s.sessions.listeners = std::move(*listeners);
  auto rules = security::principal_rules::parse(c.text("ssl_principal_mapping_rules"));
  if (!rules) return fail(std::move(rules.error()));
  s.sessions.rules = std::move(*rules);
  auto mechanisms = security::parse_mechanisms(c.text("sasl_mechanisms"));
  if (!mechanisms) return fail(std::move(mechanisms.error()));
  s.sessions.mechanisms = std::move(*mechanisms);
  s.sessions.reauthentication_ms = c.duration("connections_max_reauth").count();
  if (auto known = check_claim(c.text("oauthbearer_principal_claim")); !known) return fail(std::move(known.error()));
  if (const std::string& users = c.text("sasl_users"); !users.empty()) {
    auto passwords = security::read_users_file(users);
    if (!passwords) return fail(std::move(passwords.error()));
    s.passwords = std::move(*passwords);
  }
  auto clients = client_auth_of(c.text("ssl_client_auth"));
  if (!clients) return fail(std::move(clients.error()));
  for (const security::listener& l : s.sessions.listeners) {
    if (!security::uses_tls(l.secured_by)) continue;
    const bool by_sasl = security::uses_sasl(l.secured_by);
    auto tls = make_tls(process, by_sasl ? net::client_auth::none : *clients);
    if (!tls) return fail(std::move(tls.error()));
    (by_sasl ? s.sasl_tls : s.tls) = std::move(*tls);
  }
  s.acls.enabled = c.flag("authorizer");
  auto super_users = super_users_of(c.text("super_users"));
  if (!super_users) return fail(std::move(super_users.error()));
  s.acls.super_users = std::move(*super_users);
  s.acls.allow_if_no_acl = c.flag("allow_everyone_if_no_acl_found");
  return s;
}

// ---- Tokens ----

struct token_verifier::state {
  explicit state(runtime::process& p)
      : process(p),
        keys(p.loop(), p.settings().text("oauthbearer_jwks_url").empty()
                           ? p.service_url("auth") + "/api/v1/auth/.well-known/jwks.json"
                           : p.settings().text("oauthbearer_jwks_url")),
        by_name(p.settings().text("oauthbearer_principal_claim") == "preferred_username") {}

  result<security::verified_token> take(const std::string& token, const result<service::identity>& who) const {
    if (!who) return fail(who.error());
    const auto parsed = wire::parse_jwt(token);
    if (!parsed) return fail(parsed.error());
    const auto* const expires = parsed->claims.if_contains("exp");
    const std::string& user = by_name ? who->username : who->user_id;
    if (user.empty() || !expires || !expires->is_number())
      return fail(error_code::unauthenticated, "the token does not name its user or its end");
    constexpr double longest_s = 1e11;  // the year 5138; what is beyond has no end for us
    const double ends_s = std::min(expires->to_number<double>(), longest_s);
    return security::verified_token{user, static_cast<std::int64_t>(ends_s * 1'000)};
  }

  runtime::process& process;
  service::authenticator keys;  // on the process's loop
  bool by_name;
};

token_verifier::token_verifier(runtime::process& process) : _state(std::make_shared<state>(process)) {}
token_verifier::~token_verifier() = default;

security::token_check token_verifier::check(std::function<void(std::function<void()>)> to_loop) const {
  return [s = _state, to_loop = std::move(to_loop)](std::string token,
                                                    std::function<void(result<security::verified_token>)> done) {
    s->process.loop().post([s, to_loop, token = std::move(token), done = std::move(done)] {
      s->keys.authenticate("Bearer " + token, [s, to_loop, token, done](const result<service::identity>& who) {
        to_loop([done, verified = s->take(token, who)] { done(verified); });
      });
    });
  };
}

}  // namespace mes::bus
