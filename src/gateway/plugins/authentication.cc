#include "gateway/plugins/authentication.h"

#include <openssl/crypto.h>

namespace mes::gateway {
namespace {

void set_or_clear(header_edits& edits, const field_name& name, std::string_view value) {
  if (value.empty())
    edits.clear(name);
  else
    edits.set(name, value);
}

void tell_consumer(plugin_context& c, const consumer* who) {
  c.who = who;
  set_or_clear(c.upstream_headers, "X-Consumer-ID", who ? who->id : "");
  set_or_clear(c.upstream_headers, "X-Consumer-Custom-ID", who ? who->custom_id : "");
  set_or_clear(c.upstream_headers, "X-Consumer-Username", who ? who->username : "");
}

}  // namespace

// A lifetime counts from the credential's own time, or from when the configuration was made ready.
credential_table credential_table::of_keys(const configuration& all, std::int64_t now_s) {
  credential_table out;
  for (const keyauth_credential& k : all.keyauth_credentials) {
    std::int64_t ttl_s = k.source.integer("ttl");
    std::int64_t from_s = k.source.is_null("created_at") ? now_s : k.source.integer("created_at");
    out.add({.id = k.id, .name = k.key, .secret = {}, .expires_s = ttl_s > 0 ? from_s + ttl_s : 0, .owner = k.owner});
  }
  return out;
}

credential_table credential_table::of_users(const configuration& all) {
  credential_table out;
  for (const basicauth_credential& u : all.basicauth_credentials)
    out.add({.id = u.id, .name = u.username, .secret = u.password, .owner = u.owner});
  return out;
}

credential_table credential_table::of_signers(const configuration& all) {
  credential_table out;
  for (const hmacauth_credential& u : all.hmacauth_credentials)
    out.add({.id = u.id, .name = u.username, .secret = u.secret, .owner = u.owner});
  return out;
}

const credential* credential_table::find(std::string_view name) const {
  auto found = _by_name.find(name);
  return found == _by_name.end() ? nullptr : &found->second;
}

void authenticate(plugin_context& c, const consumer* who, std::string_view credential_id,
                  std::string_view credential_name) {
  tell_consumer(c, who);
  c.credential_id = credential_id;
  set_or_clear(c.upstream_headers, "X-Credential-Identifier", credential_name);
  c.upstream_headers.clear("X-Anonymous-Consumer");
}

void authenticate_anonymous(plugin_context& c, const consumer* who) {
  tell_consumer(c, who);
  c.credential_id.clear();
  c.upstream_headers.clear("X-Credential-Identifier");
  c.upstream_headers.set("X-Anonymous-Consumer", "true");
}

auth_frame::auth_frame(const record& config, const configuration& all)
    : _has_anonymous(!config.is_null("anonymous")),
      _anonymous(_has_anonymous ? all.find_consumer(config.text("anonymous")) : nullptr) {}

verdict auth_frame::refuse(plugin_context& c, const auth_refusal& why) const {
  if (_has_anonymous) {
    if (!_anonymous) return c.exit_error(500);  // Kong's load_consumer fails, and so does the request
    authenticate_anonymous(c, _anonymous);
    return verdict::next;
  }
  if (!why.challenge.empty()) c.response_headers.set("WWW-Authenticate", why.challenge);
  return c.exit_error(why.status, why.message);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mes::gateway
