// Users, their states, and the inputs of the auth service's commands.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "service/state_machine.h"
#include "wire/json/schema.h"

namespace mes::auth {

enum class user_state { invited, active, locked, disabled };
enum class user_verb { activate, lock, unlock, disable, enable };

// A user is never deleted: what they did stays theirs.
std::span<const service::transition<user_state, user_verb>> user_transitions();

// Whose keys sign a user's tokens: the gateway's consumers (infrastructure/kong/kong.yml) follow from the key.
enum class consumer_group { users, integration };
std::string_view consumer_name(consumer_group g);  // "mes-users", "integration"

struct user {
  std::string id;
  std::int64_t version = 0;
  std::string username;
  std::string display_name;
  std::vector<std::string> roles;
  user_state state = user_state::active;
  consumer_group consumer = consumer_group::users;
  instant created_at;
};

struct credentials_input {
  std::string username, password;
};
struct create_user_input {
  std::string username;
  std::optional<std::string> display_name;
  std::string password;
  std::vector<std::string> roles;
  std::optional<consumer_group> consumer;
};
struct change_user_input {
  std::optional<std::string> display_name;
  std::optional<std::vector<std::string>> roles;
};
struct change_password_input {
  std::optional<std::string> current_password;  // needed to change one's own
  std::string new_password;
};
struct refresh_input {
  std::string refresh_token;
};
struct reauth_input {
  std::string password;
  std::string record_hash;  // SHA-256 of the canonical record that is to be signed
  std::string meaning;      // "approved", "reviewed", …: 21 CFR 11.50
};
struct create_api_key_input {
  std::string name;
};
struct api_key_input {
  std::string api_key;
};

struct token_pair {
  std::string access_token, refresh_token, token_type;
  std::int64_t expires_in = 0;  // seconds
};

}  // namespace mes::auth

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<auth::user_state>();
template <>
std::span<const std::string_view> enum_names<auth::user_verb>();
template <>
std::span<const std::string_view> enum_names<auth::consumer_group>();
template <>
const schema<auth::user>& describe<auth::user>();
template <>
const schema<auth::credentials_input>& describe<auth::credentials_input>();
template <>
const schema<auth::create_user_input>& describe<auth::create_user_input>();
template <>
const schema<auth::change_user_input>& describe<auth::change_user_input>();
template <>
const schema<auth::change_password_input>& describe<auth::change_password_input>();
template <>
const schema<auth::refresh_input>& describe<auth::refresh_input>();
template <>
const schema<auth::reauth_input>& describe<auth::reauth_input>();
template <>
const schema<auth::create_api_key_input>& describe<auth::create_api_key_input>();
template <>
const schema<auth::api_key_input>& describe<auth::api_key_input>();
template <>
const schema<auth::token_pair>& describe<auth::token_pair>();
}  // namespace mes::wire
