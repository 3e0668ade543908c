// A client's request on its way through the plugins to a service, and the answer's way back: the part that is the same
// whatever protocol the client speaks.
//
// A state machine driven by events of two sides. Bytes go through bounded buffers: a side is read only while the other
// side takes what was read. The client's protocol derives from this: http1_client is a connection that takes one
// exchange after another, http2_stream is one of many on a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/net/buffer.h"
#include "gateway/net/loop.h"
#include "gateway/net/stream.h"
#include "gateway/observe/traffic_stats.h"
#include "gateway/proxy/exchange.h"
#include "gateway/proxy/heads.h"
#include "gateway/proxy/http2_upstream.h"
#include "gateway/proxy/upstream_connection.h"

namespace mes::gateway {

class worker;
struct endpoint;

class client_exchange {
 public:
  client_exchange(worker& of, std::shared_ptr<client_link> link, activity first);
  virtual ~client_exchange();
  client_exchange(const client_exchange&) = delete;
  client_exchange& operator=(const client_exchange&) = delete;

  void on_upstream_events() { drive(); }
  void sweep(std::int64_t now_ms);  // ends what has taken too long

 protected:
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

  // What the client's protocol does. Steps return true if they got somewhere and the next should follow.
  virtual bool step_between() = 0;         // in a state in which there is no exchange
  virtual bool fill_request_body() = 0;    // moves body bytes to the service; false: none now, or another state
  virtual void rewind_request_body() = 0;  // to the body's start, before a (further) try
  virtual void leave_request_body() = 0;   // what has not been read of it will not be
  virtual bool send_continue() = 0;        // an interim 100; false: the client is gone
  virtual void write_proxied(const response_extras& extras) = 0;
  virtual void write_local(const local_head& head, bool with_body) = 0;
  virtual void end_response() = 0;   // after the last byte of a proxied body
  virtual void end_local() = 0;      // the same of an answer of our own; may be said again
  virtual bool flush() = 0;          // false: blocked or gone
  virtual bool writes_now() = 0;     // false: what there is to write, to either side, goes at the end of this turn
  virtual bool pump_tunnel() = 0;    // bytes both ways, after 101
  virtual void exchange_over() = 0;  // it was reported: the next one, or the end
  virtual void drop_client() = 0;    // cut off
  virtual void gone() = 0;           // closed: the owner may destroy this
  virtual bool out_of_time() = 0;    // in `reading`: true if an answer was made
  virtual void next_turn() = 0;      // drive() goes on in the loop's next turn

  void drive();
  bool turn_over();  // for everything that may go on as long as the peers do: asked before each further move
  bool step();
  bool relay();
  bool answer();

  // From a request's head, in _x, to its exchange (client_request.cc).
  exchange& open_exchange();
  exchange& open_unread();
  void end_unread(int status);
  bool start_exchange();
  void identify();  // request id and trace
  void find_client();
  forwarding forwarded() const;
  bool too_slow(std::int64_t now_ms);
  bool waits_for_service() const;
  bool find_path();
  bool route_exchange();
  void tell_route();
  bool run_plugins();
  bool check_protocol();
  void finish_exchange();
  std::function<void()> make_resume();
  void resume(std::uint64_t serial);

  // Answers of our own (client_answer.cc).
  bool refuse(int status);  // with Kong's words for it
  bool refuse(int status, std::string_view message, std::string_view upgrade = {});
  bool respond(int status, std::string_view body, std::string_view content_type, std::string_view upgrade = {},
               std::string_view location = {});
  bool respond(local_response answer, std::string_view upgrade = {}, std::string_view location = {});
  void filter_headers();
  void hold_answer(local_response& answer);

  // Bodies that plugins look at (client_body.cc).
  static constexpr std::size_t buffered_body_max = 64 << 10;  // what is longer streams
  bool buffers_request() const;
  bool collect_request_body();
  void forget_request_body();
  bool put_response_body();  // the worker's pieces
  void end_response_body();
  void hold_response(std::string_view head);
  void discard_response_body();
  void release_held_response();
  void drop_held_response();
  void transform_body(std::string& body);
  void watch_body(std::string_view piece, bool last);
  bool hold_pieces();
  void unframe_if_asked();
  void begin_rewriting();
  void rewrite_body(std::string& piece, bool last);
  void put_rewritten(std::string text, bool last);
  void keep_sent_head(std::size_t written_before);  // for logs, if one wants it

  // Which service, and where (client_balance.cc).
  bool start_upstream();
  void hash_exchange();
  void build_upstream_target();
  void note_answer();
  void note_failure(bool timed_out);
  void note_time(double ms_min);
  void note_given_up();

  // Why there is no answer (client_errors.cc).
  void note_error(std::string_view type, std::string text);
  void note_connect_error(int failure);
  void note_no_answer(std::string_view data, std::string_view what);  // but data
  void note_nobody(bool unknown_name);
  void note_failed_try(int status);
  void fail_try(int status);
  void note_time_out();

  // The service's side (client_upstream.cc).
  bool connect_upstream(const endpoint& where);
  bool open_upstream(const endpoint& where, const std::string& key, std::string_view tls_name);
  void send_body_beginning();
  void release_upstream(bool reusable);
  bool upstream_failed(int status);
  bool can_retry() const;
  bool send_request();
  // ... where it speaks HTTP/2 (client_http2.cc).
  bool begin_http2();
  bool relay_http2();
  bool send_http2();
  bool receive_http2();
  bool take_http2();
  bool begin_http2_response();
  io_buffer& body_to_service() { return _up->http2 ? _up->http2->body : _up->out; }
  bool put_request_body();  // the worker's pieces
  void end_request_body();
  bool receive_response();
  bool read_response_head();
  bool handle_response_head(std::string_view data);
  bool append_response_body(std::string_view bytes);
  bool relay_response_body();
  void begin_response(std::string_view head);
  void write_response_head(std::optional<std::size_t> body_bytes);
  bool end_of_upstream(bool in_order);
  void append_chunk(io_buffer& to, bool encode);
  static void append_last_chunk(io_buffer& to, const field_lines& trailers);

  void abort();  // the client is gone
  void close();
  void wait_for(waits_for what) { _waits = what; }
  void set_deadline(std::int64_t ms_from_now);
  void report();  // log phase, access log, spans (client_report.cc)

  worker& _worker;
  io_buffer _out;                      // bytes for the client: framed for HTTP/1.1, a body alone for HTTP/2
  std::shared_ptr<client_link> _link;  // of all streams of a connection
  state _state;
  bool _driving = false, _again = false;
  std::unique_ptr<exchange> _x;
  std::unique_ptr<upstream_connection> _up;
  waits_for _waits = waits_for::nothing;
  std::int64_t _deadline_ms = 0;
  counted_activity _activity;

 private:
  void begin_wait();

  int _moves_left = 0;                      // in this turn
  waits_for _waited = waits_for::nothing;   // at the end of the last turn,
  std::uint64_t _moved = 0;                 // and what had gone over the service's connection by then
  std::uint64_t _serial = 0;                // of the exchange
  std::shared_ptr<client_exchange*> _self;  // for whoever may call back after we are gone
};

}  // namespace mes::gateway
