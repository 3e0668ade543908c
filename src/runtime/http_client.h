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
};

// Thread-safe. Errors: unavailable (no connection, closed early), timed_out, invalid_argument (bad URL).
class http_client {
 public:
  explicit http_client(event_loop& loop);
  ~http_client();

  // `done` runs on the loop's thread.
  void send(http_call call, std::function<void(result<http_response>)> done);

 private:
  struct state;
  std::shared_ptr<state> _state;
};

// Blocking, with its own connection kept per thread and address: for pool threads and command-line tools.
result<http_response> http_fetch(http_call call);

}  // namespace mes::runtime
