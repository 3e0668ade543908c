// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the answer is stored in the commit of its effect, by
// user and route; the same key with the same request gets the stored answer, with another request 422.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/instant.h"
#include "runtime/http.h"
#include "service/context.h"

namespace mes::service {

std::span<const store::migration> idempotency_migrations();

struct idempotency_key {
  std::string scope;        // user, method and path
  std::string key;          // the header, without its quotes
  std::string fingerprint;  // SHA-256 of the body
};

// No value: the request has no such header. invalid_argument: it is no string of 1 to 255 characters.
result<std::optional<idempotency_key>> read_idempotency_key(const runtime::http_request& request, const cause& why);

// The stored reply, if there is one.
result<std::optional<reply>> find_reply(store::session& db, const idempotency_key& key);
void store_reply(store::session& db, const idempotency_key& key, const reply& r, instant now);
void forget_replies(store::session& db, instant older_than);

}  // namespace mes::service
