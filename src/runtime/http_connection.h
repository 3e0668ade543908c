// One connection of the HTTP server: a state machine over a non-blocking socket. Private to runtime/.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "runtime/http_parser.h"
#include "runtime/http_server.h"
#include "runtime/tls.h"

namespace mes::runtime {

using connection = http_responder::connection;
using tcp = boost::asio::ip::tcp;
using steady_time = std::chrono::steady_clock::time_point;

// What the connections of one server share. Loop thread only.
struct http_server_core {
  event_loop& loop;
  http_server_options options;
  http_server::handler handle;
  std::unordered_map<connection*, std::shared_ptr<connection>> connections;
  bool stopping = false;
  std::function<void()> emptied;  // called when stopping and the last connection is gone

  // One timer for all connections, armed for the earliest deadline only: an idle server does not wake up.
  std::shared_ptr<event_loop::timer> sweep;
  steady_time sweep_at = steady_time::max();

  http_server_core(event_loop& l, http_server_options o, http_server::handler h)
      : loop(l), options(std::move(o)), handle(std::move(h)) {}

  void want_sweep(steady_time by);
  void run_sweep();
  void forget(connection* gone);
  void report(std::string_view what) const;
  http_response refusal(int status, std::string_view detail) const;
};

// What a chunk writer and its connection share.
struct http_stream {
  std::atomic<bool> gone{false};
  std::atomic<std::size_t> posted_bytes{0};  // on their way to the loop
  std::atomic<std::size_t> queued_bytes{0};  // waiting for the client
};

// One request is handled at a time, so pipelined answers are in order; what comes meanwhile waits in `_in`, bounded.
struct http_responder::connection : std::enable_shared_from_this<http_responder::connection> {
 public:
  connection(tcp::socket socket, std::shared_ptr<http_server_core> core);

  void start();
  void refuse_all(std::string_view detail);  // answers 503 and closes: too many connections

  // Any thread:
  void answer(http_response response);
  void abandon();
  chunk_writer stream(http_response head);

  // Loop thread:
  void close();
  void close_when_done();  // after the request that is running
  void sweep(steady_time now);
  steady_time deadline() const { return std::min(_deadline, _write_deadline); }

 private:
  enum class phase : std::uint8_t { idle, receiving, handling, streaming, lingering, closed };

  void read();
  void on_read(std::size_t bytes);
  void on_end_of_stream();
  void pump();
  bool process();
  bool parse_some();
  bool meet_expectation();
  void dispatch();
  void respond(http_response response);
  void refuse(int status, std::string_view detail);
  void become_idle();
  void begin_stream(http_response head, std::shared_ptr<http_stream> to);
  void write_chunk(std::string chunk);
  void end_stream(bool complete);
  void queue(std::string bytes);
  void queue_raw(std::string bytes);
  bool decrypt(std::string_view received);
  void flush();
  void write_some(boost::system::error_code& ec);
  void linger();
  void set_deadline(steady_time at);
  void on_loop(std::function<void()> work);
  std::string head_of(const http_response& response, std::string_view framing) const;

  tcp::socket _socket;
  std::shared_ptr<http_server_core> _core;
  std::string _remote_address;
  http_request_parser _parser;
  std::unique_ptr<tls_session> _tls;  // null: plain
  std::unique_ptr<char[]> _buffer;
  std::string _in;  // received, not parsed yet
  std::deque<std::string> _out;
  std::size_t _out_sent = 0;   // of the first of _out
  std::size_t _out_bytes = 0;  // of all of _out, not sent yet
  std::shared_ptr<http_stream> _stream;
  steady_time _deadline = steady_time::max();
  steady_time _write_deadline = steady_time::max();
  phase _phase = phase::idle;
  bool _reading = false;
  bool _awaiting_write = false;
  bool _processing = false;
  bool _expectation_met = false;
  bool _peer_done = false;    // the client will send no more
  bool _close_after = false;  // after the answer that is running
  bool _head_request = false;
  bool _http11 = true;
};

// "HTTP/1.1 200 OK\r\n" and the fields, with Date; `framing` is written as it is, complete lines.
std::string write_http_head(const http_response& response, std::string_view framing);

}  // namespace mes::runtime
