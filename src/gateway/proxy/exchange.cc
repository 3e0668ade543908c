#include "gateway/proxy/exchange.h"

#include "gateway/balancer/upstream_state.h"
#include "gateway/net/loop.h"

namespace mes::gateway {

void exchange::take_peer(std::shared_ptr<peer_state> next, bool counted) {
  await_peer_no_more();
  if (peer_counted) peer->open.fetch_sub(1, std::memory_order_relaxed);
  peer_counted = peer_awaited = next && counted;
  peer = std::move(next);
  if (!peer_counted) return;
  peer->open.fetch_add(1, std::memory_order_relaxed);
  peer->unanswered.fetch_add(1, std::memory_order_relaxed);
}

void exchange::await_peer_no_more() {
  if (peer_awaited) peer->unanswered.fetch_sub(1, std::memory_order_relaxed);
  peer_awaited = false;
}

void exchange::begin_part(std::string_view name, std::string_view plugin) {
  if (part_open) return;
  parts.push_back({.name = name, .plugin = plugin, .from_us = net_loop::clock_us() - started_us});
  part_open = true;
  context.passed_over = false;
}

void exchange::end_part() {
  if (!part_open) return;
  part_open = false;
  if (context.passed_over) return parts.pop_back();
  parts.back().to_us = net_loop::clock_us() - started_us;
}

void exchange::reset() {
  request.method = request.target = request.authority = {};
  request.headers.clear();
  request.body = body_kind::none;
  request.http2 = false;
  request.minor_version = 1;
  plan.reset();
  route = nullptr;
  match = {};
  path.clear();
  client_address.clear();
  plain_path = trusted_peer = https = false;
  looked_at_bytes = 0;
  looked_at_ms = 0;
  held_bytes = rest_sent = 0;
  rest.reset();
  slow_looks = 0;
  context.reset();
  next_plugin = 0;
  head_bytes = taken = 0;
  request_body = {};
  read_beyond = continue_sent = chunked_up = request_failed = body_collected = buffering = false;
  body_beginning = {};
  request_trailers.clear();
  response_trailers.clear();
  take_peer(nullptr, false);
  tried.clear();
  hashed = false;
  hash.reset();
  to = nullptr;
  upstream_host.clear();
  upstream_target.clear();
  upstream_address.clear();
  tries = 0;
  error_type = {};
  error.clear();
  own_trouble = false;
  head_received = service_failed = tunnel = response_done = chunked_out = excess = filtered = holding = discarding =
      false;
  held_head.clear();
  held_body = {};
  keep_alive = true;
  response_body = {};
  request_id.clear();
  foreign_id = false;
  timed = {};
  parts.clear();
  part_open = false;
  connect_us = tls_us = 0;
  parent = {};
  spans = {};
  totals = {};
  started_us = tried_us = sent_us = answered_us = 0;
}

}  // namespace mes::gateway
