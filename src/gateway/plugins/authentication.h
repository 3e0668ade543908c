// What the authentication plugins share: credentials by name, and telling the service who the client is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text_map.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/shared_tables.h"

namespace mes::gateway {

// One of a configuration's credentials.
struct credential {
  std::string id;
  std::string name;         // the key, or the user's name
  std::string secret;       // the password or the HMAC's secret
  std::int64_t ttl_s = 0;   // 0: for ever
  std::int64_t from_s = 0;  // since 1970, UTC; 0: from when the configuration was made ready
  const consumer* owner = nullptr;
};

// The credentials of one kind, by name: a base of tables that the instances share. Points into a configuration that
// outlives it.
class credential_table {
 public:
  const credential* find(std::string_view name) const;

 protected:
  void add(credential c) { _by_name.insert_or_assign(c.name, std::move(c)); }

 private:
  text_map<credential> _by_name;
};

// Tells the exchange and the service who sends the request; no credential: as the anonymous consumer.
void authenticate(plugin_context& c, const consumer* who, std::string_view credential_id,
                  std::string_view credential_name);
void authenticate_anonymous(plugin_context& c, const consumer* who);

// A refusal by response.error, with a WWW-Authenticate field if it has one.
struct auth_refusal {
  int status = 401;
  std::string_view message;
  std::string_view challenge = {};
};

// The frame around every authentication: another plugin may have done it, anonymous may be allowed.
// `attempt` returns nothing if it has authenticated.
class auth_frame {
 public:
  auth_frame(const record& config, const configuration& all);
  // True if there is nothing to do: another plugin has authenticated, and this one allows anonymous.
  bool done_already(const plugin_context& c) const { return _has_anonymous && !c.credential_id.empty(); }
  bool allows_anonymous() const { return _has_anonymous; }
  verdict refuse(plugin_context& c, const auth_refusal& why) const;  // or goes on as the anonymous consumer

 private:
  bool _has_anonymous;
  const consumer* _anonymous = nullptr;
};

bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace mes::gateway
