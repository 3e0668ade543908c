// The service's side of an exchange: choosing, connecting, sending, receiving.
#include <charconv>

#include "gateway/http/authority.h"
#include "gateway/net/connect.h"
#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/heads.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

// By the method alone: whether a service heeds an Idempotency-Key is for its clients to know, and a proxy must not
// repeat what it does not know to be idempotent (RFC 9110, section 9.2.2).
bool is_idempotent(const exchange& x) {
  std::string_view m = x.request.method;
  return m == "GET" || m == "HEAD" || m == "OPTIONS" || m == "PUT" || m == "DELETE" || m == "TRACE";
}

upstream_try try_of(const endpoint& where, std::int64_t start_us) {
  upstream_try made{.start_us = start_us};
  std::size_t colon = where.text.rfind(':');
  std::string_view ip = std::string_view(where.text).substr(0, colon);
  if (ip.starts_with('[')) ip = ip.substr(1, ip.size() - 2);
  made.ip = ip;
  if (colon != std::string::npos)
    std::from_chars(where.text.data() + colon + 1, where.text.data() + where.text.size(), made.port);
  return made;
}

}  // namespace

bool client_exchange::connect_upstream(const endpoint& where) {
  exchange& x = *_x;
  const service& s = *x.to->of;
  ++x.tries;
  x.own_trouble = false;
  x.error.clear();
  x.upstream_address = where.text;
  x.context.upstream_host = x.upstream_host;
  x.context.tries.push_back(try_of(where, _worker.loop.time_at(net_loop::clock_us()).microseconds));
  bool plain = x.to->pool_tag.empty();
  std::string tagged;
  if (!plain) tagged = where.text + x.to->pool_tag;
  const std::string& key = plain ? where.text : tagged;
  // The Host that the service sees, without its port, is asked for and checked, as Kong's proxy_ssl_name.
  std::string_view tls_name = s.tls ? without_port(x.upstream_host) : std::string_view();
  while ((_up = _worker.pool.take(key, tls_name))) {
    // A request that must not be sent twice is not risked on a connection that is gone already.
    const bool may_be_sent_twice = !s.grpc && !_up->doubtful && is_idempotent(x) && x.request.body == body_kind::none;
    if (may_be_sent_twice || _up->is_usable()) break;
    release_upstream(false);
  }
  if (!_up && !open_upstream(where, key, tls_name)) return upstream_failed(502);
  upstream_try& made = x.context.tries.back();
  made.latency_us = _worker.loop.time_at(net_loop::clock_us()).microseconds - made.start_us;
  _up->owner = this;
  if (!x.body_collected && x.body_beginning.empty()) rewind_request_body();
  x.chunked_up = x.request.body == body_kind::chunked && !x.whole_request_body();
  x.request_failed = false;
  x.interim_heads = 0;
  x.sent_us = 0;
  if (x.request.expects_continue && !x.continue_sent && !send_continue()) return false;
  if (s.grpc) {
    if (!begin_http2()) {
      note_error("connection_closed", "the service's HTTP/2 takes no more requests");
      return upstream_failed(502);
    }
    x.chunked_up = false;
  } else {
    write_upstream_head(_up->out, x, forwarded());
    if (const std::string* whole = x.whole_request_body())
      _up->out.append(*whole);
    else if (!x.body_beginning.empty())
      send_body_beginning();
  }
  _state = state::relaying;
  _waits = waits_for::connect;
  _waited = waits_for::nothing;
  _again = true;
  return true;
}

void client_exchange::send_body_beginning() {
  exchange& x = *_x;
  _worker.pieces.assign(1, x.body_beginning);
  append_chunk(_up->out, x.chunked_up);
  if (x.request_body.done && x.chunked_up) append_last_chunk(_up->out, x.request_trailers);
}

bool client_exchange::open_upstream(const endpoint& where, const std::string& key, std::string_view tls_name) {
  const backend& b = *_x->to;
  begun_connection begun{.own_trouble = true};
  if (!b.of->tls || b.context)
    begun = begin_connect(reinterpret_cast<const sockaddr&>(where.address), where.address_bytes);
  _x->own_trouble = begun.own_trouble;
  if (begun.fd < 0) {
    note_connect_error(begun.failure);
    return false;
  }
  _up = std::make_unique<upstream_connection>(_worker, key, tls_name);
  _worker.pool.note_lent(key);
  _up->stream = net_stream(begun.fd);
  if (b.of->tls) _up->stream.start_tls_client(b.context.get(), _up->tls_name, b.verify, b.of->grpc);
  _worker.loop.watch(begun.fd, *_up);
  return true;
}

void client_exchange::release_upstream(bool reusable) {
  if (!_up) return;
  _up->owner = nullptr;
  _up->out.release();
  _up->in.release();
  // What the service sent beyond its answer would be taken for the next one's: no event tells of it any more.
  if (!_up->http2 && _up->stream.readable() && _up->stream.stale()) reusable = false;
  if (reusable && !_worker.draining()) return _worker.pool.keep(std::move(_up));
  _worker.pool.end(std::move(_up));
}

