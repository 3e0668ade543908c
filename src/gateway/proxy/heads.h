// The heads that the gateway writes: requests to services, responses to clients. As text for HTTP/1.1, as lists of
// fields for HTTP/2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/error_text.h"
#include "gateway/http/field_list.h"
#include "gateway/net/buffer.h"
#include "gateway/proxy/exchange.h"

namespace mes::gateway {

inline constexpr std::string_view server_token = "kong/3.4.2";  // what Via and Server say: the version that we are like

struct forwarding {
  std::string_view client_address;
  std::string_view peer_address;  // of the connection: another one than the client's if that is trusted to say so
  bool trusted = false;           // its X-Forwarded-* fields hold
  bool tls = false;
  std::uint16_t port = 0;  // of the listener
  bool tracing = true;
};

// The one upgrade that is passed on.
bool wants_websocket(const request_head& request);

// Whether the client takes fields behind a body.
bool wants_trailers(const request_head& request);

// The whole head, with the empty line.
void write_upstream_head(io_buffer& out, const exchange& x, const forwarding& from);
void list_upstream_fields(field_list& out, const exchange& x, const forwarding& from);

struct response_extras {
  std::int64_t upstream_ms = 0, proxy_ms = 0;  // latencies that the header shows
  bool keep_alive = true;
  std::optional<std::size_t> body_bytes;  // of a body that was held back
  std::string_view date;                  // for answers without one (RFC 9110, section 6.6.1)
};
// From the service's head in x.response.
void write_proxied_head(io_buffer& out, const exchange& x, const response_extras& extras);
void list_proxied_fields(field_list& out, const exchange& x, const response_extras& extras);

struct local_head {
  int status = 200;
  std::string_view content_type;          // "" = none
  std::optional<std::size_t> body_bytes;  // nothing: nobody knows GET's
  std::string_view date;
  std::int64_t latency_ms = 0, upstream_ms = 0;  // in all, and of that with the service
  bool keep_alive = true;
  const header_edits* edits = nullptr;
  std::string_view upgrade;  // for 426
  std::string_view location;
  bool service_failed = false;   // it was asked, and this is instead of its answer
  bool as_from_service = false;  // what a service said, from a cache: its own fields are all among the edits
};
void write_local_head(io_buffer& out, const local_head& head);
void list_local_fields(field_list& out, const local_head& head);

}  // namespace mes::gateway
