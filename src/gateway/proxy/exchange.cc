#include "gateway/proxy/exchange.h"

namespace mes::gateway {

void exchange::reset() {
  request.method = request.target = request.authority = {};
  request.headers.clear();
  request.body = body_kind::none;
  request.http2 = false;
  plan.reset();
  route = nullptr;
  match = {};
  path.clear();
  context.reset();
  next_plugin = 0;
  head_bytes = taken = 0;
  request_body = {};
  read_beyond = continue_sent = chunked_up = request_failed = body_collected = false;
  request_trailers.clear();
  response_trailers.clear();
  to = nullptr;
  upstream_host.clear();
  upstream_target.clear();
  upstream_address.clear();
  tries = 0;
  head_received = tunnel = response_done = chunked_out = excess = filtered = holding = discarding = false;
  held_head.clear();
  held_body = {};
  keep_alive = true;
  response_body = {};
  request_id.clear();
  foreign_id = false;
  parent = {};
  spans = {};
  totals = {};
  started_us = connected_us = sent_us = answered_us = 0;
}

}  // namespace mes::gateway
