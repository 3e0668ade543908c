// Bodies that plugins look at: requests held until they are whole, responses held or watched on their way.
#include <algorithm>

#include "gateway/proxy/client_connection.h"
#include "gateway/proxy/heads.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {

// True if the state has changed.
bool client_connection::collect_request_body() {
  exchange& x = *_x;
  if (!x.context.request_body) {
    x.context.request_body.emplace();
    if (x.request.expects_continue && !x.continue_sent && _in.size() == x.head_bytes) {
      _out.append("HTTP/1.1 100 Continue\r\n\r\n");
      x.continue_sent = true;
    }
    wait_for(waits_for::client_read);
  }
  if (!_out.empty() && !flush()) return false;
  while (!x.request_body.done) {
    std::size_t used = 0;
    std::string_view buffered = _in.view().substr(std::min(x.taken, _in.size()));
    if (!buffered.empty()) {
      if (!keep_request_body(buffered, used)) return true;
      x.taken += used;
      continue;
    }
    if (!_stream.readable()) return false;
    io_result got = _stream.read(_worker.loop.scratch(), net_loop::scratch_bytes);
    if (got.status == io_status::again) return false;
    if (got.status != io_status::ok) {
      abort();
      return false;
    }
    wait_for(waits_for::client_read);
    x.read_beyond = true;
    std::string_view bytes(_worker.loop.scratch(), got.bytes);
    if (!keep_request_body(bytes, used)) return true;
    _leftover.assign(bytes.substr(used));
  }
  x.body_collected = true;
  x.read_beyond = false;  // it is all here: a second try can send it again
  _state = state::waiting;
  run_plugins();
  return true;
}

// False: it is refused, and has its answer.
bool client_connection::keep_request_body(std::string_view bytes, std::size_t& used) {
  exchange& x = *_x;
  body_progress& body = x.request_body;
  std::string& kept = *x.context.request_body;
  bool fine = true;
  if (body.kind == body_kind::length) {
    used = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), body.left));
    kept.append(bytes.substr(0, used));
    body.left -= used;
    body.done = body.left == 0;
  } else {
    std::string_view rest = bytes, piece;
    chunk_decoder::status status;
    while ((status = body.chunks.next(rest, piece)) == chunk_decoder::status::data) kept.append(piece);
    used = bytes.size() - rest.size();
    body.done = status == chunk_decoder::status::done;
    fine = status != chunk_decoder::status::bad;
  }
  x.totals.bytes_in += used;
  if (fine && kept.size() <= _worker.options.body_bytes_max) return true;
  x.keep_alive = false;
  x.context.request_body.reset();
  refuse(fine ? 413 : 400);
  return false;
}

// False if the state has changed.
bool client_connection::put_response_body() {
  exchange& x = *_x;
  if (x.discarding) return true;
  if (x.holding) {
    for (std::string_view piece : _worker.pieces) x.held_body.append(piece);
    if (x.held_body.size() <= _worker.options.body_bytes_max) return true;
    x.tries = x.to->of->retries + 1;
    x.holding = x.context.hold_body = x.head_received = x.totals.from_service = false;
    refuse(502, "The response is too large to be changed by a plugin");
    return false;
  }
  if (x.context.watch_body)
    for (std::string_view piece : _worker.pieces) watch_body(piece, false);
  append_chunk(_out, x.chunked_out);
  return true;
}

void client_connection::end_response_body() {
  exchange& x = *_x;
  if (x.holding) return release_held_response();
  if (x.chunked_out) _out.append("0\r\n\r\n");
  if (x.context.watch_body) watch_body({}, true);
}

// The head's bytes are copied: they lie where the next ones will be read to.
void client_connection::hold_response(std::string_view head) {
  exchange& x = *_x;
  x.holding = true;
  x.chunked_out = false;
  x.held_head.assign(head);
  parse_response_head(x.held_head, x.request.method == "HEAD", x.response);
}

void client_connection::release_held_response() {
  exchange& x = *_x;
  x.holding = false;
  x.context.response = &x.response;
  transform_body(x.held_body);
  write_response_head(x.held_body.size());
  x.context.response = nullptr;
  _out.append(x.held_body);
  if (x.context.watch_body) watch_body(x.held_body, true);
  x.held_body = {};
}

void client_connection::transform_body(std::string& body) {
  exchange& x = *_x;
  if (!x.route) return;
  for (const plugin_slot& slot : x.route->chain)
    if (const plugin* p = slot.choose(x.context.who)) p->transform_body(x.context, body);
}

void client_connection::watch_body(std::string_view piece, bool last) {
  exchange& x = *_x;
  const auto& chain = x.route ? x.route->chain : x.plan->current->global_chain();
  for (const plugin_slot& slot : chain)
    if (const plugin* p = slot.choose(x.context.who)) p->body_filter(x.context, piece, last);
}

void client_connection::keep_sent_head(std::size_t written_before) {
  exchange& x = *_x;
  if (x.context.want_sent_head) x.context.sent_head.assign(_out.view().substr(written_before));
}

}  // namespace mes::gateway
