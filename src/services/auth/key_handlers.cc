#include <charconv>

#include "services/auth/audit_chain.h"
#include "services/auth/login.h"
#include "services/auth/password.h"
#include "services/auth/signing_keys.h"

namespace mes::auth {
namespace json = boost::json;
namespace {

result<service::reply> rotate_keys(service::http_command& c) {
  for (consumer_group group : {consumer_group::users, consumer_group::integration}) {
    const json::value* pem = c.prepared.get_object().if_contains(consumer_name(group));
    auto key = wire::rsa_key::from_private_pem(pem->get_string());
    if (!key) return std::unexpected(key.error());
    rotate(c.db, group, *key, c.why.now);
  }
  append_audit(c, "rotate keys", "", "accepted");
  return service::reply{.body = jwks(c.db)};
}

result<json::value> make_keys() {
  json::object made;
  for (consumer_group group : {consumer_group::users, consumer_group::integration})
    made[consumer_name(group)] = wire::rsa_key::generate().private_pem();
  return json::value(std::move(made));
}

result<service::reply> create_api_key(service::http_command& c, const create_api_key_input& input) {
  std::string secret = make_secret(), id = uuid::make_v7().to_string();
  c.db.execute("INSERT INTO api_keys (id, name, key_hash, user_id, created_at) VALUES (:p1, :p2, :p3, :p4, :p5)",
               {id, input.name, hash_secret(secret), c.why.user.user_id, c.why.now.microseconds});
  append_audit(c, "create API key", id, "accepted");
  return service::reply{.status = 201,
                        .body = json::object{{"id", id}, {"name", input.name}, {"api_key", secret}},
                        .location = "/api/v1/auth/api-keys/" + id};
}

result<service::reply> revoke_api_key(service::http_command& c) {
  std::int64_t changed =
      c.db.execute("UPDATE api_keys SET revoked_at = :p1 WHERE id = :p2 AND user_id = :p3 AND revoked_at IS NULL",
                   {c.why.now.microseconds, c.path_value("id"), c.why.user.user_id});
  if (changed == 0) return fail(error_code::not_found, "You have no API key " + c.path_value("id"));
  append_audit(c, "revoke API key", c.path_value("id"), "accepted");
  return service::reply{.status = 204, .body = {}};
}

result<service::reply> list_api_keys(const service::query& q) {
  json::array data;
  for (auto& [id, name, created] : q.db.select<std::string, std::string, std::int64_t>(
           "SELECT id, name, created_at FROM api_keys WHERE user_id = :p1 AND revoked_at IS NULL ORDER BY id",
           {q.why.user.user_id}))
    data.push_back(json::object{{"id", id}, {"name", name}, {"created_at", instant{created}.to_string()}});
  return service::reply{.body = json::object{{"data", std::move(data)}}};
}

result<service::reply> list_audit(const service::query& q) {
  std::int64_t after = 0;
  std::string_view text = q.parameter("after");
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), after);
  if (!text.empty() && (ec != std::errc{} || end != text.data() + text.size()))
    return fail({error_code::invalid_argument, "after must be a number", {{"?after", "must be a number"}}});
  json::object body{{"data", audit_rows(q.db, after, 500)}};
  auto broken = first_broken_audit_row(q.db);
  body["chain_holds"] = !broken;
  if (broken) body["first_broken"] = *broken;
  return service::reply{.body = std::move(body)};
}

}  // namespace

void define_keys(service::api& surface) {
  surface.get("/.well-known/jwks.json",
              {.id = "getKeys", .summary = "Public keys of the tokens (RFC 7517)", .permission = "public"},
              [](const service::query& q) -> result<service::reply> { return service::reply{.body = jwks(q.db)}; });
  surface.action("POST", "/keys/actions/rotate",
                 {.id = "rotateKeys",
                  .summary = "Sign with new keys from now on",
                  .permission = "auth:write",
                  .prepare = [](const service::cause&, const runtime::http_request&, const auto&,
                                const json::value&) { return make_keys(); }},
                 rotate_keys);
  surface.get("/api-keys", {.id = "listApiKeys", .summary = "One's own API keys", .permission = ""}, list_api_keys);
  surface.post<create_api_key_input>(
      "/api-keys",
      {.id = "createApiKey", .summary = "Make an API key; it is shown once", .permission = "", .success_status = 201},
      create_api_key);
  surface.action("DELETE", "/api-keys/{id}",
                 {.id = "revokeApiKey", .summary = "Revoke an API key", .permission = "", .success_status = 204},
                 revoke_api_key);
  surface.get("/audit",
              {.id = "listAudit",
               .summary = "The hash-chained audit trail of logins, users and keys",
               .permission = "auth:read",
               .query = {{"after", "Sequence number to start behind"}}},
              list_audit);
  surface.every(std::chrono::hours(1), "rotate keys that are due", [](service::command& c) -> result<void> {
    for (consumer_group group : groups_due(c.db, c.why.now)) rotate(c.db, group, wire::rsa_key::generate(), c.why.now);
    remove_expired(c.db, c.why.now);
    return {};
  });
}

}  // namespace mes::auth
