// An HTTP/1.1 server on an event loop, behind an interface without coroutines or Beast.
//
// The handler is called on the loop's thread and must not block: it answers at once, or hands the responder to a
// pool and answers from there. HEAD, keep-alive, pipelining, Date, Content-Length and limits are the server's matter.
// The event loop outlives the server and every responder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "runtime/event_loop.h"
#include "runtime/http.h"

namespace mes::runtime {

class tls_context;

// The one answer to one request. Movable; send() may be called from any thread, once. If a responder is destroyed
// unanswered, the server answers 500.
class http_responder {
 public:
  struct connection;
  explicit http_responder(std::shared_ptr<connection> to);
  http_responder(http_responder&&) noexcept;
  http_responder& operator=(http_responder&&) noexcept;
  ~http_responder();

  // A Content-Length, Transfer-Encoding or Connection of the response is the server's to write and left out, except
  // that "Connection: close" closes, and that an answer to HEAD without a body keeps its Content-Length.
  void send(http_response response);

  // Server-sent events or other endless bodies: sends the header with chunked encoding, then returns a writer.
  // The writer returns false once the client is gone or more than 1 MiB is waiting for it.
  using chunk_writer = std::function<bool(std::string chunk)>;  // thread-safe; "" ends the body
  chunk_writer stream(http_response head);

 private:
  std::shared_ptr<connection> _connection;
};

struct http_server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see port()
  std::size_t body_bytes_max = 1 << 20;
  std::size_t header_bytes_max = 32 << 10;
  std::size_t connections_max = 10'000;
  std::chrono::milliseconds header_timeout_ms{10'000};
  std::chrono::milliseconds idle_timeout_ms{75'000};
  std::shared_ptr<tls_context> tls;  // null: plain HTTP
  // The answer to what never reaches the handler (malformed, too large, too many connections); a problem document
  // if empty.
  std::function<http_response(int status, std::string_view detail)> refusal;
  // What a handler threw; standard error if empty. The client gets a 500.
  std::function<void(std::string_view what)> on_error;
};

class http_server {
 public:
  using handler = std::function<void(http_request, http_responder)>;

  // Listens at once; an error names the port and, where /proc tells, the process that holds it.
  static result<std::unique_ptr<http_server>> listen(event_loop& loop, http_server_options options, handler handle);
  ~http_server();

  std::uint16_t port() const;
  // Stops accepting, lets running requests end (at most `grace`), then closes. Loop thread; calls `done` there.
  void stop(std::chrono::milliseconds grace, std::function<void()> done);

 private:
  struct state;
  explicit http_server(std::shared_ptr<state> s);
  std::shared_ptr<state> _state;
};

}  // namespace mes::runtime
