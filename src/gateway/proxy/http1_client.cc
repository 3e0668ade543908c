#include "gateway/proxy/http1_client.h"

#include "gateway/proxy/http2_client.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr int blank_lines_max = 8;

}  // namespace

http1_client::http1_client(worker& of, net_stream stream, std::shared_ptr<client_link> link)
    : client_exchange(of, std::move(link), activity::waiting),
      _stream(std::move(stream)),
      _in(of.loop.blocks()),
      _linger(of.loop, _stream) {
  if (_link->tls) _state = state::handshake;
  set_deadline(_link->tls ? of.options.header_timeout_ms : of.options.idle_timeout_ms);
}

http1_client::~http1_client() { _worker.loop.forget_turn_end(*this); }

void http1_client::on_events(std::uint32_t epoll_events) {
  if (_state == state::closed) return;
  _stream.note_events(epoll_events);
  if (_stream.hung_up() && awaits_answer()) return abort();
  drive();
  if (_stream.peer_finished() && awaits_answer() && asks_no_more()) abort();
}

bool http1_client::awaits_answer() const {
  return _state == state::waiting || _state == state::collecting || _state == state::relaying;
}

// As nginx: who closes its side behind a request has gone, and its service need not go on; but not where more requests
// were read already.
bool http1_client::asks_no_more() const {
  return _x->request_body.done && !_x->tunnel && _in.size() <= _x->taken && _leftover.empty();
}

// All that the events of a turn cause is written at its end, one connection after another: who is written to in between
// wakes up for each of them, and falls asleep again.
bool http1_client::writes_now() {
  if (!_turn_ended) _worker.loop.at_turn_end(*this);
  return _turn_ended;
}

void http1_client::on_turn_end() {
  if (_state == state::closed) return;
  _turn_ended = true;
  drive();
  _turn_ended = false;
}

// Asked of a service first, and then answered: as drive() has it.
message_due http1_client::first_message() {
  const bool asks = _state == state::relaying && _up->phase == upstream_connection::state::ready && !_up->http2 &&
                    !_x->tunnel && !_x->request_failed;
  if (asks && !_up->out.empty() && _up->stream.writable() && !_up->stream.tls()) return {&_up->stream, _up->out.view()};
  if (!_out.empty() && _stream.writable() && !_stream.tls()) return {&_stream, _out.view()};
  return {};
}

void http1_client::next_turn() { _worker.loop.at_turn_end(*this); }

bool http1_client::step_between() {
  switch (_state) {
    case state::handshake:
      return shake_hands();
    case state::reading:
      return read_request();
    case state::lingering:
      return linger();
    default:
      return false;
  }
}

bool http1_client::shake_hands() {
  io_result shaken = _stream.handshake();
  if (shaken.status == io_status::again) return false;
  if (shaken.status != io_status::ok) {
    if (!_stream.tls()) {
      open_unread_head();
      note_error("plain_http", "plain HTTP on the port for HTTPS");
      return refuse(400, "The plain HTTP request was sent to HTTPS port");
    }
    close();
    return false;
  }
  _link->sni = _stream.server_name();
  if (_stream.protocol() == "h2") {
    become_http2();
    return false;
  }
  _state = state::reading;
  set_deadline(_worker.options.header_timeout_ms);
  return true;
}

bool http1_client::read_request() {
  while (true) {
    // A line end in front of a request is left over from an old client's body (RFC 9112, section 2.2).
    while (_blank_lines < blank_lines_max && _in.view().starts_with("\r\n")) {
      _in.consume(2);
      _scanned = 0;
      ++_blank_lines;
    }
    head_state found = find_head_end(_in.view(), _scanned);
    if (_requests == 0 && wants_http2()) {
      become_http2();
      return false;
    }
    bool too_large = _scanned > _worker.options.header_bytes_max;  // all that was looked at belongs to the head
    if (found == head_state::complete && !too_large) return begin_exchange(_scanned);
    if (found == head_state::bad || too_large) {
      bool long_line = _in.view().substr(0, _worker.options.header_bytes_max).find('\n') == std::string_view::npos;
      return refuse_unread(found != head_state::bad && long_line ? 414 : 400);
    }
    if (!_stream.readable()) break;
    _in.reserve(_in.size() < block_pool::small_bytes - 1 ? 1 : block_pool::small_bytes);
    bool first = _in.empty();
    io_result got = _stream.read(_in.tail(), _in.room());
    if (got.status == io_status::again) break;
    if (got.status != io_status::ok) {
      _in.empty() ? close() : give_up_head();
      return false;
    }
    _in.added(got.bytes);
    if (!first) continue;
    _begun_us = _worker.loop.now_us();
    set_deadline(_worker.options.header_timeout_ms);
  }
  _activity.be(_in.empty() ? activity::waiting : activity::reading);
  if (_in.empty()) {
    _in.release();
    if (_worker.draining()) close();
  }
  return false;
}