// As long as nothing has reached the service, or what has may reach it twice (RFC 9110, section 9.2.2). As Kong's, also
// where the service has one address only.
bool client_exchange::can_retry() const {
  const exchange& x = *_x;
  if (x.read_beyond || x.head_received || x.tries > x.to->of->retries) return false;
  if (!_up || _up->phase != upstream_connection::state::ready) return true;
  if (_up->http2 && _up->http2->refused()) return true;
  return is_idempotent(x) && (x.request.body == body_kind::none || x.request_body.done);
}

bool client_exchange::upstream_failed(int status) {
  exchange& x = *_x;
  note_failed_try(status);
  // A kept connection that its service has dropped is no try, as in nginx.
  bool dropped = status == 502 && _up && _up->reused && !x.head_received;
  if (dropped) --x.tries;
  bool again = can_retry();
  fail_try(status);
  if (!x.own_trouble && (!dropped || !again)) note_failure(status == 504);
  release_upstream(false);
  if (!again) return refuse(status);
  _state = state::waiting;  // by way of the loop: `retries` may be many, and the stack has an end
  make_resume()();
  return false;
}

// True if the state has changed.
bool client_exchange::send_request() {
  exchange& x = *_x;
  while (true) {
    if (!_up->out.empty() && !x.request_failed) {
      if (!writes_now()) return false;
      if (!_up->stream.writable()) {
        wait_for(waits_for::upstream_write);
        return false;
      }
      io_result put = _up->stream.write(_up->out.view());
      if (put.status == io_status::again) continue;
      if (put.status != io_status::ok) {
        x.request_failed = true;  // it may have answered before it hung up
        x.keep_alive = x.keep_alive && x.request_body.done;
        return false;
      }
      if (x.sent_us == 0) x.sent_us = net_loop::clock_us();
      _up->out.consume(put.bytes);
      continue;
    }
    if (x.request_body.done || x.request_failed) {
      if (_up->out.empty()) _up->out.release();
      wait_for(waits_for::upstream_read);
      return false;
    }
    if (!fill_request_body()) return _state != state::relaying;
    if (turn_over()) return false;
  }
}

// The worker's pieces, on to whoever takes the body. False: it is too large, and has its answer.
bool client_exchange::put_request_body() {
  exchange& x = *_x;
  if (_state != state::collecting) {
    x.read_beyond |= !x.body_beginning.empty();
    append_chunk(body_to_service(), x.chunked_up);
    return true;
  }
  std::string& kept = *x.context.request_body;
  const bool room = hold_pieces();
  if (!room && !x.buffering) {
    x.keep_alive = false;
    x.context.request_body.reset();
    refuse(503);
    return false;
  }
  for (std::string_view piece : _worker.pieces) kept.append(piece);
  if (x.buffering) {
    if (room && kept.size() <= buffered_body_max) return true;
    x.body_beginning = std::move(kept);
    x.context.request_body.reset();
    return true;
  }
  if (kept.size() > x.context.request_body_max) {  // whoever asked for it refuses it
    x.keep_alive = false;
    _state = state::waiting;
    run_plugins();
    return false;
  }
  if (kept.size() <= _worker.options.body_bytes_max) return true;
  x.keep_alive = false;
  x.context.request_body.reset();
  refuse(413);
  return false;
}

void client_exchange::end_request_body() {
  exchange& x = *_x;
  x.request_body.done = true;
  if (_state != state::relaying) return;
  if (_up->http2)
    _up->http2->end_body(std::move(x.request_trailers));
  else if (x.chunked_up)
    append_last_chunk(_up->out, x.request_trailers);
}

// The worker's pieces as one chunk, or as they are.
void client_exchange::append_chunk(io_buffer& to, bool encode) {
  std::size_t total = 0;
  for (std::string_view p : _worker.pieces) total += p.size();
  if (total == 0) return;
  if (encode) {
    static constexpr char digits[] = "0123456789abcdef";
    char size[10];
    std::size_t at = sizeof size;
    size[--at] = '\n';
    size[--at] = '\r';
    for (std::size_t n = total; n > 0; n >>= 4) size[--at] = digits[n & 15];
    to.append({size + at, sizeof size - at});
  }
  for (std::string_view p : _worker.pieces) to.append(p);
  if (encode) to.append("\r\n");
}

void client_exchange::append_last_chunk(io_buffer& to, const field_lines& trailers) {
  if (trailers.empty()) return to.append("0\r\n\r\n");
  std::string last = "0\r\n";
  for (const field_line& t : trailers) last.append(t.name).append(": ").append(t.value).append("\r\n");
  to.append(last.append("\r\n"));
}

}  // namespace mes::gateway
