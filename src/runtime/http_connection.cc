#include "runtime/http_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <span>
#include <utility>

namespace mes::runtime {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t read_bytes = 16 << 10;
constexpr std::size_t ahead_bytes_max = 64 << 10;    // taken from a client whose request is being handled
constexpr std::size_t queued_bytes_max = 256 << 10;  // answers waiting before more pipelined requests are handled
constexpr std::chrono::milliseconds linger_time{2'000};

steady_time now() { return std::chrono::steady_clock::now(); }

std::string without_port(const tcp::socket& socket) {
  error_code ec;
  auto peer = socket.remote_endpoint(ec);
  return ec ? std::string() : peer.address().to_string();
}

bool has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

}  // namespace

connection::connection(tcp::socket socket, std::shared_ptr<http_server_core> core)
    : _socket(std::move(socket)),
      _core(std::move(core)),
      _remote_address(without_port(_socket)),
      _parser({_core->options.header_bytes_max, _core->options.body_bytes_max}),
      _buffer(std::make_unique_for_overwrite<char[]>(read_bytes)) {}

void connection::start() {
  if (_core->options.tls) {
    auto session = tls_session::make_server(_core->options.tls);
    if (!session) {
      _core->report(session.error().message);
      return close();
    }
    _tls = std::move(*session);
  }
  set_deadline(now() + _core->options.header_timeout_ms);
  read();
}

void connection::refuse_all(std::string_view detail) { refuse(503, detail); }

void connection::read() {
  if (_reading || _peer_done || _phase == phase::closed) return;
  bool ahead = _phase == phase::handling || _phase == phase::streaming || _out_bytes > queued_bytes_max;
  if (ahead && _in.size() > ahead_bytes_max) return;
  _reading = true;
  _socket.async_read_some(asio::buffer(_buffer.get(), read_bytes),
                          [self = shared_from_this()](const error_code& ec, std::size_t bytes) {
                            self->_reading = false;
                            if (self->_phase == phase::closed) return;
                            if (!ec) return self->on_read(bytes);
                            if (ec == asio::error::eof) return self->on_end_of_stream();
                            self->close();
                          });
}

void connection::on_read(std::size_t bytes) {
  if (_phase == phase::lingering) return read();
  if (!_tls)
    _in.append(_buffer.get(), bytes);
  else if (!decrypt(std::string_view(_buffer.get(), bytes)))
    return;
  pump();
}

// False if the connection was closed: not TLS, or broken.
bool connection::decrypt(std::string_view received) {
  std::string to_peer;
  auto decrypted = _tls->receive(received, _in, to_peer);
  queue_raw(std::move(to_peer));
  if (!decrypted) {
    flush();  // the alert
    close();
  } else if (_tls->peer_closed()) {
    _peer_done = true;
    if (_phase == phase::streaming) close();
  }
  return _phase != phase::closed;
}

// A client may close its side and still wait for its answers; an endless answer is for a client that is there.
void connection::on_end_of_stream() {
  _peer_done = true;
  if (_phase == phase::streaming || (_phase != phase::handling && _out_bytes == 0)) return close();
}

// Handles what has come, writes what there is to write, reads on.
void connection::pump() {
  for (bool more = true; more;) {
    more = process();
    flush();
    if (_phase == phase::closed || _out_bytes > queued_bytes_max) break;
  }
  read();
}

// True if it stopped only because too many answers wait for the client.
bool connection::process() {
  if (_processing) return false;
  _processing = true;
  std::size_t used = 0;
  while ((_phase == phase::idle || _phase == phase::receiving) && !_close_after && used < _in.size() &&
         _out_bytes <= queued_bytes_max) {
    used += _parser.feed(std::string_view(_in).substr(used));
    if (!parse_some()) break;
  }
  _in.erase(0, used);
  if (_in.empty() && _in.capacity() > read_bytes) _in.shrink_to_fit();
  _processing = false;
  bool waits_for_input = _phase == phase::idle || _phase == phase::receiving;
  bool more = waits_for_input && !_close_after && _out_bytes > queued_bytes_max;
  if (_peer_done && waits_for_input && !more) _close_after = true;
  return more;
}

// After the parser took what it could: true if the next request may follow.
bool connection::parse_some() {
  if (const auto& failure = _parser.failure()) {
    refuse(failure->status, failure->detail);
    return false;
  }
  if (_parser.header_done() && !meet_expectation()) return false;
  if (_parser.done()) {
    dispatch();
    return true;
  }
  if (_parser.header_done()) {
    set_deadline(now() + _core->options.idle_timeout_ms);
  } else if (_phase == phase::idle) {
    // The header's time runs from its first byte, so that sending one byte at a time does not help.
    set_deadline(now() + _core->options.header_timeout_ms);
  }
  _phase = phase::receiving;
  return false;
}

// RFC 9110, section 10.1.1. False if the request was refused.
bool connection::meet_expectation() {
  if (_expectation_met) return true;
  _expectation_met = true;
  std::string_view expected = _parser.message().headers.get("Expect");
  if (expected.empty() || !_parser.is_http11()) return true;
  if (!equal_ignoring_case(expected, "100-continue")) {
    refuse(417, "Of the expectations only 100-continue is known here.");
    return false;
  }
  if (!_parser.done() && _parser.message().body.empty()) queue("HTTP/1.1 100 Continue\r\n\r\n");
  return true;
}

void connection::dispatch() {
  _phase = phase::handling;
  _deadline = steady_time::max();
  _expectation_met = false;
  _http11 = _parser.is_http11();
  _close_after = _close_after || !_parser.keep_alive() || _core->stopping;
  http_request request = _parser.take();
  _head_request = request.method == "HEAD";
  request.remote_address = _remote_address;
  request.received = instant::now();
  try {
    _core->handle(std::move(request), http_responder(shared_from_this()));
  } catch (const std::exception& e) {
    _core->report(e.what());  // the responder went down with the handler, and answered 500 doing so
  }
}

void connection::on_loop(std::function<void()> work) {
  if (_core->loop.is_current())
    work();
  else
    _core->loop.post(std::move(work));
}

void connection::answer(http_response response) {
  if (_core->loop.is_current()) return respond(std::move(response));
  _core->loop.post([self = shared_from_this(), r = std::move(response)]() mutable { self->respond(std::move(r)); });
}

void connection::abandon() {
  on_loop([self = shared_from_this()] {
    if (self->_phase == phase::handling) self->respond(self->_core->refusal(500, "The request was not answered."));
  });
}

void connection::respond(http_response response) {
  if (_phase != phase::handling) return;  // closed meanwhile
  if (response.headers.get("Connection") == "close") _close_after = true;
  std::string framing;
  if (!has_no_body(response.status)) {
    bool announced = _head_request && response.body.empty() && response.headers.has("Content-Length");
    framing = "Content-Length: ";
    framing += announced ? std::string(response.headers.get("Content-Length")) : std::to_string(response.body.size());
    framing += "\r\n";
  }
  bool with_body = !_head_request && !has_no_body(response.status) && !response.body.empty();
  std::string head = head_of(response, framing);
  if (with_body && response.body.size() <= read_bytes) head += response.body;
  queue(std::move(head));
  if (with_body && response.body.size() > read_bytes) queue(std::move(response.body));
  become_idle();
}

void connection::refuse(int status, std::string_view detail) {
  _phase = phase::handling;
  _close_after = true;
  _head_request = false;
  respond(_core->refusal(status, detail));
}

void connection::become_idle() {
  _phase = phase::idle;
  set_deadline(now() + _core->options.idle_timeout_ms);
  if (!_processing) pump();  // else the caller goes on with the next request, and flushes
}

std::string connection::head_of(const http_response& response, std::string_view framing) const {
  std::string all(framing);
  if (_close_after)
    all += "Connection: close\r\n";
  else if (!_http11)
    all += "Connection: keep-alive\r\n";
  return write_http_head(response, all);
}

void connection::queue(std::string bytes) {
  if (_phase == phase::closed || bytes.empty()) return;
  if (!_tls) return queue_raw(std::move(bytes));
  std::string to_peer;
  if (!_tls->send(bytes, to_peer)) return close();
  queue_raw(std::move(to_peer));
}

void connection::queue_raw(std::string bytes) {
  if (bytes.empty()) return;
  _out_bytes += bytes.size();
  if (_stream) _stream->queued_bytes = _out_bytes;
  if (!_out.empty() && _out.back().size() + bytes.size() <= read_bytes)
    _out.back() += bytes;
  else
    _out.push_back(std::move(bytes));
}

void connection::write_some(error_code& ec) {
  std::array<asio::const_buffer, 16> parts;
  std::size_t count = 0;
  for (const std::string& part : _out) {
    if (count == parts.size()) break;
    std::size_t skip = count == 0 ? _out_sent : 0;
    parts[count++] = asio::const_buffer(part.data() + skip, part.size() - skip);
  }
  std::size_t sent = _socket.write_some(std::span(parts.data(), count), ec);
  _out_bytes -= sent;
  for (sent += _out_sent; !_out.empty() && sent >= _out.front().size(); _out.pop_front()) sent -= _out.front().size();
  _out_sent = sent;
}

// Writes at once what the socket takes; waits for the socket only when it is full.
void connection::flush() {
  if (_phase == phase::closed || _awaiting_write) return;
  while (!_out.empty()) {
    error_code ec;
    write_some(ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      _awaiting_write = true;
      _write_deadline = now() + _core->options.idle_timeout_ms;
      _core->want_sweep(_write_deadline);
      _socket.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& failed) {
        self->_awaiting_write = false;
        if (self->_phase == phase::closed) return;
        if (failed) return self->close();
        self->flush();
        self->pump();
      });
      break;
    }
    if (ec) return close();
  }
  if (_stream) _stream->queued_bytes = _out_bytes;
  if (!_out.empty()) return;
  _write_deadline = steady_time::max();
  if (_close_after && _phase != phase::handling && _phase != phase::streaming && _phase != phase::lingering) linger();
}

