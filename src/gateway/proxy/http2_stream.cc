#include "gateway/proxy/http2_stream.h"

#include <algorithm>
#include <charconv>

#include "gateway/proxy/http2_client.h"
#include "gateway/proxy/http2_settings.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr std::size_t piece_bytes = 16 << 10;
constexpr std::size_t unsent_max = 64 << 10;        // of a response, before its service has to wait
constexpr std::size_t trailer_bytes_max = 8 << 10;  // as of a chunked body
constexpr std::size_t sent_max = 16 << 10;          // of a request, kept for a second try

bool parse_length(std::string_view text, std::uint64_t& out) {
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc{} && end == text.data() + text.size() && text.size() <= 18;
}

}  // namespace

http2_stream::http2_stream(http2_client& of, worker& w, std::int32_t stream_id, std::shared_ptr<client_link> link)
    : client_exchange(w, std::move(link), activity::reading),
      id(stream_id),
      opened_ms(w.loop.now_ms()),
      _of(of),
      _body(w.loop.blocks()) {
  set_deadline(w.options.header_timeout_ms);
}

void http2_stream::add_field(std::string_view name, std::string_view value) {
  if (_head_complete) {
    _trailer_bytes += name.size() + value.size() + 32;
    if (_trailer_bytes <= trailer_bytes_max && may_trail(name))
      _request_trailers.push_back({std::string(name), std::string(value)});
    return;
  }
  if (_fields.bytes() + name.size() + value.size() + 32 > _worker.options.header_bytes_max) _too_large = true;
  if (!_too_large) _fields.add(name, value);
}

void http2_stream::end_head(bool body_follows) {
  _head_complete = true;
  _body_follows = body_follows;
  _input_ended = !body_follows;
}

void http2_stream::add_body(std::string_view bytes) {
  if (over() || _finished) return _of.consumed(*this, bytes.size());  // nobody wants it any more
  _body.append(bytes);
}

void http2_stream::end_input() { _input_ended = true; }

void http2_stream::proceed() {
  if (!in_session && !over() && !answered()) return peer_gone();
  drive();  // without the client too, to what the service still has to say of an answer that needs no more of it
  if (!_body.empty()) _flowed = 0;
}

void http2_stream::peer_gone() {
  if (!over() && answered()) drive();  // nothing is left but to tell of it
  if (!over() && !_head_complete) return end_incomplete(400);
  if (!over() && !_x) open_unasked();
  if (!over()) abort();
}

// The head was cut off, or the session has found it malformed and reset the stream.
void http2_stream::end_incomplete(int status) {
  open_unread();
  fill_request();
  find_path();
  end_unread(status);
}

// As nginx: a request that is taken back before its turn is told of, as one that is given up later.
void http2_stream::open_unasked() {
  if (open_request() != 0 || !find_path()) return;
  find_client();
  identify();
}

void http2_stream::note_unsent() { note_error("response_too_large", "the answer's head is too large for HTTP/2"); }

void http2_stream::stop_waiting(std::int64_t now_ms) {
  if (!over())
    sweep(now_ms);
  else if (in_session && now_ms >= _deadline_ms)
    _of.reset(*this, NGHTTP2_CANCEL);  // an answer that the client does not take
}

bool http2_stream::step_between() { return _head_complete && !_x && begin_exchange(); }

bool http2_stream::begin_exchange() {
  if (int status = open_request()) {
    find_path();
    return refuse(status);
  }
  return start_exchange();
}

int http2_stream::open_request() {
  exchange& x = open_exchange();
  _worker.stats.requests.add(1);
  x.head_bytes = x.taken = x.totals.bytes_in = _fields.bytes();
  return fill_request();
}

