#include "gateway/proxy/client_exchange.h"

#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

// Of a turn of the loop, for one client: who sends or takes without end holds up nobody else. A move is a read and the
// write that it leads to, or a step of a request's way.
constexpr int moves_a_turn = 32;

}  // namespace

client_exchange::client_exchange(worker& of, std::shared_ptr<client_link> link, activity first)
    : _worker(of), _out(of.loop.blocks()), _link(std::move(link)), _state(state::reading), _activity(of.stats, first) {}

client_exchange::~client_exchange() {
  if (_self) *_self = nullptr;
}

// Steps until nothing moves. What a step sets off may call back in here: it then has the loop go round once more.
void client_exchange::drive() {
  if (_driving) {
    _again = true;
    return;
  }
  _driving = true;
  _moves_left = moves_a_turn;
  bool moved = true;
  while (_state != state::closed && moved && !turn_over()) {
    state before = _state;
    _again = false;
    moved = step() || _again || _state != before;
  }
  _driving = false;
  if (_state == state::closed) return gone();
  begin_wait();
}

bool client_exchange::turn_over() {
  if (_moves_left-- > 0) return false;
  next_turn();
  return true;
}

bool client_exchange::step() {
  switch (_state) {
    case state::handshake:
    case state::reading:
    case state::lingering:
      return step_between();
    case state::collecting:
      return collect_request_body();
    case state::relaying:
      return relay();
    case state::answering:
      return answer();
    case state::waiting:
    case state::closed:
      break;
  }
  return false;
}

bool client_exchange::relay() {
  if (_up->phase != upstream_connection::state::ready) {
    io_status ready = _up->advance();
    if (ready == io_status::again) {
      wait_for(waits_for::connect);
      return false;
    }
    if (ready != io_status::ok) return upstream_failed(502);
    _x->connect_us += _up->connected_us - _up->begun_us;
    _x->tls_us += _up->ready_us - _up->connected_us;
    wait_for(waits_for::upstream_write);
  }
  if (_up->http2) return relay_http2();
  if (_x->tunnel) return pump_tunnel();
  if (send_request()) return true;
  if (_state != state::relaying) return false;
  // A service that has not been asked has nothing to say: what its connection shows then is for the writing to find
  // out.
  const bool unsent = _x->sent_us == 0 && !_x->request_failed && _up->stream.writable();
  return !unsent && receive_response();
}

bool client_exchange::answer() {
  exchange& x = *_x;
  while (true) {
    if (!x.rest) end_local();  // before it leaves: the last bytes are to say that they are the last
    if (!flush()) return false;
    if (!x.rest) break;
    const std::string_view left = std::string_view(*x.rest).substr(x.rest_sent);
    const std::string_view piece = left.substr(0, block_pool::large_bytes);
    _out.append(piece);
    x.rest_sent += piece.size();
    if (piece.size() == left.size()) x.rest = nullptr;
    if (turn_over()) return false;
  }
  finish_exchange();
  return true;
}

void client_exchange::abort() {
  if (_x) {
    note_given_up();
    // As nginx: the client closed the request before there was an answer.
    if (!_x->head_received && _state != state::answering) _x->totals.status = 499;
    report();
  }
  close();
}

void client_exchange::close() {
  release_upstream(false);
  if (_x) _worker.give_exchange(std::move(_x));
  drop_client();
  _out.release();
  _state = state::closed;
  if (!_driving) gone();
}

// What the last step of a turn waits for has a time from here on. A service's goes on from before unless its connection
// has moved since: what the client sends meanwhile, or a handshake in drops, does not put it off.
void client_exchange::begin_wait() {
  const bool waits = _state == state::relaying || _state == state::collecting || _state == state::answering;
  if (!waits || _waits == waits_for::nothing) return;
  const std::uint64_t moved = _up ? _up->stream.moved() : 0;
  const bool same = _waits == _waited && moved == _moved && !_x->tunnel;
  _waited = _waits;
  _moved = moved;
  if (!waits_for_service()) return set_deadline(_worker.options.body_timeout_ms);
  if (same) return;
  const service& s = *_x->to->of;
  set_deadline(_waits == waits_for::connect          ? s.connect_timeout_ms
               : _waits == waits_for::upstream_write ? s.write_timeout_ms
                                                     : s.read_timeout_ms);
  _worker.loop.sweep_by(_deadline_ms);
}

void client_exchange::set_deadline(std::int64_t ms_from_now) { _deadline_ms = _worker.loop.now_ms() + ms_from_now; }

// A request's body that comes in drops holds a connection, a service and memory. Looked at once a second.
bool client_exchange::too_slow(std::int64_t now_ms) {
  exchange& x = *_x;
  bool endless = x.request.http2 && x.to && x.to->of->grpc;
  if (_waits != waits_for::client_read || x.head_received || x.tunnel || endless) return false;
  if (now_ms - x.looked_at_ms < 1000) return false;
  bool slow = x.looked_at_ms > 0 && x.totals.bytes_in - x.looked_at_bytes < _worker.options.body_rate_min;
  x.looked_at_ms = now_ms;
  x.looked_at_bytes = x.totals.bytes_in;
  x.slow_looks = slow ? x.slow_looks + 1 : 0;
  return x.slow_looks > _worker.options.body_rate_period_ms / 1000;
}

bool client_exchange::waits_for_service() const {
  return _state == state::relaying &&
         (_waits == waits_for::connect || _waits == waits_for::upstream_write || _waits == waits_for::upstream_read);
}

void client_exchange::sweep(std::int64_t now_ms) {
  bool reading_body = _state == state::relaying || _state == state::collecting;
  if (now_ms < _deadline_ms && !(reading_body && too_slow(now_ms))) {
    if (waits_for_service()) _worker.loop.sweep_by(_deadline_ms);
    return;
  }
  switch (_state) {
    case state::reading:
      if (out_of_time()) drive();
      return;
    case state::relaying:
      if (_waits == waits_for::client_write || _x->tunnel) return abort();
      if (_waits == waits_for::client_read && !_x->head_received) {
        release_upstream(false);
        _x->keep_alive = false;
        refuse(408);
        return drive();
      }
      if (_x->head_received && !_x->holding) {
        note_time_out();
        return abort();
      }
      upstream_failed(504);
      return drive();
    case state::waiting:
      if (_x->to) note_error("name_resolution_error", "no name server has answered for " + _x->to->of->host);
      refuse(503);
      return drive();
    case state::collecting:
      _x->keep_alive = false;
      refuse(408);
      return drive();
    case state::answering:
      return abort();
    default:
      return close();
  }
}

}  // namespace mes::gateway
