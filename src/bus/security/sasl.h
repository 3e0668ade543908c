// The server's side of SASL's mechanisms (PLAIN, SCRAM, OAUTHBEARER), as exchanges of one message after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bus/security/scram.h"

namespace mes::bus::security {

// What one message of the client led to.
struct sasl_step {
  enum class outcome : std::uint8_t { go_on, done, refused };
  outcome what = outcome::refused;
  std::string message;                     // to the client; refused: empty where the mechanism has no words of its own
  std::string user;                        // done: who it is
  std::optional<std::int64_t> expires_ms;  // done: the credential's end, Unix time
  std::string why;                         // refused: for the log, without secrets
};

class sasl_exchange {
 public:
  virtual ~sasl_exchange() = default;
  // `done` is called once, maybe later; on the broker's loop.
  virtual void step(std::string_view from_client, std::function<void(sasl_step)> done) = 0;
};

struct verified_token {
  std::string user;
  std::int64_t expires_ms = 0;  // Unix time
};
using token_check = std::function<void(std::string token, std::function<void(result<verified_token>)> done)>;

// Where the mechanisms find users. Loop thread only.
struct sasl_users {
  std::map<std::string, std::string, std::less<>> passwords;  // of the users' file
  std::function<std::optional<scram_credential>(scram_hash, const std::string& user)> scram;
  token_check tokens;  // thread-safe start, `done` on the broker's loop; null: OAUTHBEARER is not there
};

// The names in `wanted` (between commas) that there are; an error names the one that is none.
result<std::vector<std::string>> parse_mechanisms(std::string_view wanted);
// nullptr: no such mechanism.
std::unique_ptr<sasl_exchange> make_exchange(std::string_view mechanism, const sasl_users& users);

// The users' file: YAML, `users:` a list of `name` and `password`. It must not be readable by others.
result<std::map<std::string, std::string, std::less<>>> read_users_file(const std::string& path);

}  // namespace mes::bus::security
