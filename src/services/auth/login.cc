#include "services/auth/login.h"

#include <boost/json/serialize.hpp>

#include "services/auth/audit_chain.h"
#include "services/auth/password.h"
#include "services/auth/sessions.h"
#include "services/auth/users.h"

namespace mes::auth {
namespace json = boost::json;
namespace {

// Refusals that are counted: the same words whether the name, the password or the state is wrong.
service::reply refused(const service::cause& why) {
  return {.status = 401,
          .body = json::object{{"type", "urn:mes:problem:unauthenticated"},
                               {"title", "Unauthenticated"},
                               {"status", 401},
                               {"detail", "User name and password do not match an active user"},
                               {"request_id", why.request_id}}};
}

// Does the slow hash outside the transaction. An unknown name costs the same time as a wrong password.
result<json::value> check_password(store::database& db, const json::value& body, std::string_view user_id) {
  const json::value* password = body.is_object() ? body.get_object().if_contains("password") : nullptr;
  const json::value* username = body.is_object() ? body.get_object().if_contains("username") : nullptr;
  if (!password || !password->is_string()) return json::value(false);  // validation will refuse it
  auto stored = db.read_and_wait([&](store::session& s) -> std::optional<credentials> {
    if (!user_id.empty()) return find_credentials(s, user_id);
    if (!username || !username->is_string()) return std::nullopt;
    auto who = users().find_by(s, "username", username->get_string());
    return who ? find_credentials(s, who->id) : std::nullopt;
  });
  if (!stored) return std::unexpected(stored.error());
  static const std::string decoy = hash_password(make_secret());
  bool known = stored->has_value();
  bool matches = password_matches(password->get_string(), known ? (*stored)->password_hash : decoy);
  return json::value(known && matches);
}

void count_failure(service::command& c, user& who) {
  auto stored = find_credentials(c.db, who.id);
  std::int64_t failures = (stored ? stored->failed_logins : 0) + 1;
  set_failed_logins(c.db, who.id, failures);
  if (failures < failed_logins_max || who.state != user_state::active) return;
  who.state = user_state::locked;
  users().update(c.db, who);
  append_audit(c, "lock", who.id, "too many failed logins");
  c.emit("system.notification", who.id, who.version,
         {{"severity", "warning"}, {"subject", "User " + who.username + " is locked after failed logins"}});
}

// The session is in the database with this commit, and in Redis soon after it.
service::reply open(service::http_command& c, const user& who, const std::shared_ptr<session_cache>& sessions) {
  opened_session opened = open_session(c.db, who, c.why.now);
  c.after_commit([sessions, who, id = opened.id, now = c.why.now] { sessions->keep(id, who, now); });
  return {.body = wire::to_json(opened.tokens), .audit_id = who.id};
}

result<service::reply> log_in(service::http_command& c, const credentials_input& input,
                              const std::shared_ptr<session_cache>& sessions) {
  auto who = users().find_by(c.db, "username", input.username);
  bool matches = c.prepared.is_bool() && c.prepared.get_bool();
  if (!who || !matches || who->state != user_state::active) {
    if (who) count_failure(c, *who);
    append_audit(c, "login", who ? who->id : "", "refused");
    return refused(c.why);
  }
  set_failed_logins(c.db, who->id, 0);
  append_audit(c, "login", who->id, "accepted");
  return open(c, *who, sessions);
}

result<service::reply> refresh(service::http_command& c, const refresh_input& input,
                               const std::shared_ptr<session_cache>& sessions) {
  std::string ended;
  auto used = use_refresh_token(c.db, input.refresh_token, c.why.now, ended);
  if (!used) {
    if (!ended.empty()) c.after_commit([sessions, ended] { sessions->drop(ended); });
    append_audit(c, "refresh", "", "refused");
    return refused(c.why);  // committed: a token used twice has ended its session
  }
  auto who = users().find(c.db, used->user_id);
  if (!who || who->state != user_state::active) return refused(c.why);
  return service::reply{.body = wire::to_json(continue_session(c.db, *who, used->session_id, c.why.now)),
                        .audit_id = who->id};
}

result<service::reply> log_out(service::http_command& c, const refresh_input& input,
                               const std::shared_ptr<session_cache>& sessions) {
  std::string ended;
  auto used = use_refresh_token(c.db, input.refresh_token, c.why.now, ended);
  if (used) ended = used->session_id;
  if (!ended.empty()) c.after_commit([sessions, ended] { sessions->drop(ended); });
  if (used) {
    end_session(c.db, used->session_id, c.why.now);
    append_audit(c, "logout", used->user_id, "accepted");
  }
  return service::reply{.status = 204, .body = {}, .audit_id = used ? used->user_id : std::string()};
}

result<service::reply> reauthenticate(service::http_command& c, const reauth_input& input) {
  auto who = users().get(c.db, c.why.user.user_id);
  if (!who) return std::unexpected(who.error());
  bool matches = c.prepared.is_bool() && c.prepared.get_bool();
  if (!matches || who->state != user_state::active) {
    count_failure(c, *who);
    append_audit(c, "reauth", who->id, "refused");
    return refused(c.why);
  }
  append_audit(c, "reauth", who->id, "accepted");
  return service::reply{
      .body = json::object{{"token", signature_token(c.db, *who, input, c.why.now)}, {"expires_in", 60}},
      .audit_id = who->id};
}

result<service::reply> log_in_with_key(service::http_command& c, const api_key_input& input,
                                       const std::shared_ptr<session_cache>& sessions) {
  auto rows = c.db.select<std::string>("SELECT user_id FROM api_keys WHERE key_hash = :p1 AND revoked_at IS NULL",
                                       {hash_secret(input.api_key)});
  auto who = rows.empty() ? std::nullopt : users().find(c.db, std::get<0>(rows.front()));
  if (!who || who->state != user_state::active) {
    append_audit(c, "api-key login", who ? who->id : "", "refused");
    return refused(c.why);
  }
  append_audit(c, "api-key login", who->id, "accepted");
  return open(c, *who, sessions);
}

// The caller's session: from Redis, or from the database where Redis is away or has lost it.
result<service::reply> get_session(const service::query& q, session_cache& sessions) {
  std::string_view header = q.request.headers.get("Authorization");
  auto token = wire::parse_jwt(header.substr(std::min(header.size(), std::string_view("Bearer ").size())));
  const json::value* claim = token ? token->claims.if_contains("sid") : nullptr;
  if (!claim || !claim->is_string()) return fail(error_code::not_found, "The token belongs to no session");
  std::string id(claim->get_string());
  if (auto cached = sessions.find(id)) return service::reply{.body = std::move(*cached)};
  auto rows = q.db.select<std::int64_t>("SELECT started_at FROM sessions WHERE id = :p1 AND ended_at IS NULL", {id});
  auto who = users().find(q.db, q.why.user.user_id);
  if (rows.empty() || !who) return fail(error_code::not_found, "The session has ended");
  return service::reply{.body = session_json(id, *who, instant{std::get<0>(rows.front())})};
}

}  // namespace

void define_login(service::api& surface, const std::shared_ptr<session_cache>& sessions) {
  auto with_sessions = [&sessions](auto handle) {
    return [sessions, handle](service::http_command& c, const auto& input) { return handle(c, input, sessions); };
  };
  auto password_of = [&surface](bool of_caller) {
    return [surface, of_caller](const service::cause& why, const runtime::http_request&, const auto&,
                                const json::value& body) -> result<json::value> {
      return check_password(surface.database(), body, of_caller ? why.user.user_id : std::string());
    };
  };
  surface.post<credentials_input, token_pair>(
      "/login",
      {.id = "login", .summary = "Log in with a password", .permission = "public", .prepare = password_of(false)},
      with_sessions(log_in));
  surface.post<refresh_input, token_pair>(
      "/refresh", {.id = "refresh", .summary = "Exchange a refresh token for new tokens", .permission = "public"},
      with_sessions(refresh));
  surface.post<refresh_input>(
      "/logout",
      {.id = "logout", .summary = "End the session of a refresh token", .permission = "public", .success_status = 204},
      with_sessions(log_out));
  surface.post<api_key_input, token_pair>(
      "/api-keys/actions/login", {.id = "loginWithApiKey", .summary = "Log in with an API key", .permission = "public"},
      with_sessions(log_in_with_key));
  surface.get("/session", {.id = "getSession", .summary = "The session that the token belongs to", .permission = ""},
              [sessions](const service::query& q) { return get_session(q, *sessions); });
  surface.post<reauth_input>("/reauth",
                             {.id = "reauthenticate",
                              .summary = "Confirm one's password to sign one record",
                              .permission = "",
                              .prepare = password_of(true)},
                             reauthenticate);
}

}  // namespace mes::auth
