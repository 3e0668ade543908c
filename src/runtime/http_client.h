// An HTTP/1.1 client with a pool of kept connections per address.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "runtime/event_loop.h"
#include "runtime/http.h"

namespace mes::runtime {

struct http_call {
  std::string method = "GET";
  std::string url;  // http://host:port/path?query, https://…, or unix:/path/to/socket:/path
  http_headers headers;
  std::string body;
  std::chrono::milliseconds timeout{5'000};  // for the whole exchange
  std::string ca_file;                       // https: the trusted certificates; "" = the system's
  std::size_t body_bytes_max = 64 << 20;     // of the answer; above: too_large
};

// Errors: unavailable (no connection, closed early), timed_out, too_large, invalid_argument (bad URL). Any answer of
// the server, whatever its status, is a value. Redirects are not followed. A request that met a kept connection which
// the server had just closed is repeated once, if its method is idempotent or it has an Idempotency-Key.
class http_client {
 public:
  explicit http_client(event_loop& loop);
  ~http_client();

  // Thread-safe; `done` runs on the loop's thread. Destroying the client (on the loop's thread, or after run()) drops
  // calls that have not ended, without calling back.
  void send(http_call call, std::function<void(result<http_response>)> done);

 private:
  struct state;
  std::shared_ptr<state> _state;
};

// Blocking, with its own connection kept per thread and address: for pool threads and command-line tools.
result<http_response> http_fetch(http_call call);

}  // namespace mes::runtime
