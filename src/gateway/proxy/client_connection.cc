#include "gateway/proxy/client_connection.h"

#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t linger_ms = 2'000;
constexpr std::uint64_t linger_bytes_max = 4 << 20;

}  // namespace

client_connection::client_connection(worker& of, net_stream stream, std::string address, std::uint16_t listener_port,
                                     bool tls)
    : _worker(of),
      _stream(std::move(stream)),
      _in(of.loop.blocks()),
      _out(of.loop.blocks()),
      _address(std::move(address)),
      _port(listener_port),
      _tls(tls),
      _state(tls ? state::handshake : state::reading) {
  set_deadline(tls ? of.options.header_timeout_ms : of.options.idle_timeout_ms);
}

client_connection::~client_connection() {
  if (_self) *_self = nullptr;
}

void client_connection::on_events(std::uint32_t epoll_events) {
  if (_state == state::closed) return;
  _stream.note_events(epoll_events);
  if (_stream.hung_up() && (_state == state::waiting || _state == state::collecting || _state == state::relaying))
    return abort();
  drive();
}

void client_connection::on_upstream_events() { drive(); }

// Steps until nothing moves. What a step sets off may call back in here: it then has the loop go round once more.
void client_connection::drive() {
  if (_driving) {
    _again = true;
    return;
  }
  _driving = true;
  bool moved = true;
  while (_state != state::closed && moved) {
    state before = _state;
    _again = false;
    moved = step() || _again || _state != before;
  }
  _driving = false;
  if (_state == state::closed) _worker.remove(*this);
}

bool client_connection::step() {
  switch (_state) {
    case state::handshake:
      return shake_hands();
    case state::reading:
      return read_request();
    case state::collecting:
      return collect_request_body();
    case state::relaying:
      return relay();
    case state::answering:
      return answer();
    case state::lingering:
      return linger();
    case state::waiting:
    case state::closed:
      break;
  }
  return false;
}

bool client_connection::shake_hands() {
  io_result shaken = _stream.handshake();
  if (shaken.status == io_status::again) return false;
  if (shaken.status != io_status::ok) {
    close();
    return false;
  }
  _state = state::reading;
  set_deadline(_worker.options.header_timeout_ms);
  return true;
}

bool client_connection::read_request() {
  while (true) {
    // A line end in front of a request is left over from an old client's body (RFC 9112, section 2.2).
    if (_scanned == 0 && _in.view().starts_with("\r\n")) _in.consume(2);
    head_state found = find_head_end(_in.view(), _scanned);
    bool too_large = _scanned > _worker.options.header_bytes_max;  // all that was looked at belongs to the head
    if (found == head_state::complete && !too_large) return begin_exchange(_scanned);
    if (found == head_state::bad || too_large) {
      _x = _worker.take_exchange();
      _x->keep_alive = false;
      _x->started_us = _worker.loop.now_us();
      return refuse(found == head_state::bad ? 400 : 431);
    }
    if (!_stream.readable()) break;
    _in.reserve(_in.size() < block_pool::small_bytes - 1 ? 1 : block_pool::small_bytes);
    bool first = _in.empty();
    io_result got = _stream.read(_in.tail(), _in.room());
    if (got.status == io_status::again) break;
    if (got.status != io_status::ok) {
      close();
      return false;
    }
    _in.added(got.bytes);
    if (first) set_deadline(_worker.options.header_timeout_ms);
  }
  if (_in.empty()) {
    _in.release();
    if (_worker.draining()) close();
  }
  return false;
}

bool client_connection::relay() {
  if (_up->phase != upstream_connection::state::ready) {
    io_status ready = _up->advance();
    if (ready == io_status::again) {
      wait_for(waits_for::connect);
      return false;
    }
    if (ready != io_status::ok) return upstream_failed(502);
    _x->connected_us = net_loop::clock_us();
  }
  if (_x->tunnel) return pump_tunnel();
  if (send_request()) return true;
  return _state == state::relaying && receive_response();
}

bool client_connection::answer() {
  if (!flush()) return false;
  finish_exchange();
  return true;
}

// The client may be sending what we will not read; closing at once would reset the connection and lose our answer.
bool client_connection::linger() {
  while (_stream.readable()) {
    io_result got = _stream.read(_worker.loop.scratch(), net_loop::scratch_bytes);
    if (got.status == io_status::again) return false;
    _lingered += got.bytes;
    if (got.status != io_status::ok || _lingered > linger_bytes_max) {
      close();
      return false;
    }
  }
  return false;
}

bool client_connection::flush() {
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
void client_connection::end_connection() {
  if (_stream.peer_finished() && _in.empty()) return close();
  _stream.shut_down_write();
  _state = state::lingering;
  _lingered = 0;
  _in.release();
  _out.release();
  set_deadline(linger_ms);
}

void client_connection::abort() {
  if (_x) {
    if (!_x->head_received) _x->totals.status = 499;  // as nginx: the client closed the request
    report();
  }
  close();
}

void client_connection::close() {
  release_upstream(false);
  if (_x) _worker.give_exchange(std::move(_x));
  _stream.close();
  _in.release();
  _out.release();
  _state = state::closed;
  if (!_driving) _worker.remove(*this);
}

void client_connection::wait_for(waits_for what) {
  _waits = what;
  if (!_x || !_x->to) return set_deadline(_worker.options.body_timeout_ms);
  const service& s = *_x->to->of;
  switch (what) {
    case waits_for::connect:
      return set_deadline(s.connect_timeout_ms);
    case waits_for::upstream_write:
      return set_deadline(s.write_timeout_ms);
    case waits_for::upstream_read:
      return set_deadline(s.read_timeout_ms);
    default:
      return set_deadline(_worker.options.body_timeout_ms);
  }
}

void client_connection::set_deadline(std::int64_t ms_from_now) { _deadline_ms = _worker.loop.now_ms() + ms_from_now; }

void client_connection::sweep(std::int64_t now_ms) {
  if (now_ms < _deadline_ms) return;
  switch (_state) {
    case state::reading:
      if (_in.empty()) return close();
      _x = _worker.take_exchange();
      _x->keep_alive = false;
      _x->started_us = _worker.loop.now_us();
      refuse(408);
      return drive();
    case state::relaying:
      if (_waits == waits_for::client_write || _x->tunnel) return abort();
      if (_waits == waits_for::client_read && !_x->head_received) {
        release_upstream(false);
        _x->keep_alive = false;
        refuse(408);
        return drive();
      }
      if (_x->head_received) return abort();
      upstream_failed(504);
      return drive();
    case state::waiting:
      refuse(503);
      return drive();
    case state::collecting:
      _x->keep_alive = false;
      refuse(408);
      return drive();
    default:
      return close();
  }
}

void client_connection::drain() {
  if (_state == state::reading && _in.empty()) return close();
  if (_x) _x->keep_alive = false;
}

}  // namespace mes::gateway
