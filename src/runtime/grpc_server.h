// A gRPC server for unary calls, over HTTP/2 without TLS (nghttp2), on an event loop.
//
// gRPC's own C++ library would cost every role of this program its start-up time and memory, and none of our services
// streams. Covered: gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md) for unary calls, messages as they are or in gzip,
// limits of sizes, streams and connections. A call that streams is answered UNIMPLEMENTED.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "runtime/event_loop.h"

namespace mes::runtime {

enum class grpc_status : std::uint8_t {  // google.rpc.Code
  ok = 0,
  invalid_argument = 3,
  deadline_exceeded = 4,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
};

struct grpc_answer {
  grpc_status status = grpc_status::ok;
  std::string message;  // of an error
  std::string body;     // the response's protobuf, if ok
};

// The one answer to one call. send() may be called from any thread, once; what is destroyed unanswered is INTERNAL.
class grpc_responder {
 public:
  struct target;
  explicit grpc_responder(std::shared_ptr<target> to);
  grpc_responder(grpc_responder&&) noexcept;
  grpc_responder& operator=(grpc_responder&&) noexcept;
  ~grpc_responder();
  void send(grpc_answer answer);

 private:
  std::shared_ptr<target> _target;
};

struct grpc_server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::size_t message_bytes_max = 16u << 20;  // packed or not
  std::size_t pending_bytes_max = 64u << 20;  // of requests that are not whole yet, of all connections
  std::size_t connections_max = 256;
  std::uint32_t streams_max = 128;  // of a connection
  std::chrono::milliseconds idle_timeout{300'000};
};

class grpc_server {
 public:
  struct state;  // grpc_server.cc's

  // `method` is "/package.Service/Method"; `message` the request's protobuf. On the loop's thread; must not block.
  using handler = std::function<void(std::string method, std::string message, grpc_responder)>;

  static result<std::unique_ptr<grpc_server>> listen(event_loop& loop, grpc_server_options options, handler handle);
  ~grpc_server();

  std::uint16_t port() const;
  void stop();  // no more connections; open ones are closed. Loop thread.

 private:
  explicit grpc_server(std::shared_ptr<state> s) : _state(std::move(s)) {}
  std::shared_ptr<state> _state;
};

}  // namespace mes::runtime
