// Why a service gave no answer, or half of one: in words, for the access log and the spans. Told where it has failed;
// a request that succeeds knows nothing of it.
#include <fmt/format.h>

#include <cerrno>

#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {

void client_exchange::note_error(std::string_view type, std::string text) {
  _x->error_type = type;
  _x->error = std::move(text);
}

void client_exchange::note_no_answer(std::string_view data, std::string_view what) {
  note_error("invalid_response", is_tls(data) ? "the service speaks TLS, and was asked without" : std::string(what));
}

void client_exchange::note_connect_error(int failure) {
  if (failure == 0) return note_error("connection_error", "no connection can be begun: its TLS could not be set up");
  note_error(failure == ECONNREFUSED ? "connection_refused" : "connection_error",
             "connect: " + stream_trouble{.system = failure}.text());
}

// Nobody could be chosen: a name of its own is unknown, or an upstream has nobody to offer.
void client_exchange::note_nobody(bool unknown_name) {
  const backend& to = *_x->to;
  std::string unknown;
  for (const backend_target& t : to.targets)
    if (!t.known) unknown.append(unknown.empty() ? "" : ", ").append(t.host);
  if (unknown_name) return note_error("name_resolution_error", "name not found: " + unknown);
  std::string text =
      fmt::format("upstream {}: no target is healthy and has a weight", to.group ? to.group->name : to.of->host);
  if (!unknown.empty()) text += "; names not found: " + unknown;
  if (!_x->error.empty()) text += "; the last try: " + _x->error;
  note_error(to.peers.empty() && !unknown.empty() ? "name_resolution_error" : "no_healthy_target", std::move(text));
}

// What logs tell of the try, as Kong does: an answer that has begun is none that has failed.
void client_exchange::fail_try(int status) {
  exchange& x = *_x;
  if (x.context.tries.empty() || x.head_received) return;
  x.context.tries.back().failed = true;
  x.context.tries.back().status = status;
}

// What is known of a try that has failed with this status, unless it has been told already.
void client_exchange::note_failed_try(int status) {
  if (!_x->error.empty()) return;
  if (status == 504) return note_time_out();
  if (!_up) return;
  const stream_trouble trouble = _up->stream.trouble();
  switch (_up->phase) {
    case upstream_connection::state::connecting:
      return note_connect_error(_up->connect_error);
    case upstream_connection::state::handshaking:
      if (trouble.certificate != 0) return note_error("server_certificate_invalid", trouble.text());
      return note_error("tls_error", "TLS handshake: " + trouble.text());
    case upstream_connection::state::ready:
      break;
  }
  if (!_up->http2 && !_x->head_received && is_tls(_up->in.view())) return note_no_answer(_up->in.view(), {});
  const std::string_view when = _x->head_received ? "in the middle of its answer" : "before it answered";
  const bool given_up = _up->http2 && _up->http2->reset();
  note_error("connection_closed", given_up ? fmt::format("the service has given the stream up {}", when)
                                           : fmt::format("the service has hung up {}: {}", when, trouble.text()));
}

void client_exchange::note_time_out() {
  const service& s = *_x->to->of;
  const bool shaking = _up && _up->phase == upstream_connection::state::handshaking;
  std::string text;
  if (_waits == waits_for::connect)
    text = fmt::format("{} within connect_timeout ({} ms)", shaking ? "no end of the TLS handshake" : "no connection",
                       s.connect_timeout_ms);
  else if (_waits == waits_for::upstream_write)
    text = fmt::format("nothing of the request was taken within write_timeout ({} ms)", s.write_timeout_ms);
  else
    text = fmt::format("{} within read_timeout ({} ms)", _x->head_received ? "no more of the answer" : "no answer",
                       s.read_timeout_ms);
  note_error("timeout", std::move(text));
}

}  // namespace mes::gateway
