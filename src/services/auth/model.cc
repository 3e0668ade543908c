#include "services/auth/model.h"

#include <array>

namespace mes::auth {

std::span<const service::transition<user_state, user_verb>> user_transitions() {
  using enum user_state;
  using enum user_verb;
  static constexpr service::transition<user_state, user_verb> table[] = {
      {invited, activate, active},  {active, lock, locked},      {locked, unlock, active},
      {invited, disable, disabled}, {active, disable, disabled}, {locked, disable, disabled},
      {disabled, enable, active},
  };
  return table;
}

std::string_view consumer_name(consumer_group g) { return g == consumer_group::users ? "mes-users" : "integration"; }

}  // namespace mes::auth

namespace mes::wire {
using namespace mes::auth;
namespace {

constexpr std::size_t password_min = 12, password_max = 256, username_max = 64;

}  // namespace

template <>
std::span<const std::string_view> enum_names<user_state>() {
  static constexpr std::array<std::string_view, 4> names = {"invited", "active", "locked", "disabled"};
  return names;
}
template <>
std::span<const std::string_view> enum_names<user_verb>() {
  static constexpr std::array<std::string_view, 5> names = {"activate", "lock", "unlock", "disable", "enable"};
  return names;
}
template <>
std::span<const std::string_view> enum_names<consumer_group>() {
  static constexpr std::array<std::string_view, 2> names = {"users", "integration"};
  return names;
}

template <>
const schema<user>& describe<user>() {
  static const auto s = schema<user>("User")
                            .field("id", &user::id)
                            .field("version", &user::version)
                            .field("username", &user::username, {.doc = "Unique"})
                            .field("display_name", &user::display_name)
                            .field("roles", &user::roles, {.doc = "Names from /roles"})
                            .field("state", &user::state)
                            .field("consumer", &user::consumer, {.doc = "Whose limits at the gateway apply"})
                            .field("created_at", &user::created_at);
  return s;
}
template <>
const schema<credentials_input>& describe<credentials_input>() {
  static const auto s =
      schema<credentials_input>("Credentials")
          .field("username", &credentials_input::username, {.min_length = 1, .max_length = username_max})
          .field("password", &credentials_input::password, {.min_length = 1, .max_length = password_max});
  return s;
}
template <>
const schema<create_user_input>& describe<create_user_input>() {
  static const auto s =
      schema<create_user_input>("CreateUser")
          .field("username", &create_user_input::username,
                 {.doc = "Unique", .min_length = 1, .max_length = username_max})
          .field("display_name", &create_user_input::display_name, {.max_length = 128})
          .field("password", &create_user_input::password,
                 {.doc = "At least 12 bytes", .min_length = password_min, .max_length = password_max})
          .field("roles", &create_user_input::roles, {.min_length = 1, .max_length = 16})
          .field("consumer", &create_user_input::consumer, {.doc = "integration: a machine, with its own limits"});
  return s;
}
template <>
const schema<change_user_input>& describe<change_user_input>() {
  static const auto s = schema<change_user_input>("ChangeUser")
                            .field("display_name", &change_user_input::display_name, {.max_length = 128})
                            .field("roles", &change_user_input::roles, {.max_length = 16});
  return s;
}
template <>
const schema<change_password_input>& describe<change_password_input>() {
  static const auto s =
      schema<change_password_input>("ChangePassword")
          .field("current_password", &change_password_input::current_password,
                 {.doc = "Needed to change one's own password", .max_length = password_max})
          .field("new_password", &change_password_input::new_password,
                 {.doc = "At least 12 bytes", .min_length = password_min, .max_length = password_max});
  return s;
}
template <>
const schema<refresh_input>& describe<refresh_input>() {
  static const auto s = schema<refresh_input>("Refresh").field("refresh_token", &refresh_input::refresh_token,
                                                               {.min_length = 1, .max_length = 256});
  return s;
}
template <>
const schema<reauth_input>& describe<reauth_input>() {
  static const auto s =
      schema<reauth_input>("Reauthentication")
          .field("password", &reauth_input::password, {.min_length = 1, .max_length = password_max})
          .field("record_hash", &reauth_input::record_hash,
                 {.doc = "SHA-256 of the canonical record, in hex", .min_length = 64, .max_length = 64})
          .field("meaning", &reauth_input::meaning,
                 {.doc = "What the signature says: approved, reviewed, …", .min_length = 1, .max_length = 64});
  return s;
}
template <>
const schema<create_api_key_input>& describe<create_api_key_input>() {
  static const auto s = schema<create_api_key_input>("CreateApiKey")
                            .field("name", &create_api_key_input::name, {.min_length = 1, .max_length = 64});
  return s;
}
template <>
const schema<api_key_input>& describe<api_key_input>() {
  static const auto s = schema<api_key_input>("ApiKeyLogin")
                            .field("api_key", &api_key_input::api_key, {.min_length = 1, .max_length = 256});
  return s;
}
template <>
const schema<token_pair>& describe<token_pair>() {
  static const auto s =
      schema<token_pair>("TokenPair")
          .field("access_token", &token_pair::access_token, {.max_length = 16384})
          .field("refresh_token", &token_pair::refresh_token)
          .field("token_type", &token_pair::token_type)
          .field("expires_in", &token_pair::expires_in, {.doc = "Seconds until access_token expires"});
  return s;
}

}  // namespace mes::wire
