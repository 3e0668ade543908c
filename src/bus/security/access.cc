#include "bus/security/access.h"

#include <openssl/rand.h>

#include <array>

namespace mes::bus::security {
namespace kafka = wire::kafka;

access::access(access_settings s, cluster_settings::append to_log)
    : _sessions(std::move(s.sessions)),
      _tls(std::move(s.tls)),
      _sasl_tls(std::move(s.sasl_tls)),
      _acls(std::move(s.acls)),
      _settings(std::move(to_log)) {
  _users.passwords = std::move(s.passwords);
  _users.tokens = std::move(s.tokens);
  _users.scram = [this](scram_hash hash, const std::string& user) { return find_scram(hash, user); };
  _settings.set_view(entry_kind::acl, [this](const std::string& key, const std::string* value) {
    auto binding = decode_binding(key);
    if (!binding) return;
    if (value)
      _acls.add(std::move(*binding));
    else
      _acls.remove(*binding);
  });
  _settings.set_view(entry_kind::quota, [this](const std::string& key, const std::string* value) {
    if (const auto who = decode_entity(key)) _quotas.set(*who, value ? decode_values(*value) : quotas::values{});
  });
  _settings.set_view(entry_kind::scram,
                     [this](const std::string& key, const std::string* value) { take_scram(key, value); });
  _settings.set_view(entry_kind::config,
                     [this](const std::string& key, const std::string* value) { take_config(key, value); });
}

const net::tls_context& access::tls_of(const listener& l) const {
  static const net::tls_context none;
  if (!uses_tls(l.secured_by)) return none;
  return uses_sasl(l.secured_by) ? _sasl_tls : _tls;
}

std::optional<scram_credential> access::find_scram(scram_hash hash, const std::string& user) {
  const scram_key key{user, hash};
  if (const auto it = _scram.find(key); it != _scram.end()) return it->second;
  const auto password = _users.passwords.find(user);
  if (password == _users.passwords.end()) return std::nullopt;
  const auto [made, fresh] = _scram_of_file.try_emplace(key);
  if (fresh) {
    std::array<char, 16> salt{};
    RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size()));
    const std::string text(salt.data(), salt.size());
    made->second = make_credential(hash, text, salted_password(hash, password->second, text, scram_iterations_min),
                                   scram_iterations_min);
  }
  return made->second;
}

edit access::scram_edit(const scram_key& which, const scram_credential* credential) {
  kafka::writer key;
  key.int8(static_cast<std::int8_t>(which.second));
  key.string(true, which.first);
  edit e{entry_kind::scram, std::move(key.buffer()), std::nullopt};
  if (!credential) return e;
  kafka::writer value;
  value.int32(credential->iterations);
  value.bytes(true, credential->salt);
  value.bytes(true, credential->stored_key);
  value.bytes(true, credential->server_key);
  e.value = std::move(value.buffer());
  return e;
}

void access::take_scram(const std::string& key, const std::string* value) {
  kafka::reader which(key);
  const auto hash = static_cast<scram_hash>(which.int8());
  const std::string user(which.string(true));
  if (!which.ok()) return;
  if (!value) {
    _scram.erase({user, hash});
    return;
  }
  kafka::reader in(*value);
  scram_credential c;
  c.iterations = in.int32();
  c.salt = in.bytes(true);
  c.stored_key = in.bytes(true);
  c.server_key = in.bytes(true);
  if (in.ok()) _scram[{user, hash}] = std::move(c);
}

edit access::config_edit(const config_key& which, const config_values& values) {
  kafka::writer key;
  key.int8(which.first);
  key.string(true, which.second);
  edit e{entry_kind::config, std::move(key.buffer()), std::nullopt};
  if (values.empty()) return e;
  kafka::writer value;
  value.varuint(static_cast<std::uint32_t>(values.size()));
  for (const auto& [name, text] : values) {
    value.string(true, name);
    value.string(true, text);
  }
  e.value = std::move(value.buffer());
  return e;
}

void access::take_config(const std::string& key, const std::string* value) {
  kafka::reader in(key);
  config_key which;
  which.first = in.int8();
  which.second = in.string(true);
  if (!in.ok()) return;
  config_values values;
  if (value) {
    kafka::reader entries(*value);
    for (std::uint32_t i = 0, count = entries.varuint(); i < count && entries.ok(); ++i) {
      std::string name(entries.string(true));
      values[std::move(name)] = entries.string(true);
    }
  }
  if (values.empty())
    _configs.erase(which);
  else
    _configs[which] = std::move(values);
  if (_config_changed) _config_changed(which);
}

}  // namespace mes::bus::security
