// Who is asking: RS256 tokens of the auth service, verified here too (the gateway is not the only door in Kubernetes).
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "runtime/http_client.h"
#include "service/context.h"
#include "wire/jose/jwt.h"

namespace mes::service {

inline constexpr std::string_view token_issuer = "mes-auth";
inline constexpr std::string_view token_audience = "mes";

// Keys by `kid`. Thread-safe.
class key_set {
 public:
  // false, and nothing changes, if there is no key in it.
  bool replace(const json::object& jwks);  // {"keys":[…]}; entries that are no RSA keys are left out
  void add(std::string key_id, wire::rsa_key key);
  std::optional<wire::rsa_key> find(std::string_view key_id) const;

 private:
  mutable std::mutex _mutex;
  std::unordered_map<std::string, wire::rsa_key> _keys;
};

// Checks signature, issuer, audience, exp, nbf (60 s of leeway) and takes sub, preferred_username and roles.
result<identity> verify_token(std::string_view token, const key_set& keys, instant now);

// Lives on the service's loop. Remembers verified tokens until they expire (bounded); fetches the JWKS of the auth
// service when an unknown key id appears, at most once a second, and anew each `refresh`: a key that is withdrawn there
// counts here no longer than that.
class authenticator {
 public:
  authenticator(runtime::event_loop& loop, std::string jwks_url,
                std::chrono::milliseconds refresh = std::chrono::minutes(5));
  ~authenticator();
  // `done` runs on the loop, at once when the key is known.
  void authenticate(std::string_view authorization_header, std::function<void(result<identity>)> done);
  key_set& keys() { return _keys; }

 private:
  struct remembered {
    identity who;
    double expires_s;
  };
  result<identity> remember(const std::string& token, instant now);
  result<identity> judge(const std::string& token, bool unknown_key);
  void fetch(std::function<void()> then);

  runtime::http_client _client;
  std::string _jwks_url;
  std::shared_ptr<runtime::event_loop::timer> _refresh;
  key_set _keys;
  std::unordered_map<std::string, remembered> _verified;
  std::vector<std::function<void()>> _waiting;  // for the fetch that is under way
  bool _fetching = false;
  bool _fetched = false;  // once: until then an unknown key may be a good one
  instant _last_fetch{};
};

}  // namespace mes::service
