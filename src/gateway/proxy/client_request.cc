// From a request's head through the plugins, to a service or to an answer of our own (client_answer.cc).
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/uuid.h"
#include "gateway/http/authority.h"
#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/worker.h"
#include "gateway/router/path.h"

namespace mes::gateway {

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

void client_exchange::finish_exchange() {
  report();
  exchange_over();
}

}  // namespace mes::gateway
