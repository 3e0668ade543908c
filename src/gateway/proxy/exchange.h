// One request and its response on their way through the gateway.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/http/chunk_decoder.h"
#include "gateway/http/head.h"
#include "gateway/http/trailers.h"
#include "gateway/plugins/plugin.h"
#include "gateway/proxy/generation.h"
#include "observe/trace.h"

namespace mes::gateway {

struct loop_plan;
struct backend;
struct peer_state;

// What is still to come of a body.
struct body_progress {
  body_kind kind = body_kind::none;
  std::uint64_t left = 0;  // of a body with a length
  chunk_decoder chunks;
  bool done = true;

  void begin(body_kind k, std::uint64_t length, chunk_decoder::source from = chunk_decoder::source::request) {
    kind = k;
    left = length;
    chunks = chunk_decoder(from);
    done = k == body_kind::none;
  }
};

struct exchange {
  exchange() { request.headers.clear(); }

  request_head request;    // views into the connection's buffer, which stays where it is meanwhile
  response_head response;  // its views hold only while the head is being handled
  std::shared_ptr<loop_plan> plan;
  const route_plan* route = nullptr;  // nullptr: none
  route_match match;
  std::string path;            // normalised
  bool plain_path = false;     // nothing in it is to be escaped
  std::string client_address;  // that a trusted peer tells of; "" = the connection's
  bool trusted_peer = false;   // who speaks for the client
  bool https = false;          // as the client sees it
  plugin_context context;
  std::size_t next_plugin = 0;

  // The request's bytes in the connection's buffer: the head, and what was taken of what follows.
  std::size_t head_bytes = 0, taken = 0;
  body_progress request_body;
  bool read_beyond = false;  // body bytes came that are in the buffer no more: no second try
  bool continue_sent = false;
  std::uint64_t looked_at_bytes = 0;  // of the body, at the last look at its rate
  std::int64_t looked_at_ms = 0;
  int slow_looks = 0;       // on end
  bool chunked_up = false;  // the body goes to the service in chunks
  field_lines request_trailers, response_trailers;
  bool body_collected = false;  // context.request_body is all of it
  bool buffering = false;       // collected for its length's sake, as far as it is short
  std::string body_beginning;   // of one that was found too long for that
  std::size_t held_bytes = 0;   // of bodies: what the worker counts for this exchange

  // The body to send whole, if it is not to be streamed.
  const std::string* whole_request_body() const {
    if (context.upstream_body) return &*context.upstream_body;
    return body_collected ? &*context.request_body : nullptr;
  }

  backend* to = nullptr;
  std::shared_ptr<peer_state> peer;  // the address of the try at hand
  bool peer_counted = false, peer_awaited = false;
  std::vector<peer_state*> tried;  // they live as long as the plan
  bool hashed = false;
  std::optional<std::uint64_t> hash;  // of what consistent hashing goes by
  void take_peer(std::shared_ptr<peer_state> next, bool counted);
  void await_peer_no_more();    // it has answered
  std::string upstream_host;    // the Host that the service sees
  std::string upstream_target;  // the target that the service sees
  std::string upstream_address;
  int tries = 0;
  std::string_view error_type;  // why the last try came to nothing (OpenTelemetry's error.type), and in words;
  std::string error;            // "" = it did not
  bool own_trouble = false;     // the last try has not come as far as to the target
  bool request_failed = false;  // writing to the service failed; it may have answered before

  int interim_heads = 0;  // of this try's answer
  bool head_received = false;
  bool service_failed = false;  // the gateway answers in its place
  bool tunnel = false;          // after 101: bytes both ways
  bool response_done = false;
  bool chunked_out = false;
  // The answer's end is told by chunks, or by the connection's; HTTP/2 has frames for it.
  void answer_without_length() {
    chunked_out = !request.http2 && request.minor_version == 1;
    if (!request.http2 && request.minor_version == 0) keep_alive = false;
  }
  bool excess = false;  // the service sent more than its body
  bool keep_alive = true;
  bool filtered = false;    // the plugins' header phase is over
  bool holding = false;     // the head waits for the whole body
  bool discarding = false;  // a plugin has taken the body away
  std::string held_head, held_body;
  body_progress response_body;
  std::shared_ptr<const std::string> rest;  // of an answer of our own: what follows when there is room
  std::size_t rest_sent = 0;

  std::string request_id;
  bool foreign_id = false;  // the client's id is no UUID
  observe::trace_context server_span, client_span;
  observe::span_id parent{};
  exchange_spans spans;
  exchange_totals totals;
  instrumentations timed;  // of this request
  std::vector<timed_part> parts;
  bool part_open = false;                                                // the last of these
  void begin_part(std::string_view name, std::string_view plugin = {});  // or goes on with it, if it is open
  void end_part();
  std::int64_t connect_us = 0, tls_us = 0;                                  // that making connections to services took
  std::int64_t started_us = 0, tried_us = 0, sent_us = 0, answered_us = 0;  // monotonic
  instant started;

  // Ready for the next request; what holds memory keeps it.
  void reset();
};

}  // namespace mes::gateway
