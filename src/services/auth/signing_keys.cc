#include "services/auth/signing_keys.h"

#include <array>

#include "service/security.h"

namespace mes::auth {
namespace json = boost::json;
namespace {

constexpr std::array all_groups = {consumer_group::users, consumer_group::integration};

std::int64_t us(std::chrono::microseconds d) { return d.count(); }

}  // namespace

signing_key active_key(store::session& db, consumer_group group) {
  auto rows = db.select<std::string, std::string>(
      "SELECT key_id, private_pem FROM signing_keys WHERE consumer = :p1 AND retired_at IS NULL"
      " ORDER BY created_at DESC LIMIT 1",
      {std::string(consumer_name(group))});
  if (rows.empty()) throw store::sql_error(error_code::internal, "there is no signing key");
  auto key = wire::rsa_key::from_private_pem(std::get<1>(rows.front()));
  if (!key) throw store::sql_error(error_code::corrupt, "the signing key cannot be read");
  return {std::get<0>(rows.front()), std::move(*key)};
}

void add_key(store::session& db, consumer_group group, const wire::rsa_key& key, instant now) {
  db.execute("INSERT INTO signing_keys (key_id, consumer, private_pem, created_at) VALUES (:p1, :p2, :p3, :p4)",
             {key.thumbprint(), std::string(consumer_name(group)), key.private_pem(), now.microseconds});
}

void rotate(store::session& db, consumer_group group, const wire::rsa_key& fresh, instant now) {
  db.execute("UPDATE signing_keys SET retired_at = :p1 WHERE consumer = :p2 AND retired_at IS NULL",
             {now.microseconds, std::string(consumer_name(group))});
  add_key(db, group, fresh, now);
}

std::vector<consumer_group> groups_due(store::session& db, instant now) {
  std::vector<consumer_group> due;
  for (consumer_group group : all_groups) {
    auto rows = db.select<std::int64_t>(
        "SELECT COUNT(*) FROM signing_keys WHERE consumer = :p1 AND retired_at IS NULL AND created_at > :p2",
        {std::string(consumer_name(group)), now.microseconds - us(key_lifetime)});
    if (std::get<0>(rows.front()) == 0) due.push_back(group);
  }
  return due;
}

void remove_expired(store::session& db, instant now) {
  constexpr std::chrono::minutes leeway{5};
  db.execute("DELETE FROM signing_keys WHERE retired_at < :p1",
             {now.microseconds - us(access_token_lifetime + leeway)});
  db.execute("DELETE FROM refresh_tokens WHERE expires_at < :p1", {now.microseconds});
}

json::object jwks(store::session& db) {
  json::array keys;
  for (auto& [key_id, consumer, pem] : db.select<std::string, std::string, std::string>(
           "SELECT key_id, consumer, private_pem FROM signing_keys ORDER BY created_at DESC")) {
    auto key = wire::rsa_key::from_private_pem(pem);
    if (!key) throw store::sql_error(error_code::corrupt, "a signing key cannot be read");
    json::object entry = key->public_jwk();
    entry["kid"] = key_id;
    entry["use"] = "sig";
    entry["alg"] = "RS256";
    entry["consumer"] = consumer;
    entry["aud"] = service::token_audience;
    keys.push_back(std::move(entry));
  }
  return {{"keys", std::move(keys)}};
}

}  // namespace mes::auth
