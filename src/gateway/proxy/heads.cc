#include "gateway/proxy/heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "gateway/http/authority.h"
#include "gateway/http/field_value.h"
#include "gateway/http/nominated_fields.h"
#include "gateway/proxy/backend.h"

namespace mes::gateway {
namespace {

// In line, so that the compiler knows how long a literal is.
[[gnu::always_inline]] inline void put(io_buffer& out, std::string_view name, std::string_view value) {
  out.reserve(name.size() + value.size() + 4);
  char* at = out.tail();
  std::memcpy(at, name.data(), name.size());
  at += name.size();
  *at++ = ':';
  *at++ = ' ';
  if (!value.empty()) std::memcpy(at, value.data(), value.size());
  at += value.size();
  *at++ = '\r';
  *at = '\n';
  out.added(name.size() + value.size() + 4);
}

void put(field_list& out, std::string_view name, std::string_view value) { out.add(name, value); }

// HTTP/2 has no fields of one hop, and frames bodies by itself (RFC 9113, section 8.2.2).
template <class Out>
constexpr bool has_hop_fields = std::is_same_v<Out, io_buffer>;

template <class Out>
void put(Out& out, std::string_view name, std::int64_t value) {
  fmt::format_int text(value);
  put(out, name, std::string_view(text.data(), text.size()));
}

// Framing stays ours.
template <class Out>
void put_response_edits(Out& out, const header_edits& edits) {
  for (const header_edit& e : edits)
    if (e.what != header_edit::kind::clear && e.name.id != field_id::content_length &&
        e.name.id != field_id::connection && e.name.id != field_id::transfer_encoding)
      put(out, e.name.text, e.value);
}

// Fields of the request that the gateway writes itself or that end here.
bool is_taken_over(field_id id) {
  switch (id) {
    case field_id::host:
    case field_id::connection:
    case field_id::keep_alive:
    case field_id::proxy:
    case field_id::proxy_connection:
    case field_id::te:
    case field_id::transfer_encoding:
    case field_id::content_length:
    case field_id::upgrade:
    case field_id::expect:
    case field_id::x_real_ip:
    case field_id::x_forwarded_for:
    case field_id::x_forwarded_proto:
    case field_id::x_forwarded_host:
    case field_id::x_forwarded_port:
    case field_id::x_forwarded_path:
    case field_id::x_forwarded_prefix:
      return true;
    default:
      return says_who(id);
  }
}

// Fields that a plugin may set although the gateway writes them otherwise.
bool is_for_plugins(field_id id) {
  return id == field_id::te || id == field_id::expect || says_who(id) || !is_taken_over(id);
}

bool asks_for_trailers(const header_table& headers) {
  bool asks = false;
  for_each_token(headers.get(field_id::te),
                 [&](std::string_view token) { asks |= equals_ignoring_case(token, "trailers"); });
  return asks;
}

template <class Out>
void put_forwarded(Out& out, const exchange& x, const forwarding& from) {
  put(out, "X-Real-IP", from.client_address);
  if (x.request.headers.find(field_id::x_forwarded_for)) {
    std::string chain;
    for (const header_view& h : x.request.headers)
      if (h.id == field_id::x_forwarded_for) chain.append(h.value).append(", ");
    put(out, "X-Forwarded-For", chain.append(from.peer_address));
  } else {
    put(out, "X-Forwarded-For", from.client_address);
  }
  auto put_or_keep = [&](field_id id, std::string_view name, auto own) {
    const header_view* said = from.trusted ? x.request.headers.find(id) : nullptr;
    if (said)
      put(out, name, said->value);
    else
      put(out, name, own);
  };
  put_or_keep(field_id::x_forwarded_proto, "X-Forwarded-Proto", std::string_view(from.tls ? "https" : "http"));
  const std::string host = normal_host(x.request.authority);
  put_or_keep(field_id::x_forwarded_host, "X-Forwarded-Host", std::string_view(host));
  put_or_keep(field_id::x_forwarded_port, "X-Forwarded-Port", std::int64_t{from.port});
  put_or_keep(field_id::x_forwarded_path, "X-Forwarded-Path", x.request.target.substr(0, x.request.target.find('?')));
  std::string_view prefix = x.match.matched(x.path);
  bool stripped = x.match.to->strip_path && prefix != "/" && !prefix.empty();
  if (!stripped && !(from.trusted && x.request.headers.find(field_id::x_forwarded_prefix))) return;
  std::string escaped;  // the path is decoded
  if (has_controls(prefix)) prefix = escaped = escape_controls(prefix);
  put_or_keep(field_id::x_forwarded_prefix, "X-Forwarded-Prefix", prefix);
}

template <class Out>
void put_body_framing(Out& out, const exchange& x) {
  const request_head& request = x.request;
  if (const std::string* whole = x.whole_request_body()) {
    if (!whole->empty() || request.body != body_kind::none || request.headers.find(field_id::content_length))
      put(out, "Content-Length", static_cast<std::int64_t>(whole->size()));
  } else if (request.body == body_kind::chunked) {
    if constexpr (has_hop_fields<Out>) put(out, "Transfer-Encoding", "chunked");
  } else if (request.body == body_kind::length || request.headers.find(field_id::content_length))
    put(out, "Content-Length", static_cast<std::int64_t>(request.content_length));
}

std::string_view upstream_authority(const exchange& x) {
  const header_edits& edits = x.context.upstream_headers;
  const header_edit* host = edits.empty() ? nullptr : edits.find("host");
  return host ? std::string_view(host->value) : std::string_view(x.upstream_host);
}

template <class Out>
void put_upstream_fields(Out& out, const exchange& x, const forwarding& from) {
  const header_edits& edits = x.context.upstream_headers;
  if (asks_for_trailers(x.request.headers) && !edits.find("te")) put(out, "TE", "trailers");
  put_forwarded(out, x, from);
  put_body_framing(out, x);
  nominated_fields nominated(x.request.headers);
  for (const header_view& h : x.request.headers) {
    if (is_taken_over(h.id) || (from.tracing && h.id == field_id::traceparent)) continue;
    if (!edits.empty() && edits.replaces(h)) continue;
    if (nominated.has(h.name)) continue;
    put(out, h.name, h.value);
  }
  if (from.tracing && (edits.empty() || !edits.find("traceparent"))) {
    auto text = x.client_span.traceparent();
    put(out, "traceparent", std::string_view(text.data(), text.size()));
  }
  for (const header_edit& e : edits)
    if (e.what != header_edit::kind::clear && is_for_plugins(e.name.id)) put(out, e.name.text, e.value);
}

std::string_view connection_options(bool tunnel, bool names_protocols, bool keep_alive) {
  if (tunnel) return "upgrade";
  if (names_protocols) return keep_alive ? "keep-alive, Upgrade" : "close, Upgrade";
  return keep_alive ? "keep-alive" : "close";
}

template <class Out>
void put_proxied_fields(Out& out, const exchange& x, const response_extras& extras) {
  const response_head& r = x.response;
  const header_edits& edits = x.context.response_headers;
  nominated_fields nominated(r.headers);
  bool dated = false, names_protocols = false;
  for (const header_view& h : r.headers) {
    switch (h.id) {
      case field_id::date:
        dated = true;
        break;
      case field_id::connection:
      case field_id::keep_alive:
      case field_id::proxy_connection:
      case field_id::transfer_encoding:
      case field_id::trailer:
      case field_id::via:
        continue;
      case field_id::upgrade:
        // A 426 has to say what to (RFC 9110, section 15.5.22).
        if (!x.tunnel && (!has_hop_fields<Out> || r.status != 426)) continue;
        break;
      case field_id::content_length:
        if (r.status == 204 || r.status < 200) continue;  // RFC 9110, section 8.6
        if (extras.body_bytes || x.chunked_out) continue;
        if (has_hop_fields<Out> && !x.context.rewrite_body && x.response_body.kind != body_kind::none) {
          // whatever plugins make of it: the body is so long
          put(out, h.name, h.value);
          continue;
        }
        break;
      default:
        break;
    }
    if (!edits.empty() && edits.replaces(h)) continue;
    if (nominated.has(h.name)) continue;
    names_protocols |= h.id == field_id::upgrade;
    put(out, h.name, h.value);
  }
  if (!dated && !x.tunnel) put(out, "Date", extras.date);
  if (extras.body_bytes) put(out, "Content-Length", static_cast<std::int64_t>(*extras.body_bytes));
  if constexpr (has_hop_fields<Out>) {
    if (!extras.body_bytes && x.chunked_out) put(out, "Transfer-Encoding", "chunked");
    put(out, "Connection", connection_options(x.tunnel, names_protocols, extras.keep_alive));
  }
  put_response_edits(out, edits);
  put(out, "X-Kong-Upstream-Latency", extras.upstream_ms);
  put(out, "X-Kong-Proxy-Latency", extras.proxy_ms);
  put(out, "Via", server_token);
}

template <class Out>
void put_local_fields(Out& out, const local_head& head) {
  auto edited = [&](const field_name& name) { return head.edits && head.edits->find(name); };
  if (!edited("date")) put(out, "Date", head.date);
  if (!head.content_type.empty() && !edited("content-type")) put(out, "Content-Type", head.content_type);
  if constexpr (has_hop_fields<Out>) {
    if (!head.upgrade.empty()) {
      put(out, "Connection", head.keep_alive ? "Upgrade" : "Upgrade, close");
      put(out, "Upgrade", head.upgrade);
    } else {
      put(out, "Connection", head.keep_alive ? "keep-alive" : "close");
    }
  }
  if (!head.location.empty()) put(out, "Location", head.location);
  if (head.edits) put_response_edits(out, *head.edits);
  if (head.body_bytes) put(out, "Content-Length", static_cast<std::int64_t>(*head.body_bytes));
  if (head.as_from_service || head.service_failed) {
    put(out, "X-Kong-Upstream-Latency", head.upstream_ms);
    put(out, "X-Kong-Proxy-Latency", head.latency_ms - head.upstream_ms);
    put(out, "Via", server_token);
  } else {
    put(out, "X-Kong-Response-Latency", head.latency_ms);
  }
  if (!head.as_from_service && !edited("server")) put(out, "Server", server_token);
}

}  // namespace

bool wants_trailers(const request_head& request) { return request.http2 || asks_for_trailers(request.headers); }

bool wants_websocket(const request_head& request) {
  return request.wants_upgrade && equals_ignoring_case(request.headers.get(field_id::upgrade), "websocket");
}

void write_upstream_head(io_buffer& out, const exchange& x, const forwarding& from) {
  out.reserve(1024);
  out.append(x.context.current_method());
  out.append(" ");
  out.append(x.upstream_target);
  out.append(" HTTP/1.1\r\n");
  put(out, "Host", upstream_authority(x));
  if (wants_websocket(x.request)) {
    put(out, "Connection", "keep-alive, Upgrade");
    put(out, "Upgrade", "websocket");
  } else {
    put(out, "Connection", "keep-alive");
  }
  put_upstream_fields(out, x, from);
  out.append("\r\n");
}

void list_upstream_fields(field_list& out, const exchange& x, const forwarding& from) {
  put(out, ":method", x.context.current_method());
  put(out, ":scheme", x.to->of->tls ? "https" : "http");
  put(out, ":authority", upstream_authority(x));
  put(out, ":path", x.upstream_target);
  put_upstream_fields(out, x, from);
}

void write_proxied_head(io_buffer& out, const exchange& x, const response_extras& extras) {
  const response_head& r = x.response;
  out.reserve(1024);
  fmt::format_int status(r.status);
  out.append("HTTP/1.1 ");
  out.append(std::string_view(status.data(), status.size()));
  out.append(" ");
  out.append(r.reason.empty() ? reason_of(r.status) : r.reason);
  out.append("\r\n");
  put_proxied_fields(out, x, extras);
  out.append("\r\n");
}

void list_proxied_fields(field_list& out, const exchange& x, const response_extras& extras) {
  put(out, ":status", std::int64_t{x.response.status});
  put_proxied_fields(out, x, extras);
}

void write_local_head(io_buffer& out, const local_head& head) {
  out.append(fmt::format("HTTP/1.1 {} {}\r\n", head.status, reason_of(head.status)));
  put_local_fields(out, head);
  out.append("\r\n");
}

void list_local_fields(field_list& out, const local_head& head) {
  put(out, ":status", std::int64_t{head.status});
  put_local_fields(out, head);
}

}  // namespace mes::gateway
