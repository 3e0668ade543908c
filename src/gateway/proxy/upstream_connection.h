// A connection to a service: lent to one exchange at a time, kept in the worker's pool in between.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/buffer.h"
#include "gateway/net/loop.h"
#include "gateway/net/stream.h"

namespace mes::gateway {

constexpr int interim_heads_max = 100;  // (1xx) before an answer: who sends more has none to give

class http2_upstream;
class worker;
class client_exchange;

class upstream_connection final : public event_target {
 public:
  enum class state : std::uint8_t { connecting, handshaking, ready };

  upstream_connection(worker& of, std::string key, std::string_view tls_name);
  ~upstream_connection() override;
  void on_events(std::uint32_t epoll_events) override;

  // Whether one that was idle can be lent again: the service may have ended it just now.
  bool is_usable();

  // Goes on with connecting. ok: ready to be written to.
  io_status advance();

  net_stream stream;
  io_buffer in, out;
  std::unique_ptr<http2_upstream> http2;  // nullptr: the service speaks HTTP/1.1
  // What it may be lent for again. Clients may choose the name: it has no pool of its own, which would have no bound.
  std::string key, tls_name;
  client_exchange* owner = nullptr;  // nullptr: idle
  state phase = state::connecting;
  int connect_error = 0;  // errno
  bool reused = false;
  bool dead = false;
  bool doubtful = false;  // its last answer had no body by rule: a service that sent one all the same shows it late
  std::int64_t idle_since_ms = 0;
  const std::int64_t begun_us;  // monotonic
  std::int64_t connected_us = 0, ready_us = 0;

 private:
  bool serve_idle();

  worker& _worker;
};

}  // namespace mes::gateway