// RFC 9113, section 8.3. The session has checked names, values, order and number of the pseudo-fields.
int http2_stream::fill_request() {
  request_head& r = _x->request;
  r.http2 = true;
  r.minor_version = 1;
  r.keep_alive = true;
  r.wants_upgrade = false;
  std::string_view authority;
  int cookies = 0;
  for (std::size_t i = 0; i < _fields.size(); ++i) {
    std::string_view name = _fields.name(i), value = _fields.value(i);
    if (name == ":method") r.method = value;
    if (name == ":path") r.target = value;
    if (name == ":authority") authority = value;
    if (name == "cookie") _cookies.append(cookies++ ? "; " : "").append(value);
  }
  if (_too_large) return 400;
  bool cookies_put = false;
  for (std::size_t i = 0; i < _fields.size(); ++i) {
    std::string_view name = _fields.name(i), value = _fields.value(i);
    if (name.starts_with(':')) continue;
    field_id which = field_id_of(name);
    if (which == field_id::cookie) {
      if (cookies_put) continue;
      cookies_put = true;
      value = _cookies;
    }
    if (!r.headers.add({.name = name, .value = value, .id = which})) return 400;
  }
  r.authority = r.headers.get(field_id::host);
  if (!authority.empty()) {
    if (!r.authority.empty() && !equals_ignoring_case(r.authority, authority)) return 400;
    // Plugins and logs look for it among the fields, as in HTTP/1.1.
    if (r.authority.empty() && !r.headers.add({.name = "host", .value = authority, .id = field_id::host})) return 400;
    r.authority = authority;
  }
  if (int status = check_request_head(r)) return status;
  r.body = _body_follows ? body_kind::chunked : body_kind::none;
  if (const header_view* length = r.headers.find(field_id::content_length)) {
    if (!parse_length(length->value, r.content_length)) return 400;
    if (_body_follows && r.content_length > 0) r.body = body_kind::length;
  }
  r.expects_continue = _body_follows && equals_ignoring_case(r.headers.get(field_id::expect), "100-continue");
  return 0;
}

void http2_stream::rewind_request_body() {
  _x->request_body.begin(_x->request.body, _x->request.content_length);
  if (_sent.empty()) return;
  const std::string rest(_body.view());
  _body.consume(rest.size());
  _body.append(_sent);
  _body.append(rest);
  _sent_again = _sent.size();
  _sent.clear();
}

// A service of gRPC that goes away refuses what it has not looked at (GOAWAY): another one gets it, if it is here yet.
void http2_stream::keep_sent(std::string_view bytes) {
  exchange& x = *_x;
  const bool keeps = x.to && x.to->of->grpc && !x.head_received && _sent.size() + bytes.size() <= sent_max;
  if (keeps && !x.read_beyond)
    _sent.append(bytes);
  else
    _sent = {};
  x.read_beyond |= !keeps;
}

bool http2_stream::send_continue() {
  if (!_body.empty() || _input_ended) return true;
  _x->continue_sent = true;
  _of.submit_continue(*this);
  return true;
}

bool http2_stream::fill_request_body() {
  exchange& x = *_x;
  if (!_body.empty()) {
    std::string_view bytes = _body.view().substr(0, piece_bytes);
    keep_sent(bytes);
    const std::size_t again = std::min(_sent_again, bytes.size());
    x.totals.bytes_in += bytes.size() - again;
    x.request_body.left -= std::min<std::uint64_t>(x.request_body.left, bytes.size());
    bool endless = x.to && x.to->of->grpc;  // a stream of messages, each of a bounded size for its service to judge
    if (!endless && x.totals.bytes_in - x.head_bytes > _worker.options.body_bytes_max) {
      refuse(413);
      return false;
    }
    _worker.pieces.assign(1, bytes);
    if (!put_request_body()) return false;
    std::size_t passed_on = bytes.size();
    _body.consume(passed_on);
    _sent_again -= again;
    _of.consumed(*this, passed_on - again);
    note_flow(passed_on);
    if (!_body.empty() || !_input_ended) return true;
  }
  const bool all_came = x.request_body.kind == body_kind::length && x.request_body.left == 0;
  if (!_input_ended && !all_came) {
    wait_for(waits_for::client_read);
    return false;
  }
  drop_body();
  if (_trailer_bytes > trailer_bytes_max) {
    refuse(400);
    return false;
  }
  x.request_trailers = std::move(_request_trailers);
  end_request_body();
  return true;
}

