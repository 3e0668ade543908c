#include "gateway/proxy/exchange.h"

namespace mes::gateway {

void exchange::reset() {
  request.method = request.target = request.authority = {};
  request.headers.clear();
  request.body = body_kind::none;
  plan.reset();
  route = nullptr;
  match = {};
  path.clear();
  context.request = nullptr;
  context.path = context.query = context.client_address = context.request_id = {};
  context.on_route = nullptr;
  context.to = nullptr;
  context.who = nullptr;
  context.credential_id.clear();
  context.upstream_headers.reset();
  context.response_headers.reset();
  context.answer.reset();
  context.flags = 0;
  context.totals = nullptr;
  context.waited = false;
  next_plugin = 0;
  head_bytes = taken = 0;
  request_body = {};
  read_beyond = continue_sent = request_failed = false;
  to = nullptr;
  upstream_host.clear();
  upstream_target.clear();
  upstream_address.clear();
  tries = 0;
  head_received = tunnel = response_done = chunked_out = excess = false;
  keep_alive = true;
  response_body = {};
  request_id.clear();
  foreign_id = false;
  parent = {};
  totals = {};
  started_us = connected_us = sent_us = answered_us = 0;
}

}  // namespace mes::gateway
