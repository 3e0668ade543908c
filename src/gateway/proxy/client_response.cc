// The service's answer on its way to the client.
#include <algorithm>

#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/heads.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr std::size_t response_head_max = 64 << 10;
constexpr std::size_t read_bytes = 16 << 10;

}  // namespace

// True if the state has changed.
bool client_exchange::receive_response() {
  exchange& x = *_x;
  while (true) {
    if (!_out.empty() && !flush()) return false;
    if (x.response_done) {
      bool whole = x.request_body.done && _up->out.empty() && !x.request_failed;
      if (!whole) x.keep_alive = false;
      _up->doubtful = x.response_body.kind == body_kind::none;
      release_upstream(whole && x.response.keep_alive && !x.excess && !_up->stream.peer_finished());
      finish_exchange();
      return true;
    }
    if (x.tunnel) return true;
    if (!_up->stream.readable()) return false;
    if (!(x.head_received ? relay_response_body() : read_response_head())) return _state != state::relaying;
    if (turn_over()) return false;
  }
}

// False: no more for now, or the state has changed.
bool client_exchange::read_response_head() {
  io_result got;
  bool fresh = _up->in.empty();
  if (fresh) {
    got = _up->stream.read(_worker.loop.scratch(), net_loop::scratch_bytes);
  } else {
    _up->in.reserve(read_bytes);
    got = _up->stream.read(_up->in.tail(), _up->in.room());
  }
  if (got.status == io_status::again) return false;
  if (got.status != io_status::ok) {
    upstream_failed(502);
    return false;
  }
  if (fresh) return handle_response_head({_worker.loop.scratch(), got.bytes});
  _up->in.added(got.bytes);
  return handle_response_head(_up->in.view());
}

bool client_exchange::handle_response_head(std::string_view data) {
  exchange& x = *_x;
  while (true) {
    std::size_t scanned = 0;
    head_state found = find_head_end(data, scanned, line_ends::crlf_or_lf);
    if (found == head_state::incomplete && data.size() < response_head_max) {
      // Keep what is there: in the scratch area until now, or in the buffer behind interim responses.
      if (_up->in.empty())
        _up->in.append(data);
      else
        _up->in.consume(_up->in.size() - data.size());
      return true;
    }
    bool fine = found == head_state::complete &&
                parse_response_head(data.substr(0, scanned), x.context.current_method() == "HEAD", x.response);
    bool upgrade = fine && x.response.status == 101;
    const bool interim = fine && x.response.status < 200 && !upgrade;
    const bool endless = interim && ++x.interim_heads > interim_heads_max;
    if (!fine || endless || (upgrade && !wants_websocket(x.request))) {
      x.tries = x.to->of->retries + 1;  // an answer came: no second try
      note_no_answer(data, endless                           ? "the service sends interim answers without end"
                           : fine                            ? "the answer is a 101 that nobody has asked for"
                           : found == head_state::incomplete ? "the answer's head is too long"
                                                             : "what the service sends is no answer of HTTP");
      fail_try(502);
      release_upstream(false);
      refuse(502);
      return false;
    }
    std::string_view rest = data.substr(scanned);
    if (interim) {  // ours to answer (100), or of no use to old clients
      data = rest;
      if (data.empty()) {
        _up->in.release();
        return true;
      }
      continue;
    }
    x.head_received = true;
    x.answered_us = net_loop::clock_us();
    x.totals.status = x.response.status;
    x.totals.from_service = true;
    note_answer();
    x.tunnel = upgrade;
    x.response_body.begin(upgrade ? body_kind::none : x.response.body, x.response.content_length,
                          chunk_decoder::source::answer);
    if (x.response_body.kind == body_kind::chunked || x.response_body.kind == body_kind::until_close)
      x.answer_without_length();
    if (!x.request_body.done && x.request_body.kind != body_kind::none) x.keep_alive = false;
    x.context.response = &x.response;
    x.context.response_status = x.response.status;
    filter_headers();
    unframe_if_asked();
    begin_rewriting();
    begin_response(data.substr(0, scanned));
    bool going = true;
    if (upgrade)
      _out.append(rest);
    else
      going = append_response_body(rest);
    if (_up) _up->in.release();
    return going;
  }
}

// As nginx does it where a plugin takes the length away.
void client_exchange::unframe_if_asked() {
  exchange& x = *_x;
  const header_edit* length = x.context.response_headers.find("Content-Length");
  if (!length || length->what != header_edit::kind::clear || x.response_body.kind != body_kind::length) return;
  x.answer_without_length();
}

