// All that decides who gets in and what he may do: sessions, users, ACLs, quotas, and their settings in the log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "bus/net/tls.h"
#include "bus/security/acl.h"
#include "bus/security/cluster_settings.h"
#include "bus/security/quotas.h"
#include "bus/security/sasl.h"
#include "bus/security/session.h"

namespace mes::bus::security {

struct access_settings {
  session_options sessions{.listeners = {listener{}}, .rules = {}, .mechanisms = {}};
  net::tls_context tls;       // of SSL listeners
  net::tls_context sasl_tls;  // of SASL_SSL listeners, which ask for no certificate
  authorizer_options acls;
  std::map<std::string, std::string, std::less<>> passwords;  // of the users' file
  token_check tokens;                                         // null: OAUTHBEARER is not there
};

// Loop thread only.
class access {
 public:
  access(access_settings settings, cluster_settings::append to_log);

  sessions& connections() { return _sessions; }
  const sessions& connections() const { return _sessions; }
  const net::tls_context& tls_of(const listener& l) const;  // null: it is a plain one
  authorizer& acls() { return _acls; }
  const authorizer& acls() const { return _acls; }
  quotas& limits() { return _quotas; }
  cluster_settings& settings() { return _settings; }
  const sasl_users& users() const { return _users; }

  using scram_key = std::pair<std::string, scram_hash>;  // user, hash
  const std::map<scram_key, scram_credential>& scram() const { return _scram; }
  static edit scram_edit(const scram_key& which, const scram_credential* credential);  // nullptr: it goes

  // Configurations of the broker (resource type 4) and of groups (32) that are set: names to values.
  using config_key = std::pair<std::int8_t, std::string>;
  using config_values = std::map<std::string, std::string>;
  const std::map<config_key, config_values>& configs() const { return _configs; }
  static edit config_edit(const config_key& which, const config_values& values);
  void set_config_changed(std::function<void(const config_key&)> f) { _config_changed = std::move(f); }

 private:
  std::optional<scram_credential> find_scram(scram_hash hash, const std::string& user);
  void take_scram(const std::string& key, const std::string* value);
  void take_config(const std::string& key, const std::string* value);

  sessions _sessions;
  net::tls_context _tls, _sasl_tls;
  authorizer _acls;
  quotas _quotas;
  sasl_users _users;
  std::map<scram_key, scram_credential> _scram;
  std::map<scram_key, scram_credential> _scram_of_file;  // made of passwords when they are asked for
  std::map<config_key, config_values> _configs;
  std::function<void(const config_key&)> _config_changed;
  cluster_settings _settings;
};

}  // namespace mes::bus::security
