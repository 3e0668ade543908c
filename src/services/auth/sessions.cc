#include "services/auth/sessions.h"

#include "service/security.h"
#include "services/auth/password.h"

namespace mes::auth {
namespace json = boost::json;
namespace {

constexpr std::chrono::seconds signature_token_lifetime{60};

json::object claims_of(const user& who, instant now, std::chrono::seconds lifetime) {
  json::array roles;
  for (const std::string& role : who.roles) roles.push_back(json::string(role));
  std::int64_t now_s = now.ms() / 1000;
  return {{"iss", service::token_issuer},
          {"aud", service::token_audience},
          {"sub", who.id},
          {"preferred_username", who.username},
          {"name", who.display_name},
          {"roles", std::move(roles)},
          {"iat", now_s},
          {"exp", now_s + lifetime.count()},
          {"jti", uuid::make_v7().to_string()}};
}

std::string add_refresh_token(store::session& db, const user& who, const std::string& session_id, instant now) {
  std::string token = make_secret();
  db.execute(
      "INSERT INTO refresh_tokens (token_hash, session_id, user_id, used, expires_at) VALUES (:p1, :p2, :p3, 0, :p4)",
      {hash_secret(token), session_id, who.id, (now + refresh_token_lifetime).microseconds});
  return token;
}

}  // namespace

opened_session open_session(store::session& db, const user& who, instant now) {
  std::string session_id = uuid::make_v7().to_string();
  db.execute("INSERT INTO sessions (id, user_id, started_at) VALUES (:p1, :p2, :p3)",
             {session_id, who.id, now.microseconds});
  token_pair tokens = continue_session(db, who, session_id, now);
  return {.id = std::move(session_id), .tokens = std::move(tokens)};
}

token_pair continue_session(store::session& db, const user& who, const std::string& session_id, instant now) {
  signing_key key = active_key(db, who.consumer);
  json::object claims = claims_of(who, now, access_token_lifetime);
  claims["sid"] = session_id;
  return {.access_token = wire::sign_jwt(key.key, key.key_id, claims),
          .refresh_token = add_refresh_token(db, who, session_id, now),
          .token_type = "Bearer",
          .expires_in = std::chrono::seconds(access_token_lifetime).count()};
}

result<refreshed> use_refresh_token(store::session& db, std::string_view token, instant now, std::string& ended) {
  auto rows = db.select<std::string, std::string, std::int64_t, std::int64_t>(
      "SELECT session_id, user_id, used, expires_at FROM refresh_tokens WHERE token_hash = :p1", {hash_secret(token)});
  auto refuse = [] { return fail(error_code::unauthenticated, "The refresh token is not valid: log in again"); };
  if (rows.empty()) return refuse();
  auto& [session_id, user_id, used, expires_at] = rows.front();
  if (used != 0) {
    end_session(db, session_id, now);
    ended = session_id;
    return refuse();
  }
  if (expires_at <= now.microseconds || !session_is_open(db, session_id)) return refuse();
  db.execute("UPDATE refresh_tokens SET used = 1 WHERE token_hash = :p1", {hash_secret(token)});
  return refreshed{std::move(user_id), std::move(session_id)};
}

void end_session(store::session& db, std::string_view session_id, instant now) {
  db.execute("UPDATE sessions SET ended_at = :p1 WHERE id = :p2 AND ended_at IS NULL",
             {now.microseconds, std::string(session_id)});
}

std::vector<std::string> end_sessions_of(store::session& db, std::string_view user_id, instant now) {
  std::vector<std::string> ids;
  for (auto& [id] : db.select<std::string>("SELECT id FROM sessions WHERE user_id = :p1 AND ended_at IS NULL",
                                           {std::string(user_id)})) {
    end_session(db, id, now);
    ids.push_back(std::move(id));
  }
  return ids;
}

bool session_is_open(store::session& db, std::string_view session_id) {
  return !db.select<std::string>("SELECT id FROM sessions WHERE id = :p1 AND ended_at IS NULL",
                                 {std::string(session_id)})
              .empty();
}

std::string signature_token(store::session& db, const user& who, const reauth_input& input, instant now) {
  signing_key key = active_key(db, who.consumer);
  json::object claims = claims_of(who, now, signature_token_lifetime);
  claims["aud"] = "mes-signature";
  claims["record_hash"] = input.record_hash;
  claims["meaning"] = input.meaning;
  return wire::sign_jwt(key.key, key.key_id, claims);
}

}  // namespace mes::auth
