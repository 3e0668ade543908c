// Bodies that plugins look at, or that a service gets the length of: requests held until they are whole, responses held
// or watched on their way.
#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/heads.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {

// A service gets the length of a body with its head, unless the route wants it otherwise (request_buffering), the body
// is long, or trailers are announced: they need chunks.
bool client_exchange::buffers_request() const {
  const exchange& x = *_x;
  const route& r = *x.match.to;
  if (!r.request_buffering || !r.to || r.to->grpc || x.context.request_body || !x.body_beginning.empty()) return false;
  if (x.request.body == body_kind::chunked) return !x.request.headers.find(field_id::trailer);
  // From the buffer of a connection of HTTP/1.1 it can be sent again as it is.
  return x.request.http2 && x.request.body == body_kind::length && x.request.content_length <= buffered_body_max;
}

// True if the state has changed.
bool client_exchange::collect_request_body() {
  exchange& x = *_x;
  if (!x.context.request_body) {
    x.context.request_body.emplace();
    wait_for(waits_for::client_read);
    if (x.request.expects_continue && !x.continue_sent && !send_continue()) return false;
  }
  if (!_out.empty() && !flush()) return false;
  while (!x.request_body.done && x.body_beginning.empty()) {
    if (!fill_request_body()) return _state != state::collecting;
    if (turn_over()) return false;
  }
  x.body_collected = x.body_beginning.empty();
  x.read_beyond = false;  // it is all here: a second try can send it again
  _state = state::waiting;
  run_plugins();
  return true;
}

// Nobody looks at it any more, and no further try sends it: an answer has begun, which may take long.
void client_exchange::forget_request_body() {
  _worker.let_go(*_x);
  _x->context.request_body.emplace();
  _x->context.upstream_body.reset();
  _x->body_beginning = {};
}

// Whether there is room for the worker's pieces beside all other bodies that are held.
bool client_exchange::hold_pieces() {
  std::size_t bytes = 0;
  for (std::string_view piece : _worker.pieces) bytes += piece.size();
  return _worker.hold(*_x, bytes);
}

// False if the state has changed.
bool client_exchange::put_response_body() {
  exchange& x = *_x;
  if (x.discarding) return true;
  if (x.holding) {
    const bool room = hold_pieces();
    for (std::string_view piece : _worker.pieces)
      if (room) x.held_body.append(piece);
    if (room && x.held_body.size() <= _worker.options.body_bytes_max) return true;
    drop_held_response();
    note_error("response_too_large", "the answer is too large to be held for a plugin");
    refuse(502, room ? "The response is too large to be changed by a plugin"
                     : "The gateway holds as many bodies as it may already");
    return false;
  }
  if (x.context.watch_body)
    for (std::string_view piece : _worker.pieces) watch_body(piece, false);
  if (x.context.rewrite_body) {
    std::string text;
    for (std::string_view piece : _worker.pieces) text.append(piece);
    if (!text.empty()) put_rewritten(std::move(text), false);
    return true;
  }
  append_chunk(_out, x.chunked_out);
  return true;
}

void client_exchange::put_rewritten(std::string text, bool last) {
  rewrite_body(text, last);
  _worker.pieces.assign(1, text);
  append_chunk(_out, _x->chunked_out);
  _worker.pieces.clear();
}

void client_exchange::end_response_body() {
  exchange& x = *_x;
  if (x.holding) return release_held_response();
  if (x.context.rewrite_body && !x.discarding) put_rewritten({}, true);
  end_response();
  if (x.context.watch_body) watch_body({}, true);
}

// The head's bytes are copied: they lie where the next ones will be read to.
void client_exchange::hold_response(std::string_view head) {
  exchange& x = *_x;
  x.holding = true;
  x.chunked_out = false;
  if (head.empty()) return;  // HTTP/2: the connection keeps it
  x.held_head.assign(head);
  parse_response_head(x.held_head, false, x.response);
}

// What the client does not get, plugins do not see.
void client_exchange::discard_response_body() {
  exchange& x = *_x;
  x.discarding = true;
  x.chunked_out = x.context.hold_body = x.context.watch_body = x.context.rewrite_body = false;
}

void client_exchange::release_held_response() {
  exchange& x = *_x;
  x.holding = false;
  x.context.response = &x.response;
  transform_body(x.held_body);
  if (x.context.rewrite_body) rewrite_body(x.held_body, true);
  write_response_head(x.held_body.size());
  x.context.response = nullptr;
  _out.append(x.held_body);
  end_response();
  if (x.context.watch_body) watch_body(x.held_body, true);
  x.held_body = {};
}

// The client has had nothing of it: it can have an answer of ours.
void client_exchange::drop_held_response() {
  exchange& x = *_x;
  x.tries = x.to->of->retries + 1;
  x.holding = x.context.hold_body = x.context.watch_body = x.head_received = x.totals.from_service = false;
  x.held_body = {};
}

void client_exchange::transform_body(std::string& body) {
  exchange& x = *_x;
  if (!x.route) return;
  for (const plugin_slot& slot : x.route->chain)
    if (const plugin* p = slot.choose(x.context.who)) p->transform_body(x.context, body);
}

void client_exchange::watch_body(std::string_view piece, bool last) {
  exchange& x = *_x;
  const auto& chain = x.route ? x.route->chain : x.plan->current->global_chain();
  for (const plugin_slot& slot : chain)
    if (const plugin* p = slot.choose(x.context.who)) p->body_filter(x.context, piece, last);
}

// A body that is changed piece by piece has a length that nobody knows yet, and begins also where a service of gRPC
// sent none.
void client_exchange::begin_rewriting() {
  exchange& x = *_x;
  if (!x.context.rewrite_body) return;
  bool none = x.response_body.kind == body_kind::none;
  bool never = x.tunnel || x.request.method == "HEAD" || is_bodiless(x.response.status);
  if (never || (none && !_up->http2)) {
    x.context.rewrite_body = false;
    return;
  }
  if (none) x.response_body.begin(body_kind::until_close, 0);
  x.context.response_headers.clear("Content-Length");
  x.answer_without_length();
}

void client_exchange::rewrite_body(std::string& piece, bool last) {
  exchange& x = *_x;
  if (!x.route) return;
  for (const plugin_slot& slot : x.route->chain)
    if (const plugin* p = slot.choose(x.context.who)) p->rewrite_body(x.context, piece, last);
}

void client_exchange::keep_sent_head(std::size_t written_before) {
  exchange& x = *_x;
  if (x.context.want_sent_head && _out.size() > written_before)  // HTTP/2 keeps its own
    x.context.sent_head.assign(_out.view().substr(written_before));
}

}  // namespace mes::gateway