// Closing with unread input would reset the connection and could take the answer with it (RFC 9112, section 9.6).
void connection::linger() {
  _phase = phase::lingering;
  if (_tls) {
    std::string notify;
    _tls->close(notify);
    queue_raw(std::move(notify));
    flush();
    if (_phase == phase::closed) return;
  }
  error_code ec;
  _socket.shutdown(tcp::socket::shutdown_send, ec);
  if (ec || _peer_done) return close();
  _in = {};
  set_deadline(now() + linger_time);
  read();
}

void connection::close() {
  if (_phase == phase::closed) return;
  _phase = phase::closed;
  if (_stream) _stream->gone = true;
  error_code ec;
  _socket.close(ec);  // the descriptor is gone whatever close(2) says
  _core->forget(this);
}

void connection::close_when_done() {
  _close_after = true;
  bool waits_for_input = _phase == phase::idle || _phase == phase::receiving;
  if (_phase == phase::streaming || (waits_for_input && _out_bytes == 0)) close();
}

void connection::set_deadline(steady_time at) {
  _deadline = at;
  _core->want_sweep(at);
}

void connection::sweep(steady_time at) {
  if (deadline() > at) return;
  bool asked = _phase == phase::receiving && _write_deadline > at;
  if (!asked) return close();
  refuse(408, "The request took too long to arrive.");
}

}  // namespace mes::runtime
