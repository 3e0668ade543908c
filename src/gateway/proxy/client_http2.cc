// The service's side of an exchange where the service speaks HTTP/2 (protocols grpc and grpcs).
#include <charconv>

#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/http2_upstream.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr std::size_t unframed_max = 64 << 10;
constexpr const char* no_http2 = "what the service sends is no HTTP/2, or breaks its rules";

}  // namespace

bool client_exchange::begin_http2() {
  exchange& x = *_x;
  if (!_up->http2) _up->http2 = std::make_unique<http2_upstream>(_worker.loop.blocks());
  field_list& fields = _worker.fields;
  fields.clear();
  list_upstream_fields(fields, x, forwarded());
  const std::string* whole = x.whole_request_body();
  bool with_body = whole ? !whole->empty() : x.request.body != body_kind::none;
  if (!_up->http2->begin(fields, with_body)) return false;
  if (whole) {
    _up->http2->body.append(*whole);
    _up->http2->end_body({});
  }
  return true;
}

// True if the state has changed.
bool client_exchange::relay_http2() {
  const upstream_connection* with = _up.get();  // a further try is another connection's
  auto same = [&] { return _state == state::relaying && _up.get() == with; };
  bool moved = true;
  while (moved && same() && !turn_over()) {
    moved = send_http2();
    if (same()) moved |= receive_http2();
  }
  return !same();
}

// True if anything moved.
bool client_exchange::send_http2() {
  exchange& x = *_x;
  http2_upstream& h = *_up->http2;
  bool moved = false;
  if (x.request_failed) return false;
  while (true) {
    while (!x.request_body.done && h.body.size() < unframed_max) {
      if (!fill_request_body()) break;
      moved = true;
    }
    if (_state != state::relaying) return true;
    if (!h.collect(_up->out)) {
      note_error("invalid_response", no_http2);
      upstream_failed(502);
      return true;
    }
    if (_up->out.empty()) {
      _up->out.release();
      return moved;
    }
    if (!_up->stream.writable()) {
      wait_for(waits_for::upstream_write);
      return moved;
    }
    io_result put = _up->stream.write(_up->out.view());
    if (put.status == io_status::again) continue;
    if (put.status != io_status::ok) {
      x.request_failed = true;  // it may have answered before it hung up
      return true;
    }
    if (x.sent_us == 0) x.sent_us = net_loop::clock_us();
    _up->out.consume(put.bytes);
    moved = true;
    if (turn_over()) return true;
  }
}

// True if anything moved.
bool client_exchange::receive_http2() {
  exchange& x = *_x;
  http2_upstream& h = *_up->http2;
  if (!_out.empty() && !flush()) return false;
  if (!take_http2()) return true;
  if (!_out.empty() && !flush()) return false;  // before the end, and before the wait: a message is for now
  if (h.reset() && !x.response_done) {
    upstream_failed(502);
    return true;
  }
  if (x.response_done) {
    bool whole = x.request_body.done && h.body.empty() && !x.request_failed;
    if (!whole) x.keep_alive = false;
    h.finish();
    release_upstream(whole && h.reusable() && !_up->stream.peer_finished());
    finish_exchange();
    return true;
  }
  if (!_up->stream.readable()) {
    wait_for(waits_for::upstream_read);
    return false;
  }
  io_result got = _up->stream.read(_worker.loop.scratch(), net_loop::scratch_bytes);
  if (got.status == io_status::again) return false;
  const bool arrived = got.status == io_status::ok;
  if (arrived && h.receive({_worker.loop.scratch(), got.bytes})) return true;
  if (arrived) note_error("invalid_response", no_http2);
  upstream_failed(502);
  return true;
}

// What came of the answer, on to the client. False: the state has changed.
bool client_exchange::take_http2() {
  exchange& x = *_x;
  http2_upstream& h = *_up->http2;
  if (!h.head_complete()) return true;
  if (!x.head_received && !begin_http2_response()) return false;
  while (!h.received.empty()) {
    std::size_t bytes = h.received.size();
    _worker.pieces.assign(1, h.received.view());
    if (!put_response_body()) return false;
    h.taken(bytes);
  }
  if (!h.ended() || h.reset() || x.response_done) return true;
  x.response_done = x.response_body.done = true;
  if (x.response_body.kind != body_kind::none && wants_trailers(x.request)) x.response_trailers = h.trailers();
  x.context.response_trailers = &h.trailers();
  end_response_body();
  x.context.response_trailers = nullptr;
  return true;
}

// False: the answer makes no sense, and the client has another one.
bool client_exchange::begin_http2_response() {
  exchange& x = *_x;
  const field_list& head = _up->http2->head();
  response_head& r = x.response;
  r.headers.clear();
  r.status = 0;
  r.minor_version = 1;
  r.reason = {};
  r.content_length = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    std::string_view name = head.name(i), value = head.value(i);
    if (name == ":status") std::from_chars(value.data(), value.data() + value.size(), r.status);
    if (name.starts_with(':')) continue;
    if (!r.headers.add({.name = name, .value = value, .id = field_id_of(name)})) r.status = 0;
  }
  if (r.status < 200 || r.status > 999) {
    x.tries = x.to->of->retries + 1;
    note_error("invalid_response", "the head of the answer makes no sense");
    fail_try(502);
    release_upstream(false);
    refuse(502);
    return false;
  }
  const http2_upstream& h = *_up->http2;
  bool bodiless = h.ended() && h.received.empty() && h.trailers().empty();
  r.body = bodiless || x.context.current_method() == "HEAD" ? body_kind::none : body_kind::until_close;
  x.head_received = true;
  x.answered_us = net_loop::clock_us();
  x.totals.status = r.status;
  x.totals.from_service = true;
  note_answer();
  x.response_body.begin(r.body, 0);
  bool framed = r.headers.find(field_id::content_length) != nullptr;
  if (r.body != body_kind::none && !framed) x.answer_without_length();
  if (!x.request_body.done && x.request_body.kind != body_kind::none) x.keep_alive = x.request.http2;
  x.context.response = &r;
  x.context.response_status = r.status;
  filter_headers();
  begin_rewriting();
  begin_response({});
  return true;
}

}  // namespace mes::gateway
