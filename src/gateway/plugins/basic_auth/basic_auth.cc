// Basic authentication (K:kong/plugins/basic-auth/access.lua).
#include <optional>
#include <utility>

#include "base/base64.h"
#include "gateway/config/password.h"
#include "gateway/plugins/authentication.h"
#include "gateway/plugins/kinds.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "anonymous"},
      {.name = "hide_credentials", .type = boolean, .fallback = "false"},
  };
  return fields;
}

constexpr auth_refusal unauthorized{
    .message = "Unauthorized",
    .challenge = R"(Basic realm="kong")",
};
constexpr auth_refusal invalid{.message = "Invalid authentication credentials"};

struct user {
  std::string name, password;
};

// "\s*[Bb]asic\s*(.+)", then "([^:]+):(.*)" of what is decoded.
std::optional<user> user_in(std::string_view field) {
  std::size_t at = field.find("asic");
  while (at != std::string_view::npos && (at == 0 || (field[at - 1] != 'b' && field[at - 1] != 'B')))
    at = field.find("asic", at + 1);
  if (at == std::string_view::npos) return std::nullopt;
  field.remove_prefix(at + 4);
  while (field.starts_with(' ') || field.starts_with('\t')) field.remove_prefix(1);
  auto decoded = base64_decode(field);
  if (!decoded) return std::nullopt;
  std::string_view text = *decoded;
  while (text.starts_with(':')) text.remove_prefix(1);
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.empty()) return std::nullopt;
  return user{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

struct known_users : credential_table {
  explicit known_users(const configuration& all) {
    for (const basicauth_credential& u : all.basicauth_credentials)
      add({.id = u.id, .name = u.username, .secret = u.password, .owner = u.owner});
  }
};

class basic_auth final : public plugin {
 public:
  basic_auth(const record& config, const configuration& all, const plugin_parts& parts)
      : _frame(config, all),
        _users(parts.tables->get<known_users>()),
        _hide(config.flag("hide_credentials")),
        _hashed(!all.transform) {}

  verdict access(plugin_context& c) const override {
    if (_frame.done_already(c)) return verdict::next;
    const header_table& headers = c.request->headers;
    const header_view* direct = headers.find(field_id::authorization);
    const header_view* proxied = headers.find("proxy-authorization");
    if (!direct && !proxied) return _frame.refuse(c, unauthorized);
    auto given = take(c, proxied, "proxy-authorization");
    const credential* known = given ? _users.find(given->name) : nullptr;
    if (!known) {
      given = take(c, direct, "authorization");
      known = given ? _users.find(given->name) : nullptr;
    }
    if (!known || !fits(*known, given->password)) return _frame.refuse(c, invalid);
    authenticate(c, known->owner, known->id, known->name);
    return verdict::next;
  }

 private:
  std::optional<user> take(plugin_context& c, const header_view* field, std::string_view name) const {
    if (_hide) c.upstream_headers.clear(name);
    return field ? user_in(field->value) : std::nullopt;
  }

  // Kong keeps SHA-1 of the password and the consumer's id; a configuration says the password itself, unless it was
  // written with `_transform: false`.
  bool fits(const credential& known, const std::string& password) const {
    std::string digest = hash_password(password, known.owner->id);
    return equal_in_constant_time(digest, _hashed ? known.secret : hash_password(known.secret, known.owner->id));
  }

  auth_frame _frame;
  const known_users& _users;
  bool _hide, _hashed;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration& all, const plugin_parts& parts) {
  return std::make_unique<basic_auth>(entry.config, all, parts);
}

}  // namespace

plugin_kind basic_auth_kind() {
  return {.name = "basic-auth",
          .priority = 1100,
          .config_fields = config_fields,
          .per_consumer = false,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
