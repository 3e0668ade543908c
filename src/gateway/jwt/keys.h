// The credentials that tokens are checked with: those of the configuration, and those that a JWKS announces.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_map.h"
#include "gateway/config/configuration.h"
#include "gateway/jwt/token.h"

namespace mes::gateway {

struct jwt_credential {
  std::string id;   // of the credential
  std::string key;  // the `kid` or `iss` that names it
  jwt_key verifier;
  std::string consumer;  // username or id
  std::string audience;  // what `aud` must hold; "" = anything, as in Kong
};

// RFC 7517 with two members of our own, "consumer" and "aud". Keys that cannot be used are left out, each with a
// sentence in `problems`. An error if it is no key set at all.
result<std::vector<jwt_credential>> parse_jwks(std::string_view text, std::vector<std::string>& problems);

// Thread-safe. Credentials are replaced as a whole; each replacement is a new generation.
class jwt_keys {
 public:
  using credential_ptr = std::shared_ptr<const jwt_credential>;

  void set_configured(const configuration& all);                // kong.yml's jwt_secrets
  void set_announced(std::vector<jwt_credential> credentials);  // the JWKS
  credential_ptr find(std::string_view key) const;              // the configuration wins
  credential_ptr find_announced(std::string_view key) const;    // of the JWKS alone
  std::uint64_t generation() const { return _generation.load(std::memory_order_acquire); }
  std::size_t announced_count() const;

  // Asks for a fresh JWKS because of a key that is not known. `done` is called from any thread when an answer is there
  // or cannot be had; false at once if there is nothing to wait for.
  using refresher = std::function<bool(std::function<void()> done)>;
  void set_refresher(refresher r);
  bool refresh(std::function<void()> done) const;
  // There is a JWKS to come, and none has come yet: an unknown key may be a good one.
  bool awaits_keys() const;

  // What checking a token's signature has shown; kept so that it is paid once a token.
  struct verified {
    credential_ptr credential;
    std::uint64_t generation = 0;
    std::string key_claim_name;
    boost::json::object claims;
  };
  std::shared_ptr<const verified> find_verified(std::string_view token) const;
  void keep_verified(std::string_view token, std::shared_ptr<const verified> v);

 private:
  using table = text_map<credential_ptr>;

  // A token ends in its signature: a few letters of it tell tokens apart. Only tokens whose signature holds are kept,
  // so that nobody can make many with the same.
  struct signature_hash {
    std::size_t operator()(std::string_view token) const {
      return text_hash{}(token.substr(token.size() - std::min<std::size_t>(token.size(), 16)));
    }
  };

  // A bounded cache of tokens, least recently used first out. The whole token is compared, not a hash of it.
  struct shard {
    mutable std::mutex lock;
    using entry = std::pair<std::string, std::shared_ptr<const verified>>;
    mutable std::list<entry> order;  // newest first
    std::unordered_map<std::string_view, std::list<entry>::iterator, signature_hash> by_token;
  };
  static constexpr std::size_t shards = 8;
  static constexpr std::size_t tokens_per_shard = 128;

  shard& shard_of(std::string_view token) const { return _shards[signature_hash{}(token) % shards]; }

  mutable std::mutex _lock;
  table _configured, _announced;
  refresher _refresher;
  std::atomic<std::uint64_t> _generation = 1;
  mutable std::array<shard, shards> _shards;
};

}  // namespace mes::gateway
