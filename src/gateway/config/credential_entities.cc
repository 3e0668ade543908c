// Credentials, each with a consumer that it belongs to (kong/plugins/*/daos.lua).
#include <fmt/format.h>

#include "base/uuid.h"
#include "gateway/config/entities.h"
#include "gateway/config/password.h"
#include "gateway/jwt/token.h"

namespace mes::gateway {
namespace {

using enum field_type;

const field consumer_field = {
    .name = "consumer", .type = reference, .required = true, .to = "consumers", .cascade = true};

const schema& acl_fields() {
  static const schema fields = {
      id_field, created_field, consumer_field, {.name = "group", .required = true}, tags_field,
  };
  return fields;
}

const schema& basicauth_fields() {
  static const schema fields = {
      id_field,
      created_field,
      consumer_field,
      {.name = "username", .required = true, .unique = true},
      {.name = "password", .required = true, .referenceable = true, .must_resolve = true},
      tags_field,
  };
  return fields;
}

const schema& hmacauth_fields() {
  static const schema fields = {
      id_field,
      created_field,
      consumer_field,
      {.name = "username", .required = true, .unique = true},
      {.name = "secret", .referenceable = true, .must_resolve = true},
      tags_field,
  };
  return fields;
}

const schema& keyauth_fields() {
  static const schema fields = {
      id_field,
      created_field,
      consumer_field,
      {.name = "key", .referenceable = true, .must_resolve = true, .unique = true},
      {.name = "ttl", .type = integer, .min = 0, .max = 2'147'483'647},  // kept from created_at, and so beyond Kong's
      tags_field,
  };
  return fields;
}

const schema& jwt_fields() {
  static const schema fields = {
      id_field,
      created_field,
      consumer_field,
      {.name = "key", .referenceable = true, .must_resolve = true, .unique = true},
      {.name = "secret", .referenceable = true, .must_resolve = true},
      {.name = "rsa_public_key", .referenceable = true, .must_resolve = true},
      {.name = "algorithm",
       .fallback = "\"HS256\"",
       .one_of = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384"}},
      tags_field,
  };
  return fields;
}

// As Kong: a value that nobody knows.
void make_up(record& source, std::string_view member, const std::string& what, reporter& report) {
  if (!source.is_null(member)) return;
  report.warning(source.mark,
                 fmt::format("{}: there is no '{}'; as with Kong, one is made up at each start, which nobody "
                             "knows",
                             what, member));
  source.values[member] = uuid::make_v4().to_hex();
}

// As Kong keeps it, so that nobody reads it; with `_transform: false` this is what the plugin compares.
void seal_password(boost::json::object& shown, const record& source) {
  const boost::json::object* owner = source.at("consumer").if_object();
  if (!owner) return;
  const auto& id = owner->at("id").get_string();
  shown["password"] = hash_password(source.text("password"), {id.data(), id.size()});
}

void finish_keyauth(record& source, const std::string& what, reporter& report) { make_up(source, "key", what, report); }
void finish_hmacauth(record& source, const std::string& what, reporter& report) {
  make_up(source, "secret", what, report);
}

void finish_jwt(record& source, const std::string& what, reporter& report) {
  make_up(source, "key", what, report);
  std::string algorithm = source.text("algorithm");
  if (algorithm.starts_with("HS")) {
    make_up(source, "secret", what, report);
  } else if (source.is_null("rsa_public_key")) {
    report.error(source.mark, fmt::format("{}: rsa_public_key is missing, which {} goes by", what, algorithm),
                 "required field missing", "rsa_public_key");
  } else if (auto key = jwt_key::from_pem(algorithm, source.text("rsa_public_key")); !key) {
    report.error(source.mark_of("rsa_public_key"), fmt::format("{}, rsa_public_key: {}", what, key.error().message));
  }
}

}  // namespace

std::span<const entity_kind> credential_kinds() {
  static const std::vector<entity_kind> table = {
      {.name = "acls", .singular = "acl", .fields = acl_fields, .id_of = {"consumer", "group"}},
      {.name = "basicauth_credentials",
       .singular = "basicauth_credential",
       .fields = basicauth_fields,
       .key = "username",
       .id_of = {"username"},
       .admin_name = "basic-auths",
       .nested_name = "basic-auth",
       .seal = seal_password},
      {.name = "hmacauth_credentials",
       .singular = "hmacauth_credential",
       .fields = hmacauth_fields,
       .key = "username",
       .id_of = {"username"},
       .finish = finish_hmacauth,
       .admin_name = "hmac-auths",
       .nested_name = "hmac-auth"},
      {.name = "keyauth_credentials",
       .singular = "keyauth_credential",
       .fields = keyauth_fields,
       .key = "key",
       .id_of = {"key"},
       .finish = finish_keyauth,
       .admin_name = "key-auths",
       .nested_name = "key-auth"},
      {.name = "jwt_secrets",
       .singular = "jwt_secret",
       .fields = jwt_fields,
       .key = "key",
       .id_of = {"key"},
       .finish = finish_jwt,
       .admin_name = "jwts",
       .nested_name = "jwt"},
  };
  return table;
}

}  // namespace mes::gateway
