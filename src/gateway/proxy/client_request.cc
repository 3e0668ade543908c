// From a request's head to an answer of our own, or to a service.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/uuid.h"
#include "gateway/http/authority.h"
#include "gateway/plugins/json_text.h"
#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/heads.h"
#include "gateway/proxy/worker.h"
#include "gateway/router/path.h"
#include "runtime/grpc_message.h"

namespace mes::gateway {
namespace {

bool is_grpc(const request_head& request) {
  return request.http2 && request.headers.get(field_id::content_type).starts_with("application/grpc");
}

// Of what a service has said to HEAD: the length of GET's body, if it has said one (RFC 9110, section 8.6).
std::optional<std::size_t> said_length(const header_edits& fields) {
  const header_edit* said = fields.find("Content-Length");
  std::size_t length = 0;
  if (!said || std::from_chars(said->value.data(), said->value.data() + said->value.size(), length).ec != std::errc())
    return std::nullopt;
  return length;
}

std::optional<std::size_t> length_to_tell(const local_response& answer, bool to_head, const header_edits& fields) {
  if (answer.as_from_service && (to_head || answer.status == 304)) return said_length(fields);
  if (is_bodiless(answer.status)) return std::nullopt;
  return answer.body_text().size();
}

// kong/pdk/response.lua
int grpc_status_of(int http_status) {
  switch (http_status) {
    case 200:
      return 0;
    case 400:
      return 3;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 5;
    case 409:
      return 6;
    case 429:
      return 8;
    case 499:
      return 1;
    case 500:
      return 13;
    case 501:
      return 12;
    case 503:
      return 14;
    case 504:
      return 4;
    default:
      return http_status >= 500 ? 13 : http_status >= 400 ? 3 : http_status / 100 == 2 ? 0 : 2;
  }
}

// Of an answer of our own: the message of {"message":"…"}, or a text without a type.
std::optional<std::string> message_in(const local_response& answer) {
  if (answer.content_type.empty() && !answer.body.empty()) return answer.body;
  const auto body = cjson_decode(answer.body);
  const auto* object = body ? body->if_object() : nullptr;
  const auto* message = object ? object->if_contains("message") : nullptr;
  if (!message || !message->is_string()) return std::nullopt;
  return std::string(message->get_string());
}

// An answer of our own, for a client that looks at fields alone.
void speak_grpc(local_response& answer, header_edits& fields) {
  if (!fields.find("grpc-status")) fields.set("grpc-status", std::to_string(grpc_status_of(answer.status)));
  if (const auto said = message_in(answer); said && !fields.find("grpc-message"))
    fields.set("grpc-message", runtime::grpc_message(*said));
  answer.content_type = "application/grpc";
  answer.body.clear();
}

}  // namespace

exchange& client_exchange::open_exchange() {
  _x = _worker.take_exchange();
  _activity.be(activity::writing);
  exchange& x = *_x;
  ++_serial;
  x.started_us = net_loop::clock_us();
  x.started = _worker.loop.time_at(x.started_us);
  x.plan = _worker.plan;
  x.context.request = &x.request;
  x.context.link = _link.get();
  x.context.request_number = ++_link->requests;
  x.context.client_address = _link->address;
  x.context.client_port = _link->peer_port;
  x.context.started_us = x.started.microseconds;
  x.context.stats = &_worker.stats;
  x.context.lua = &x.plan->lua;
  x.context.suspend = [this] { return make_resume(); };
  return x;
}

// Of what no request can be made out of. As with nginx and Kong its line is in the log, and the global plugins see it.
exchange& client_exchange::open_unread() {
  exchange& x = open_exchange();
  x.keep_alive = false;
  _worker.stats.requests.add(1);
  return x;
}

// ... and nobody is there to be told.
void client_exchange::end_unread(int status) {
  _x->totals.status = status;
  report();
  close();
}

bool client_exchange::start_exchange() {
  exchange& x = *_x;
  x.keep_alive = x.request.keep_alive && !_worker.draining();
  find_client();
  x.request_body.begin(x.request.body, x.request.content_length);
  identify();
  const bool whole = find_path();  // before all that may refuse it, whose log tells of it
  // As nginx: TRACE would show what the gateway adds, and CONNECT asks for a tunnel.
  if (x.request.method == "TRACE" || x.request.method == "CONNECT") return refuse(405);
  if (x.request.body == body_kind::length && x.request.content_length > _worker.options.body_bytes_max)
    return refuse(413);
  return whole ? route_exchange() : refuse(400);
}

// Whom the peer speaks for, if it is one of those that may.
void client_exchange::find_client() {
  exchange& x = *_x;
  x.https = _link->tls;
  const real_ip_options& options = _worker.options.real_ip;
  if (options.trusted.empty() || !options.trusted.contains(_link->address)) return;
  x.trusted_peer = true;
  if (auto told = real_client(x.request.headers, options)) {
    x.client_address = std::move(told->address);
    x.context.client_address = x.client_address;
    x.context.client_port = told->port;
  }
  if (std::string_view proto = x.request.headers.get(field_id::x_forwarded_proto); !proto.empty())
    x.https = equals_ignoring_case(proto, "https");
}

forwarding client_exchange::forwarded() const {
  const exchange& x = *_x;
  return {.client_address = x.context.client_address,
          .peer_address = _link->address,
          .trusted = x.trusted_peer,
          .tls = _link->tls,
          .port = _link->port,
          .tracing = _worker.options.tracing};
}

// One id from click to part: the request id is a UUID whose bits are the trace id. A foreign id is kept as it came.
void client_exchange::identify() {
  exchange& x = *_x;
  std::string_view given = x.request.headers.get(field_id::x_request_id);
  auto as_uuid = given.empty() ? std::nullopt : uuid::parse(given);
  x.foreign_id = !given.empty() && !as_uuid;
  auto parent = x.request.headers.find(field_id::traceparent)
                    ? observe::trace_context::parse(x.request.headers.get(field_id::traceparent))
                    : std::nullopt;
  if (as_uuid) {
    x.server_span.trace = as_uuid->bytes;
    if (parent && parent->trace == x.server_span.trace) x.parent = parent->span;
  } else if (parent) {
    x.server_span.trace = parent->trace;
    x.parent = parent->span;
  } else {
    x.server_span.trace = _worker.ids.trace(x.started);
  }
  x.server_span.sampled = as_uuid || !parent || parent->sampled;
  x.server_span.span = _worker.ids.span();
  if (x.server_span.sampled) x.timed = _worker.next_timed();
  x.client_span = {.trace = x.server_span.trace, .span = _worker.ids.span(), .sampled = x.server_span.sampled};
  x.request_id.assign(given);
  if (given.empty()) x.server_span.request_id().append_to(x.request_id);
  x.context.request_id = x.request_id;
  x.spans = {.server = x.server_span, .client = x.client_span, .parent = x.parent};
  x.context.spans = &x.spans;
}

// False: an escape in it is cut short.
bool client_exchange::find_path() {
  exchange& x = *_x;
  std::size_t question = x.request.target.find('?');
  std::string_view raw = x.request.target.substr(0, question);
  if (question != std::string_view::npos) x.context.query = x.request.target.substr(question + 1);
  const bool whole = has_whole_escapes(raw);
  x.plain_path = is_plain_path(raw);
  if (x.plain_path || !whole)
    x.path.assign(raw);
  else
    x.path = normalize_path(raw, true);
  x.context.path = x.path;
  return whole;
}

bool client_exchange::route_exchange() {
  exchange& x = *_x;
  if (x.plan->current->is_told())
    x.context.response_headers.set("X-Mes-Generation", std::to_string(x.plan->current->number()));
  x.context.asked = {.method = x.request.method,
                     .path = x.path,
                     .host = x.request.authority,
                     .https = _link->tls,
                     .sni = _link->sni,
                     .headers = &x.request.headers,
                     .query = x.context.query};
  if (x.timed.router) x.begin_part("kong.router");
  x.match = x.plan->current->find(x.context.asked);
  x.end_part();
  x.context.match = &x.match;
  if (!x.match.to) return refuse(404, "no Route matched with those values");
  x.route = &x.plan->current->plan_of(x.match.index);
  x.context.on_route = x.match.to;
  x.context.to = x.match.to->to;
  if (_worker.options.allow_debug_header && x.request.headers.get("kong-debug") == "1") tell_route();
  return check_protocol() && run_plugins();
}

// K:kong/router/utils.lua, add_debug_headers.
void client_exchange::tell_route() {
  header_edits& to = _x->context.response_headers;
  const route& r = *_x->match.to;
  to.set("Kong-Route-Id", r.id);
  if (!r.name.empty()) to.set("Kong-Route-Name", r.name);
  if (!r.to) return;
  to.set("Kong-Service-Id", r.to->id);
  if (!r.to->name.empty()) to.set("Kong-Service-Name", r.to->name);
}

// False if the request has its answer already (kong/runloop/handler.lua, access.after).
bool client_exchange::check_protocol() {
  const route& r = *_x->match.to;
  if (!_x->https && !r.http && r.https) {
    if (r.https_redirect_status == 426) {
      refuse(426, "Please use HTTPS protocol", "TLS/1.2, HTTP/1.1");
      return false;
    }
    std::string host(_x->trusted_peer ? _x->request.headers.get(field_id::x_forwarded_host) : "");
    if (host.empty()) host = normal_host(_x->request.authority);
    respond(r.https_redirect_status, {}, {}, {}, fmt::format("https://{}{}", host, _x->request.target));
    return false;
  }
  if (!r.grpc && !r.grpcs) return true;
  if (!_x->request.headers.get(field_id::content_type).starts_with("application/grpc")) {
    refuse(415, "Non-gRPC request matched gRPC route");
    return false;
  }
  if (!_x->request.http2) {
    refuse(426, "Please use HTTP2 protocol", "HTTP/2");
    return false;
  }
  if (r.grpc || _x->https) return true;
  _x->context.response_headers.set("grpc-status", "1");
  _x->context.response_headers.set("grpc-message", "gRPC request matched gRPCs route");
  respond(200, {}, "application/grpc");
  return false;
}

bool client_exchange::run_plugins() {
  exchange& x = *_x;
  if (x.request.body == body_kind::none && !x.context.request_body) x.context.request_body.emplace();
  const auto& chain = x.route->chain;
  for (; x.next_plugin < chain.size(); ++x.next_plugin) {
    const plugin* p = chain[x.next_plugin].choose(x.context.who);
    if (!p) continue;
    if (x.timed.plugin_access) x.begin_part("kong.access.plugin.", chain[x.next_plugin].name);
    const verdict said = p->access(x.context);
    if (said == verdict::next || said == verdict::respond) x.end_part();
    switch (said) {
      case verdict::next:
        break;
      case verdict::respond:
        return respond(std::move(*x.context.answer));
      case verdict::want_body:
        _state = state::collecting;
        return true;
      case verdict::wait:
        _state = state::waiting;
        set_deadline(std::max(_worker.options.header_timeout_ms, std::exchange(x.context.wait_ms, 0)));
        return false;
    }
  }
  x.buffering = buffers_request();
  if (!x.buffering) return start_upstream();
  _state = state::collecting;
  return true;
}

std::function<void()> client_exchange::make_resume() {
  if (!_self) _self = std::make_shared<client_exchange*>(this);
  return [self = _self, serial = _serial, &loop = _worker.loop] {
    loop.post([self, serial] {
      if (*self) (*self)->resume(serial);
    });
  };
}

void client_exchange::resume(std::uint64_t serial) {
  if (_state != state::waiting || serial != _serial) return;
  if (_x->next_plugin < _x->route->chain.size())
    run_plugins();
  else
    start_upstream();
  drive();
}

bool client_exchange::refuse(int status) {
  if (_x->holding) drop_held_response();
  if (_x->head_received) {  // too late for another answer: the client sees that this one is cut off
    abort();
    return true;
  }
  // What nginx finds out goes by Accept, then by the request's type, then as plain text.
  const header_table& headers = _x->request.headers;
  std::string_view type = headers.get(field_id::content_type);
  _x->service_failed = _x->tries > 0 && (status == 502 || status == 504);
  if (is_grpc(_x->request)) type = "application/json";
  error_text text = make_error(message_of(status), headers.get(field_id::accept), type.empty() ? "text/plain" : type);
  return respond(status, text.body, text.content_type);
}

bool client_exchange::refuse(int status, std::string_view message, std::string_view upgrade) {
  error_text text = make_error(message, _x->request.headers.get(field_id::accept), "application/json");
  return respond(status, text.body, text.content_type, upgrade);
}

// After a short circuit the later plugins run their header phase too; what no route takes has the global ones.
void client_exchange::filter_headers() {
  exchange& x = *_x;
  if (x.filtered) return;
  x.filtered = true;
  x.end_part();  // of a plugin that has not answered in time
  const auto& chain = x.route ? x.route->chain : x.plan->current->global_chain();
  for (const plugin_slot& slot : chain)
    if (const plugin* p = slot.choose(x.context.who)) {
      if (x.timed.plugin_header_filter) x.begin_part("kong.header_filter.plugin.", slot.name);
      p->header_filter(x.context);
      x.end_part();
    }
}

bool client_exchange::respond(int status, std::string_view body, std::string_view content_type,
                              std::string_view upgrade, std::string_view location) {
  return respond({.status = status, .body = std::string(body), .content_type = content_type}, upgrade, location);
}

bool client_exchange::respond(local_response answer, std::string_view upgrade, std::string_view location) {
  exchange& x = *_x;
  release_upstream(false);
  x.context.response = nullptr;
  x.context.response_status = answer.status;
  x.context.local_content_type = answer.content_type;
  if (is_grpc(x.request) && !answer.as_from_service) speak_grpc(answer, x.context.response_headers);
  filter_headers();
  if (x.context.replace_status) answer = {.status = *x.context.replace_status};
  if (x.context.hold_body) hold_answer(answer);
  if (!x.request_body.done) leave_request_body();
  x.totals.status = answer.status;
  x.totals.from_service = answer.as_from_service;
  x.answered_us = net_loop::clock_us();
  const bool to_head = x.request.method == "HEAD", head_only = to_head || is_bodiless(answer.status);
  if (answer.status < 200) x.keep_alive = false;  // a client goes on to wait
  std::size_t before = _out.size();
  write_local({.status = answer.status,
               .content_type = answer.content_type,
               .body_bytes = length_to_tell(answer, to_head, x.context.response_headers),
               .date = _worker.http_date(),
               .latency_ms = (x.answered_us - x.started_us) / 1000,
               .upstream_ms = x.service_failed ? (x.answered_us - std::max(x.sent_us, x.started_us)) / 1000 : 0,
               .keep_alive = x.keep_alive,
               .edits = &x.context.response_headers,
               .upgrade = upgrade,
               .location = location,
               .service_failed = x.service_failed,
               .as_from_service = answer.as_from_service},
              !head_only && !answer.body_text().empty());
  keep_sent_head(before);
  if (x.context.watch_body) watch_body(answer.body_text(), true);
  if (!head_only) _out.append(answer.body);
  if (!head_only) x.rest = std::move(answer.shared_body);
  _state = state::answering;
  return true;
}

// A plugin changes a body of its own; one that others share is copied, within the bound of what is held.
void client_exchange::hold_answer(local_response& answer) {
  if (answer.shared_body && !_worker.hold(*_x, answer.shared_body->size())) {
    _x->context.response_headers.reset();
    error_text text = make_error("The gateway holds as many bodies as it may already",
                                 _x->request.headers.get(field_id::accept), "application/json");
    answer = {.status = 503, .body = std::move(text.body), .content_type = text.content_type};
    return;
  }
  if (answer.shared_body) answer.body = *answer.shared_body;
  answer.shared_body = nullptr;
  transform_body(answer.body);
}

void client_exchange::finish_exchange() {
  report();
  exchange_over();
}

}  // namespace mes::gateway
