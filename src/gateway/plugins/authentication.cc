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