// Writes the head, or keeps it until the body is whole.
void client_exchange::begin_response(std::string_view head) {
  exchange& x = *_x;
  bool body_follows = x.response_body.kind != body_kind::none;
  bool to_head = x.request.method == "HEAD", asked_head = x.context.current_method() == "HEAD";
  bool has_body = !is_bodiless(x.response.status);
  if (x.context.replace_status && !x.tunnel) {
    discard_response_body();
    x.response.status = x.totals.status = *x.context.replace_status;
    x.response.reason = {};
    write_response_head(0);
  } else if (to_head && body_follows) {  // a plugin asked for more than the client did
    discard_response_body();
    write_response_head({});
  } else if (asked_head && !to_head && has_body) {  // … for less
    write_response_head(0);
  } else if (!body_follows && has_body && !to_head && !x.request.http2) {  // HTTP/2 says so without a length
    write_response_head(0);
  } else if (x.context.hold_body && body_follows) {
    hold_response(head);
  } else {
    write_response_head({});
  }
  x.context.response = x.holding ? &x.response : nullptr;
}

void client_exchange::write_response_head(std::optional<std::size_t> body_bytes) {
  exchange& x = *_x;
  std::size_t before = _out.size();
  write_proxied({.upstream_ms = (x.answered_us - x.sent_us) / 1000,
                 .proxy_ms = (x.sent_us - x.started_us) / 1000,
                 .keep_alive = x.keep_alive,
                 .body_bytes = body_bytes,
                 .date = _worker.http_date()});
  keep_sent_head(before);
}

// False if the state has changed.
bool client_exchange::append_response_body(std::string_view bytes) {
  exchange& x = *_x;
  body_progress& body = x.response_body;
  if (body.kind == body_kind::none) {
    x.excess |= !bytes.empty();
  } else if (body.kind == body_kind::length) {
    std::size_t used = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), body.left));
    _worker.pieces.assign(1, bytes.substr(0, used));
    if (!put_response_body()) return false;
    body.left -= used;
    body.done = body.left == 0;
    x.excess |= used < bytes.size();
  } else if (body.kind == body_kind::until_close) {
    _worker.pieces.assign(1, bytes);
    if (!put_response_body()) return false;
  } else {
    std::string_view rest = bytes, piece;
    _worker.pieces.clear();
    chunk_decoder::status status;
    while ((status = body.chunks.next(rest, piece)) == chunk_decoder::status::data) _worker.pieces.push_back(piece);
    if (!put_response_body()) return false;
    if (status == chunk_decoder::status::bad) {
      note_error("invalid_response", "the answer's chunks are broken");
      refuse(502);
      return false;
    }
    body.done = status == chunk_decoder::status::done;
    x.excess |= body.done && !rest.empty();
    if (body.done && !body.chunks.trailers().empty() && wants_trailers(x.request))
      x.response_trailers = parse_trailers(body.chunks.trailers());
  }
  if (body.done) end_response_body();
  x.response_done = body.done;
  return true;
}

bool client_exchange::relay_response_body() {
  exchange& x = *_x;
  body_progress& body = x.response_body;
  io_result got;
  bool sized = body.kind == body_kind::length && !x.holding && !x.discarding && !x.context.watch_body &&
               !x.context.rewrite_body && !x.chunked_out;
  if (sized) {
    _out.reserve(std::min<std::uint64_t>(body.left, body.left > read_bytes ? block_pool::large_bytes : read_bytes));
    got = _up->stream.read(_out.tail(), std::min<std::uint64_t>(_out.room(), body.left));
  } else {
    got = _up->stream.read(_worker.loop.scratch(), read_bytes);
  }
  if (got.status == io_status::again) {
    wait_for(waits_for::upstream_read);
    return false;
  }
  if (got.status != io_status::ok) return end_of_upstream(got.status == io_status::closed);
  if (!sized) return append_response_body({_worker.loop.scratch(), got.bytes});
  _out.added(got.bytes);
  body.left -= got.bytes;
  if (body.left == 0) {
    body.done = x.response_done = true;
    end_response_body();
  }
  return true;
}

// A body that lasts until the connection's end is whole if that is no reset; any other is cut off, and so is the
// client's. Of one over TLS whose end nobody has vouched for (RFC 9112, section 9.8) the client gets all that there is,
// as from nginx, but who watches it does not see it end.
bool client_exchange::end_of_upstream(bool in_order) {
  exchange& x = *_x;
  if (!in_order || x.response_body.kind != body_kind::until_close) {
    note_failed_try(502);
    refuse(502);
    return false;
  }
  if (_up->stream.cut_off()) x.context.watch_body = false;
  x.response_body.done = x.response_done = true;
  end_response_body();
  x.response.keep_alive = false;
  return true;
}

}  // namespace mes::gateway
