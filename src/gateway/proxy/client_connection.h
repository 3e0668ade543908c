// A client's connection: reads requests, takes each through the plugins to a service, and brings the answer back.
//
// A state machine driven by events of two sockets. Bytes go through bounded buffers: a side is read only while the
// other side takes what was read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/net/buffer.h"
#include "gateway/net/loop.h"
#include "gateway/net/stream.h"
#include "gateway/proxy/exchange.h"
#include "gateway/proxy/upstream_connection.h"

namespace mes::gateway {

class worker;
struct backend_target;
struct endpoint;

class client_connection final : public event_target {
 public:
  client_connection(worker& of, net_stream stream, std::string address, std::uint16_t listener_port, bool tls);
  ~client_connection() override;

  void on_events(std::uint32_t epoll_events) override;
  void on_upstream_events();
  void sweep(std::int64_t now_ms);
  void drain();  // closes if idle; else after the running exchange

  std::size_t index = 0;  // in the worker's list

 private:
  enum class state : std::uint8_t {
    handshake,   // TLS
    reading,     // a request's head, or nothing yet
    waiting,     // for a plugin or a name
    collecting,  // a request's body that a plugin wants whole
    relaying,    // with a service
    answering,   // with an answer of our own
    lingering,   // all said; the client may still be sending
    closed
  };
  enum class waits_for : std::uint8_t { nothing, client_read, client_write, connect, upstream_write, upstream_read };

  // Each step returns true if it got somewhere and the next should follow.
  void drive();
  bool step();
  bool shake_hands();
  bool read_request();
  bool relay();
  bool answer();
  bool linger();

  // From a request's head to its exchange (client_request.cc).
  bool begin_exchange(std::size_t head_bytes);
  void identify();  // request id and trace
  bool route_exchange();
  bool run_plugins();
  bool check_protocol();
  void finish_exchange();
  void end_connection();
  std::function<void()> make_resume();
  void resume(std::uint64_t serial);

  // Answers of our own.
  bool refuse(int status);  // with Kong's words for it
  bool refuse(int status, std::string_view message);
  bool respond(int status, std::string_view body, std::string_view content_type, std::string_view upgrade = {},
               std::string_view location = {});
  bool respond(local_response answer, std::string_view upgrade = {}, std::string_view location = {});
  void filter_headers();

  // Bodies that plugins look at (client_body.cc).
  bool collect_request_body();
  bool keep_request_body(std::string_view bytes, std::size_t& used);
  bool put_response_body();  // the worker's pieces
  void end_response_body();
  void hold_response(std::string_view head);
  void release_held_response();
  void transform_body(std::string& body);
  void watch_body(std::string_view piece, bool last);
  void keep_sent_head(std::size_t written_before);  // for logs, if one wants it

  // The service's side (client_upstream.cc).
  bool start_upstream();
  void build_upstream_target();
  bool connect_upstream(const endpoint& where, const backend_target& target);
  void release_upstream(bool reusable);
  bool upstream_failed(int status);
  bool can_retry() const;
  bool send_request();
  bool fill_request_body();
  bool take_request_body(std::string_view bytes, std::size_t& used);
  bool receive_response();
  bool read_response_head();
  bool handle_response_head(std::string_view data);
  bool append_response_body(std::string_view bytes);
  bool relay_response_body();
  void begin_response(std::string_view head);
  void write_response_head(std::optional<std::size_t> body_bytes);
  bool end_of_upstream();
  bool pump_tunnel();
  void append_chunk(io_buffer& to, bool encode);

  bool flush();  // false: blocked or gone
  void abort();  // the client is gone
  void close();
  void wait_for(waits_for what);
  void set_deadline(std::int64_t ms_from_now);
  void report();  // log phase, access log, spans (client_report.cc)

  worker& _worker;
  net_stream _stream;
  io_buffer _in, _out;
  std::string _address;
  std::uint16_t _port;
  bool _tls;
  state _state;
  bool _driving = false, _again = false;
  std::size_t _scanned = 0;
  std::string _leftover;  // bytes of the next request that came behind a chunked body
  std::unique_ptr<exchange> _x;
  std::unique_ptr<upstream_connection> _up;
  waits_for _waits = waits_for::nothing;
  std::int64_t _deadline_ms = 0;
  std::uint64_t _serial = 0;                  // of the exchange
  std::uint64_t _lingered = 0;                // bytes
  std::shared_ptr<client_connection*> _self;  // for whoever may call back after we are gone
};

}  // namespace mes::gateway