// A window that is gone within a second holds its client up, unless its service does.
void http2_stream::note_flow(std::size_t bytes) {
  const std::int64_t now_ms = _worker.loop.now_ms();
  if (now_ms - _flowed_since_ms > 1000) {
    _flowed_since_ms = now_ms;
    _flowed = 0;
  }
  _flowed += bytes;
  if (_flowed >= http2_stream_window_bytes && !_input_ended) _of.lend_window(*this);
}

void http2_stream::write_proxied(const response_extras& extras) {
  field_list& fields = _worker.fields;
  fields.clear();
  list_proxied_fields(fields, *_x, extras);
  bool with_body = extras.body_bytes ? *extras.body_bytes > 0 || !_x->response_trailers.empty()
                                     : _x->response_body.kind != body_kind::none;
  _x->totals.bytes_out += fields.bytes();
  keep_sent_fields(fields);
  _response_ended = !with_body || _x->request.method == "HEAD";
  _of.submit_response(*this, fields, !_response_ended);
}

void http2_stream::write_local(const local_head& head, bool with_body) {
  field_list& fields = _worker.fields;
  fields.clear();
  list_local_fields(fields, head);
  _x->totals.bytes_out += fields.bytes();
  keep_sent_fields(fields);
  _of.submit_response(*this, fields, with_body);
  _response_ended = !with_body;
}

// For logs, in the form that a head has in HTTP/1.1.
void http2_stream::keep_sent_fields(const field_list& fields) {
  if (!_x->context.want_sent_head) return;
  std::string& text = _x->context.sent_head;
  text = "HTTP/2";
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!fields.name(i).starts_with(':'))
      text.append("\r\n").append(fields.name(i)).append(": ").append(fields.value(i));
  text += "\r\n\r\n";
}

void http2_stream::end_response() {
  _response_trailers = std::move(_x->response_trailers);
  _response_ended = true;
  _of.resume(*this);
}

void http2_stream::end_local() {
  _response_ended = true;
  _of.resume(*this);
}

// What is not taken at once waits in _out, up to a bound.
bool http2_stream::flush() {
  if (_out.size() > _counted) _x->totals.bytes_out += _out.size() - _counted;
  _counted = _out.size();
  _of.resume(*this);
  _blocked = _out.size() > unsent_max;
  if (_blocked) wait_for(waits_for::client_write);
  return !_blocked;
}

http2_stream::piece http2_stream::take_body(char* to, std::size_t room) {
  piece p{.bytes = std::min(room, _out.size())};
  if (p.bytes > 0) std::memcpy(to, _out.view().data(), p.bytes);
  _out.consume(p.bytes);
  _counted -= std::min(_counted, p.bytes);
  p.last = _out.empty() && _response_ended;
  p.none_yet = p.bytes == 0 && !p.last;
  if (!waits_for_service()) set_deadline(_worker.options.body_timeout_ms);
  if (_blocked && _out.size() <= unsent_max / 2) {
    _blocked = false;
    _of.make_ready(*this);
  }
  return p;
}

bool http2_stream::pump_tunnel() {  // no request of HTTP/2 asks for an upgrade
  abort();
  return false;
}

// The answer may still be waiting to be sent; the session lets go of this afterwards.
void http2_stream::exchange_over() {
  _worker.give_exchange(std::move(_x));
  _finished = true;
  _activity.be(activity::other);
  drop_body();
  set_deadline(_worker.options.body_timeout_ms);
  _state = state::closed;
}

void http2_stream::drop_client() {
  if (in_session) _of.cut_off(*this);
  drop_body();
}

void http2_stream::drop_body() {
  if (_body.size() > _sent_again) _of.consumed(*this, _body.size() - _sent_again);
  _sent_again = 0;
  _body.release();
  _of.end_loan(*this);
}

void http2_stream::gone() { _of.exchange_gone(*this); }

void http2_stream::next_turn() { _of.make_ready(*this); }

// The head's fields do not come to an end, before which nothing else can be said on the connection (RFC 9113, section
// 4.3).
bool http2_stream::out_of_time() {
  _of.give_up(NGHTTP2_PROTOCOL_ERROR);
  end_incomplete(408);
  return false;
}

}  // namespace mes::gateway
