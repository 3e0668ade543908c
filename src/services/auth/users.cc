#include "services/auth/users.h"

#include <algorithm>

#include "base/uuid.h"
#include "service/permissions.h"

namespace mes::auth {

const service::collection<user>& users() {
  static const service::collection<user> table("users", "user",
                                               {{"username", [](const user& u) { return store::value(u.username); }}});
  return table;
}

std::optional<credentials> find_credentials(store::session& db, std::string_view user_id) {
  auto rows = db.select<std::string, std::int64_t>(
      "SELECT password_hash, failed_logins FROM credentials WHERE user_id = :p1", {std::string(user_id)});
  if (rows.empty()) return std::nullopt;
  return credentials{std::get<0>(rows.front()), std::get<1>(rows.front())};
}

void set_password_hash(store::session& db, std::string_view user_id, const std::string& hash) {
  db.execute(
      "INSERT INTO credentials (user_id, password_hash, failed_logins) VALUES (:p1, :p2, 0)"
      " ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, failed_logins = 0",
      {std::string(user_id), hash});
}

void set_failed_logins(store::session& db, std::string_view user_id, std::int64_t count) {
  db.execute("UPDATE credentials SET failed_logins = :p1 WHERE user_id = :p2", {count, std::string(user_id)});
}

result<void> check_roles(const std::vector<std::string>& roles) {
  std::vector<field_error> unknown;
  for (std::size_t i = 0; i < roles.size(); ++i)
    if (std::ranges::find(service::role_table(), roles[i], &service::role_permissions::role) ==
        service::role_table().end())
      unknown.push_back({"/roles/" + std::to_string(i), "is no role; GET /roles lists them"});
  if (unknown.empty()) return {};
  return fail({error_code::invalid_argument, "The roles are not valid", std::move(unknown)});
}

result<user> add_user(store::session& db, const create_user_input& input, const std::string& password_hash,
                      instant now) {
  if (auto fine = check_roles(input.roles); !fine) return std::unexpected(fine.error());
  if (users().find_by(db, "username", input.username))
    return fail({error_code::already_exists, "The user name is taken", {{"/username", "is taken"}}});
  user u{.id = uuid::make_v7().to_string(),
         .username = input.username,
         .display_name = input.display_name.value_or(input.username),
         .roles = input.roles,
         .consumer = input.consumer.value_or(consumer_group::users),
         .created_at = now};
  users().insert(db, u);
  set_password_hash(db, u.id, password_hash);
  return u;
}

}  // namespace mes::auth
