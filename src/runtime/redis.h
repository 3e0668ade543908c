// Redis as a helper that may be absent: every call says whether it reached the server; nothing depends on it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::runtime {

// Thread-safe, blocking with a short time-out (100 ms); after a failure it does not try again for a second.
class redis_client {
 public:
  redis_client(std::string host, int port);
  ~redis_client();

  result<std::optional<std::string>> get(std::string_view key);
  result<void> set(std::string_view key, std::string_view value, std::chrono::seconds time_to_live);
  result<void> remove(std::string_view key);
  result<std::int64_t> increment(std::string_view key, std::chrono::seconds time_to_live);  // TTL set at creation
  bool available() const;  // whether the last call reached the server

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