bool http1_client::linger() {
  if (!_linger.read_on())
    close();
  else if (_stream.readable())
    next_turn();
  return false;
}

void http1_client::sweep(std::int64_t now_ms) {
  if (_state != state::lingering) return client_exchange::sweep(now_ms);
  if (!_linger.goes_on()) close();
}

bool http1_client::flush() {
  if (!_out.empty() && !writes_now()) return false;
  while (!_out.empty()) {
    if (!_stream.writable()) {
      wait_for(waits_for::client_write);
      return false;
    }
    io_result put = _stream.write(_out.view());
    if (put.status == io_status::again) continue;
    if (put.status != io_status::ok) {
      abort();
      return false;
    }
    _out.consume(put.bytes);
    if (_x) _x->totals.bytes_out += put.bytes;
  }
  return true;
}

// After an exchange: the next one, or the end.
void http1_client::end_connection() {
  if (_stream.peer_finished() && _in.empty()) return close();
  _state = state::lingering;
  _linger.begin(_worker.draining());
  _in.release();
  _out.release();
}

bool http1_client::refuse_unread(int status) {
  open_unread_head();
  return refuse(status);
}

void http1_client::give_up_head() {
  open_unread_head();
  note_error("client_gone", "the client has gone before its request's head was whole");
  end_unread(400);
}

exchange& http1_client::open_unread_head() {
  exchange& x = open_unread();
  if (!_in.empty()) {
    x.started_us = _begun_us;
    x.started = _worker.loop.time_at(_begun_us);
    x.context.started_us = x.started.microseconds;
  }
  x.head_bytes = x.taken = x.totals.bytes_in = _in.size();
  read_plain_line(_in.view(), x.request);
  find_path();
  return x;
}

bool http1_client::begin_exchange(std::size_t head_bytes) {
  exchange& x = open_exchange();
  _in.shrink();
  x.head_bytes = x.taken = head_bytes;
  x.totals.bytes_in = head_bytes;
  ++_requests;
  _blank_lines = 0;
  const int status = parse_request_head(_in.view().substr(0, head_bytes), x.request);
  if (status == 0 && x.request.wants_upgrade && upgrade_to_http2()) return false;  // a stream's, which counts it
  _worker.stats.requests.add(1);
  if (status != 0) {
    x.keep_alive = false;
    read_plain_line(_in.view().substr(0, head_bytes), x.request);
    find_path();
    return refuse(status);
  }
  return start_exchange();
}

bool http1_client::out_of_time() {
  if (_in.empty()) {
    close();
    return false;
  }
  return refuse_unread(408);
}

void http1_client::drop_client() {
  _stream.close();
  _in.release();
}

void http1_client::gone() {
  if (!_successor) return _worker.remove(*this);
  int fd = _successor->fd();
  _worker.replace(*this, std::move(_successor), fd);
}

// RFC 9113, section 3.3: the preface looks like a request that no server of HTTP/1.1 takes.
bool http1_client::wants_http2() const { return _in.view().starts_with("PRI * HTTP/2.0\r\n\r\n"); }

void http1_client::become_http2() {
  _successor = std::make_unique<http2_client>(_worker, std::move(_stream), _link);
  _successor->start(_in.view());
  close();
}

// Only a request without a body and without TLS: a client that wants more sends the preface at once.
bool http1_client::upgrade_to_http2() {
  exchange& x = *_x;
  bool asks = false;
  for_each_token(x.request.headers.get(field_id::upgrade), [&](std::string_view token) { asks |= token == "h2c"; });
  if (!asks || _link->tls || x.request.body != body_kind::none || x.request.headers.get("http2-settings").empty())
    return false;
  auto next = std::make_unique<http2_client>(_worker, net_stream(), _link);
  --_link->requests;  // as a stream it counts again
  if (!next->start_upgraded(x.request, _in.view().substr(x.head_bytes))) return ++_link->requests, false;
  next->take_over(std::move(_stream));
  _successor = std::move(next);
  close();
  return true;
}

void http1_client::drain() {
  if (_state == state::handshake || (_state == state::reading && _in.empty())) return close();
  if (_state == state::lingering) _linger.hurry();
  if (_x) _x->keep_alive = false;
}

}  // namespace mes::gateway
