// Calls through the gateway: many at a time over kept connections, logged in, repeated until they are answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "platform/import/api.h"
#include "runtime/event_loop.h"
#include "runtime/http_client.h"

namespace mes::platform {

struct sender_options {
  std::string gateway = "http://127.0.0.1:8000";
  std::string username, password;
  std::string ca_file;  // for https://: the certificates to trust; "" = the system's
  int in_flight_max = 64;
  std::chrono::milliseconds call_timeout{10'000};
  std::chrono::milliseconds back_off_first{50};  // doubles …
  std::chrono::milliseconds back_off_max{2'000};
  std::chrono::milliseconds give_up_after{120'000};  // of one call without an answer that counts; 0 = never
};

// On one loop's thread. What the gateway or a service says because something is away for a moment (429, 502, 503, 504,
// no connection, a time-out) is tried again with back-off; so is 500, three times. Every call must therefore be
// idempotent or carry a key.
class sender {
 public:
  using answer = runtime::http_response;
  // An error: it was given up, or nobody could log in.
  using done = std::function<void(result<answer>)>;

  sender(runtime::event_loop& loop, sender_options options);
  ~sender();
  sender(const sender&) = delete;
  sender& operator=(const sender&) = delete;

  void send(api::call call, done then);  // waits in line if `in_flight_max` calls are on their way
  bool has_room() const;                 // another call would go out at once

  struct counts {
    std::int64_t answered = 0, repeated = 0, logins = 0;
  };
  const counts& counted() const;

 private:
  struct state;
  std::shared_ptr<state> _state;
};

}  // namespace mes::platform
