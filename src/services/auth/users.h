// Users in the database, and their credentials beside them (never part of a document that leaves the service).
#pragma once

#include <optional>
#include <string>

#include "service/collection.h"
#include "services/auth/model.h"

namespace mes::auth {

const service::collection<user>& users();

inline constexpr std::int64_t failed_logins_max = 10;  // then the user is locked

struct credentials {
  std::string password_hash;
  std::int64_t failed_logins = 0;
};
std::optional<credentials> find_credentials(store::session& db, std::string_view user_id);
void set_password_hash(store::session& db, std::string_view user_id, const std::string& hash);
void set_failed_logins(store::session& db, std::string_view user_id, std::int64_t count);

// invalid_argument names roles that do not exist.
result<void> check_roles(const std::vector<std::string>& roles);
// already_exists if the name is taken.
result<user> add_user(store::session& db, const create_user_input& input, const std::string& password_hash,
                      instant now);

}  // namespace mes::auth
