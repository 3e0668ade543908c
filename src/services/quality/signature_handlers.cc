// Electronic signatures: bound to the SHA-256 of the record as it was, and to a re-authentication of the signer.
#include <boost/json/serialize.hpp>

#include "base/sha256.h"
#include "service/replies.h"
#include "service/security.h"
#include "services/quality/handlers.h"
#include "services/quality/improvement.h"
#include "services/quality/repository.h"

namespace mes::quality {

using service::http_command;
using service::reply;
using service::reply_created;
using service::reply_with;

namespace {

constexpr std::chrono::hours time_to_sign{24 * 7};

struct record_now {
  std::int64_t version;
  std::string sha256;
};

template <class T>
result<record_now> look_up(store::session& db, const service::collection<T>& table, const std::string& id) {
  auto item = table.get(db, id);
  if (!item) return std::unexpected(item.error());
  return record_now{item->version, sha256_hex(json::serialize(wire::to_json(*item)))};
}

// Canonical: the record's JSON with its members in the order of its schema, without white space.
result<record_now> record_of(store::session& db, const std::string& type, const std::string& id) {
  if (type == "fai") return look_up(db, first_articles(), id);
  if (type == "ncr") return look_up(db, ncrs(), id);
  if (type == "capa") return look_up(db, capas(), id);
  if (type == "inspection") return look_up(db, inspections(), id);
  return fail({error_code::invalid_argument,
               "This kind of record is not signed",
               {{"/record_type", "must be one of fai, ncr, capa, inspection"}}});
}

result<reply> require_handler(http_command& c, const require_signature& input) {
  auto record = record_of(c.db, input.record_type, input.record_id);
  if (!record) return std::unexpected(record.error());
  signature s{.id = new_id(),
              .record_type = input.record_type,
              .record_id = input.record_id,
              .record_version = record->version,
              .record_sha256 = record->sha256,
              .meaning = input.meaning,
              .created_at = c.why.now,
              .expires_at = c.why.now + time_to_sign};
  tell(c, s, "quality.signature-required", event_of(s));
  signatures().insert(c.db, s);
  return reply_created(s, "/api/v1/quality/signatures");
}

error bad_token(std::string message) {
  return {error_code::permission_denied, "The re-authentication does not hold: " + message};
}

std::string text_claim(const json::object& claims, std::string_view name) {
  const json::value* v = claims.if_contains(name);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

// The token of POST /api/v1/auth/reauth: signed by auth, for signatures, of this user, not expired, used once.
result<reauth_claims> verify_reauth(http_command& c, const std::string& token) {
  auto jwt = wire::parse_jwt(token);
  if (!jwt) return fail(bad_token("it is no token"));
  service::key_set keys;
  if (const json::object* jwks = c.prepared.if_object()) keys.replace(*jwks);
  auto key = keys.find(text_claim(jwt->header, "kid"));
  if (text_claim(jwt->header, "alg") != "RS256" || !key || !key->verify_rs256(jwt->signed_part, jwt->signature))
    return fail(bad_token("its signature is not auth's"));
  const json::object& claims = jwt->claims;
  if (text_claim(claims, "iss") != service::token_issuer || text_claim(claims, "aud") != "mes-signature")
    return fail(bad_token("it was not made for signing"));
  const json::value* expires = claims.if_contains("exp");
  if (!expires || !expires->is_int64() || expires->get_int64() * 1000 < c.why.now.ms())
    return fail(bad_token("it has expired"));
  if (text_claim(claims, "sub") != c.why.user.user_id) return fail(bad_token("it is another user's"));
  std::string jti = text_claim(claims, "jti");
  if (jti.empty() || c.db.execute("INSERT INTO used_tokens (jti, expires) VALUES (:p1, :p2) ON CONFLICT DO NOTHING",
                                  {jti, expires->get_int64()}) != 1)
    return fail(bad_token("it has been used"));
  return reauth_claims{text_claim(claims, "sub"), text_claim(claims, "record_hash"), text_claim(claims, "meaning")};
}

result<reply> sign_handler(http_command& c, const sign_record& input) {
  auto s = signatures().get(c.db, c.path_value("id"));
  if (!s) return std::unexpected(s.error());
  auto claims = verify_reauth(c, input.reauth_token);
  if (!claims) return std::unexpected(claims.error());
  auto record = record_of(c.db, s->record_type, s->record_id);
  if (!record) return std::unexpected(record.error());
  auto done = sign(std::move(*s), *claims, input.printed_name, record->sha256, c.why.now);
  if (!done) return std::unexpected(done.error());
  tell(c, *done, "quality.signature-completed", event_of(*done));
  signatures().update(c.db, *done);
  return reply_with(*done);
}

result<reply> decline_handler(http_command& c, const decline_signature& input) {
  auto s = signatures().get(c.db, c.path_value("id"));
  if (!s) return std::unexpected(s.error());
  auto declined = change(std::move(*s), signature_verb::decline);
  if (!declined) return std::unexpected(declined.error());
  declined->user_id = c.why.user.user_id;
  declined->reason = input.reason;
  signatures().update(c.db, *declined);
  return reply_with(*declined);
}

result<void> expire_signatures(service::command& c) {
  for (signature& s : signatures().all(c.db, {{"state", std::string("required")}})) {
    if (s.expires_at >= c.why.now) continue;
    auto expired = change(std::move(s), signature_verb::expire);
    if (!expired) return std::unexpected(expired.error());
    signatures().update(c.db, *expired);
  }
  c.db.execute("DELETE FROM used_tokens WHERE expires < :p1", {c.why.now.ms() / 1000 - 3600});
  return {};
}

}  // namespace

void define_signatures(service::api& api) {
  api.post<require_signature, signature>("/signatures",
                                         {.id = "requireSignature",
                                          .summary = "Signature asked for",
                                          .permission = "quality:write",
                                          .success_status = 201},
                                         require_handler);
  api.get<signature>("/signatures",
                     {.id = "listSignatures",
                      .summary = "Signatures, oldest first",
                      .permission = "quality:read",
                      .query = {{"state", "Only of this state"}, {"record_id", "Only of this record"}},
                      .paged = true},
                     service::list_of(signatures(), {"state", "record_id"}));
  api.get<signature>("/signatures/{id}",
                     {.id = "readSignature", .summary = "One signature", .permission = "quality:read"},
                     service::one_of(signatures()));
  auto auth_keys = [api](const service::cause& why, const runtime::http_request& request, const auto&,
                         const json::value&) -> result<json::value> {
    auto answer = api.call(why, request, "auth", "GET", "/api/v1/auth/.well-known/jwks.json", {}, "");
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) return fail(error_code::unavailable, "The auth service does not give its keys");
    return wire::parse_json(answer->body);
  };
  api.post<sign_record, signature>("/signatures/{id}/actions/sign",
                                   {.id = "sign",
                                    .summary = "Record signed with a fresh re-authentication",
                                    .permission = "quality:approve",
                                    .prepare = auth_keys},
                                   sign_handler);
  api.post<decline_signature, signature>(
      "/signatures/{id}/actions/decline",
      {.id = "declineSignature", .summary = "Signature declined", .permission = "quality:approve"}, decline_handler);
  api.every(std::chrono::hours(1), "signatures nobody gave", expire_signatures);
}

}  // namespace mes::quality
