// Bodies and bytes between an HTTP/1.1 client and its service.
#include <algorithm>

#include "gateway/proxy/http1_client.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr std::size_t read_bytes = 16 << 10;

}  // namespace

void http1_client::rewind_request_body() {
  exchange& x = *_x;
  x.taken = x.head_bytes;
  x.totals.bytes_in = x.head_bytes;
  x.request_body.begin(x.request.body, x.request.content_length);
}

// A body that has not come whole, and will not be read, ends the connection after the answer.
void http1_client::leave_request_body() {
  exchange& x = *_x;
  std::size_t buffered = _in.size() > x.head_bytes ? _in.size() - x.head_bytes : 0;
  if (x.request_body.kind == body_kind::length && !x.read_beyond && x.request.content_length <= buffered)
    x.taken = x.head_bytes + x.request.content_length;
  else
    x.keep_alive = false;
}

bool http1_client::send_continue() {
  exchange& x = *_x;
  if (_in.size() > x.head_bytes) return true;  // the body is on its way already
  _out.append("HTTP/1.1 100 Continue\r\n\r\n");
  x.continue_sent = true;
  return flush() || _state != state::closed;
}

// What came with the head first, then from the socket: straight into the service's buffer if the length is known.
bool http1_client::fill_request_body() {
  exchange& x = *_x;
  std::string_view buffered = _in.view().substr(std::min(x.taken, _in.size()));
  std::size_t used = 0;
  if (!buffered.empty()) {
    if (!take_request_body(buffered.substr(0, read_bytes), used)) return false;
    x.taken += used;
    return true;
  }
  if (!_stream.readable()) {
    wait_for(waits_for::client_read);
    return false;
  }
  io_result got;
  bool sized = x.request_body.kind == body_kind::length && _state == state::relaying;
  if (sized) {
    io_buffer& to = body_to_service();
    to.reserve(std::min<std::uint64_t>(x.request_body.left,
                                       x.request_body.left > read_bytes ? block_pool::large_bytes : read_bytes));
    got = _stream.read(to.tail(), std::min<std::uint64_t>(to.room(), x.request_body.left));
  } else {
    got = _stream.read(_worker.loop.scratch(), read_bytes);
  }
  if (got.status == io_status::again) {
    wait_for(waits_for::client_read);
    return false;
  }
  if (got.status != io_status::ok) {
    abort();
    return false;
  }
  x.read_beyond = true;
  if (sized) {
    body_to_service().added(got.bytes);
    x.totals.bytes_in += got.bytes;
    x.request_body.left -= got.bytes;
    if (x.request_body.left == 0) end_request_body();
    return true;
  }
  std::string_view bytes(_worker.loop.scratch(), got.bytes);
  if (!take_request_body(bytes, used)) return false;
  _leftover.assign(bytes.substr(used));
  return true;
}

bool http1_client::take_request_body(std::string_view bytes, std::size_t& used) {
  exchange& x = *_x;
  body_progress& body = x.request_body;
  if (body.kind == body_kind::length) {
    used = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), body.left));
    body.left -= used;
    x.totals.bytes_in += used;
    _worker.pieces.assign(1, bytes.substr(0, used));
    if (!put_request_body()) return false;
    if (body.left == 0) end_request_body();
    return true;
  }
  std::string_view rest = bytes, piece;
  _worker.pieces.clear();
  chunk_decoder::status status;
  while ((status = body.chunks.next(rest, piece)) == chunk_decoder::status::data) _worker.pieces.push_back(piece);
  used = bytes.size() - rest.size();
  x.totals.bytes_in += used;
  if (status == chunk_decoder::status::bad || x.totals.bytes_in - x.head_bytes > _worker.options.body_bytes_max) {
    x.keep_alive = false;
    refuse(status == chunk_decoder::status::bad ? 400 : 413);
    return false;
  }
  if (!put_request_body()) return false;
  if (status == chunk_decoder::status::done) {
    if (!body.chunks.trailers().empty()) x.request_trailers = parse_trailers(body.chunks.trailers());
    end_request_body();
  }
  return true;
}

void http1_client::write_proxied(const response_extras& extras) { write_proxied_head(_out, *_x, extras); }

void http1_client::write_local(const local_head& head, bool) { write_local_head(_out, head); }

void http1_client::end_response() {
  if (_x->chunked_out) append_last_chunk(_out, _x->response_trailers);
}

// After 101: bytes both ways until either side ends. What the service has said is passed on also where it takes no more
// (x.request_failed).
bool http1_client::pump_tunnel() {
  bool moved = true;
  while (moved && !turn_over()) {
    moved = false;
    if (!to_client(moved) || !to_service(moved)) return false;
  }
  wait_for(waits_for::upstream_read);
  return false;
}

// False: an end was reached.
bool http1_client::to_client(bool& moved) {
  exchange& x = *_x;
  if (!flush()) return _state != state::closed;
  if (!_up->stream.readable()) return true;
  _out.reserve(read_bytes);
  io_result got = _up->stream.read(_out.tail(), read_bytes);
  if (got.status == io_status::ok) {
    _out.added(got.bytes);
    moved = true;
  } else if (got.status != io_status::again) {
    x.keep_alive = false;
    release_upstream(false);
    finish_exchange();
    return false;
  }
  return true;
}

bool http1_client::to_service(bool& moved) {
  exchange& x = *_x;
  io_buffer& out = _up->out;
  io_result moved_now;
  if (x.request_failed) out.release();
  if (!out.empty()) {
    if (!_up->stream.writable()) return true;
    moved_now = _up->stream.write(out.view());
    if (moved_now.status == io_status::ok) out.consume(moved_now.bytes);
    x.request_failed = moved_now.status == io_status::closed || moved_now.status == io_status::failed;
    moved |= x.request_failed;
    if (x.request_failed) return true;
  } else if (std::string_view buffered = _in.view().substr(std::min(x.taken, _in.size())); !buffered.empty()) {
    out.append(buffered);
    x.taken = _in.size();
  } else if (_stream.readable()) {
    out.reserve(read_bytes);
    moved_now = _stream.read(out.tail(), read_bytes);
    if (moved_now.status == io_status::ok) out.added(moved_now.bytes);
    if (moved_now.status == io_status::ok) x.totals.bytes_in += moved_now.bytes;
  } else {
    return true;
  }
  if (moved_now.status == io_status::ok) moved = true;
  if (moved_now.status == io_status::closed || moved_now.status == io_status::failed) {
    abort();
    return false;
  }
  return true;
}

// The next request, or the end.
void http1_client::exchange_over() {
  exchange& x = *_x;
  bool keep = x.keep_alive && x.request_body.kind != body_kind::until_close && !_worker.draining();
  std::size_t taken = x.taken;
  _worker.give_exchange(std::move(_x));
  _out.release();
  if (!keep) return end_connection();
  _in.consume(std::min(taken, _in.size()));
  if (!_leftover.empty()) {
    _in.append(_leftover);
    _leftover.clear();
  }
  if (_in.empty()) _in.release();
  _scanned = 0;
  _state = state::reading;
  _begun_us = _worker.loop.now_us();
  set_deadline(_in.empty() ? _worker.options.idle_timeout_ms : _worker.options.header_timeout_ms);
}

}  // namespace mes::gateway
