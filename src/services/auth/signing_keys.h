// The keys that sign tokens: one active key a consumer group; retired ones verify until their tokens have expired.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>

#include "base/instant.h"
#include "services/auth/model.h"
#include "store/database.h"
#include "wire/jose/jwt.h"

namespace mes::auth {

inline constexpr std::chrono::minutes access_token_lifetime{15};
inline constexpr std::chrono::hours key_lifetime{24 * 30};

struct signing_key {
  std::string key_id;
  wire::rsa_key key;
};

// The newest key of the group that is not retired. Throws sql_error if there is none (first_start makes them).
signing_key active_key(store::session& db, consumer_group group);
void add_key(store::session& db, consumer_group group, const wire::rsa_key& key, instant now);
// Adds `fresh` and retires what was active: tokens of the old key hold until they expire.
void rotate(store::session& db, consumer_group group, const wire::rsa_key& fresh, instant now);
// Groups whose active key is older than key_lifetime (or missing).
std::vector<consumer_group> groups_due(store::session& db, instant now);
void remove_expired(store::session& db, instant now);

// RFC 7517, with "consumer" and "aud" beside each key: what the gateway needs to know of it.
boost::json::object jwks(store::session& db);

}  // namespace mes::auth
