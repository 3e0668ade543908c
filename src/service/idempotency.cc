#include "service/idempotency.h"

#include <openssl/evp.h>

#include <boost/json/serialize.hpp>

#include "base/base64.h"
#include "wire/json/schema.h"

namespace mes::service {
namespace {

std::string sha256(std::string_view text) {
  std::string digest(32, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
  return base64url_encode(digest);
}

}  // namespace

std::span<const store::migration> idempotency_migrations() {
  static constexpr store::migration table[] = {
      {8, "idempotency keys",
       "CREATE TABLE idempotency_keys (scope TEXT NOT NULL, idempotency_key TEXT NOT NULL, fingerprint TEXT NOT NULL,"
       " status BIGINT NOT NULL, version BIGINT, location TEXT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT "
       "NULL,"
       " PRIMARY KEY (scope, idempotency_key));\n"
       "CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at)"}};
  return table;
}

result<std::optional<idempotency_key>> read_idempotency_key(const runtime::http_request& request, const cause& why) {
  constexpr std::size_t key_max = 255;
  if (!request.headers.has("Idempotency-Key")) return std::nullopt;
  std::string_view key = request.headers.get("Idempotency-Key");
  if (key.size() >= 2 && key.starts_with('"') && key.ends_with('"')) key = key.substr(1, key.size() - 2);
  bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
  if (key.empty() || key.size() > key_max || !printable)
    return fail(error_code::invalid_argument, "Idempotency-Key must have 1 to 255 visible ASCII characters");
  return idempotency_key{.scope = why.user.user_id + ' ' + request.method + ' ' + request.path,
                         .key = std::string(key),
                         .fingerprint = sha256(request.body)};
}

result<std::optional<reply>> find_reply(store::session& db, const idempotency_key& key) {
  auto rows = db.select<std::string, std::int64_t, std::optional<std::int64_t>, std::string, std::string>(
      "SELECT fingerprint, status, version, location, body FROM idempotency_keys"
      " WHERE scope = :p1 AND idempotency_key = :p2",
      {key.scope, key.key});
  if (rows.empty()) return std::nullopt;
  auto& [fingerprint, status, version, location, body] = rows.front();
  if (fingerprint != key.fingerprint)
    return fail(error_code::unprocessable, "This Idempotency-Key was used before with another body");
  reply r{.status = static_cast<int>(status), .version = version, .location = std::move(location)};
  if (!body.empty()) {
    auto value = wire::parse_json(body, 64);
    if (!value) return std::unexpected(value.error());
    r.body = std::move(*value);
  }
  return r;
}

void store_reply(store::session& db, const idempotency_key& key, const reply& r, instant now) {
  store::value version;
  if (r.version) version = *r.version;
  db.execute(
      "INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status, version, location, body, created_at)"
      " VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8)",
      {key.scope, key.key, key.fingerprint, static_cast<std::int64_t>(r.status), version, r.location,
       r.body.is_null() ? std::string() : json::serialize(r.body), now.microseconds});
}

void forget_replies(store::session& db, instant older_than) {
  db.execute("DELETE FROM idempotency_keys WHERE created_at < :p1", {older_than.microseconds});
}

}  // namespace mes::service
