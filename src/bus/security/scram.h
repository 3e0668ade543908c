// SCRAM (RFC 5802, RFC 7677): the server's side, and the keys that are kept in place of passwords.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mes::bus::security {

enum class scram_hash : std::int8_t { sha256 = 1, sha512 = 2 };  // as Kafka numbers the mechanisms

inline constexpr std::int32_t scram_iterations_min = 4'096, scram_iterations_max = 16'384;  // as Kafka has them

struct scram_credential {
  std::string salt;
  std::string stored_key;
  std::string server_key;
  std::int32_t iterations = 0;
  bool operator==(const scram_credential&) const = default;
};

// RFC 5802's Hi(): what a client makes of the password; slow by intent.
std::string salted_password(scram_hash hash, std::string_view password, std::string_view salt, std::int32_t iterations);
scram_credential make_credential(scram_hash hash, std::string salt, std::string_view salted, std::int32_t iterations);

// One authentication. `find` looks for a user's credential.
class scram_server {
 public:
  using lookup = std::function<std::optional<scram_credential>(const std::string& user)>;
  scram_server(scram_hash hash, lookup find, std::string server_nonce);

  // The next message to the client; an error says why, without secrets, for the log alone.
  std::expected<std::string, std::string> step(std::string_view from_client);
  bool is_done() const { return _stage == stage::done; }
  const std::string& user() const { return _user; }

 private:
  enum class stage : std::uint8_t { first, final, done, failed };
  std::expected<std::string, std::string> first(std::string_view message);
  std::expected<std::string, std::string> final(std::string_view message);

  scram_hash _hash;
  lookup _find;
  std::string _nonce;
  stage _stage = stage::first;
  std::string _gs2_header, _first_bare, _server_first, _user;
  scram_credential _credential;
};

}  // namespace mes::bus::security
