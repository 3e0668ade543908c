// Choosing where a request goes, and telling the balancer what became of it.
#include <fmt/format.h>

#include <algorithm>

#include "base/uuid.h"
#include "gateway/http/cookie.h"
#include "gateway/plugins/form_arguments.h"
#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/worker.h"
#include "gateway/router/expression.h"
#include "gateway/router/path.h"

namespace mes::gateway {
namespace {

constexpr double failure_ms_min = 1000;  // for balancing by latency: who refuses at once is not the quickest

std::string argument_of(std::string_view query, const std::string& name) {
  const form_arguments arguments = form_arguments::parse(query);
  const auto* found = arguments.find(name);
  return found ? found->value.value_or("") : "";
}

std::string captured(const exchange& x, const std::string& name) {
  const caught_texts caught = captures_of(x.match, x.context.asked);
  const auto found = caught.find(name);
  return found == caught.end() ? std::string() : found->second;
}

// "" if the request has nothing of the kind. A cookie that is missing is made, and given to the client.
std::string hash_text(exchange& x, const hash_source& by, const std::string& cookie_path) {
  switch (by.by) {
    case hash_input::none:
      return {};
    case hash_input::consumer:
      return x.context.who ? x.context.who->id : x.context.credential_id;
    case hash_input::ip:
      return std::string(x.context.client_address);
    case hash_input::header:
      return fmt::format("{}", fmt::join(x.context.upstream_header_values(by.name), ", "));
    case hash_input::path:
      return x.path;
    case hash_input::query_arg:
      return argument_of(x.context.current_query(), by.name);
    case hash_input::uri_capture:
      return captured(x, by.name);
    case hash_input::cookie:
      break;
  }
  if (std::string_view sent = cookie_of(x.request.headers, by.name); !sent.empty()) return std::string(sent);
  std::string made = uuid::make_v4().to_string();
  x.context.response_headers.add("Set-Cookie", fmt::format("{}={}; Path={}", by.name, made, cookie_path));
  return made;
}

}  // namespace

// Once for an exchange: a further try goes on from the same point.
void client_exchange::hash_exchange() {
  exchange& x = *_x;
  const upstream* group = x.to->group;
  if (x.hashed || !group || group->algorithm != balancing::consistent_hashing) return;
  x.hashed = true;
  std::string text = hash_text(x, group->hash_on, group->hash_on_cookie_path);
  if (text.empty()) text = hash_text(x, group->hash_fallback, group->hash_on_cookie_path);
  if (!text.empty()) x.hash = balancer_hash(text);
}

bool client_exchange::start_upstream() {
  exchange& x = *_x;
  const service* s = x.match.to->to;
  if (!s || !s->enabled) return refuse(503, "no Service found with those values");
  x.to = &x.plan->backend_of(*s);
  hash_exchange();
  auto chosen = x.to->choose(_worker.parts.names, {.hash = x.hash, .tried = x.tried, .now_us = _worker.loop.now_us()},
                             [this] { return make_resume(); });
  if (chosen.what != name_state::waiting) x.end_part();
  if (chosen.what != name_state::waiting && !chosen.target) note_nobody(chosen.what == name_state::unknown);
  if (chosen.what == name_state::unknown) return refuse(503, "name resolution failed");
  if (chosen.what == name_state::waiting) {
    if (x.timed.dns_query) x.begin_part("kong.dns");
    _state = state::waiting;
    set_deadline(_worker.options.header_timeout_ms);
    return false;
  }
  if (!chosen.target) return refuse(503, "failure to get a peer from the ring-balancer");
  if (x.upstream_target.empty()) build_upstream_target();
  bool srv_name = x.to->group && x.to->group->use_srv_name && !chosen.srv_name.empty();
  bool as_it_came = x.match.to->preserve_host && !x.request.authority.empty();
  x.upstream_host = as_it_came ? x.request.authority
                    : srv_name ? chosen.srv_name
                               : std::string_view(chosen.target->host_header);
  x.take_peer(std::move(chosen.where), x.to->shared != nullptr);
  x.tried_us = _worker.loop.now_us();
  return connect_upstream(x.peer->where);
}

// What the service is asked for: the route's path handled, or what a plugin made of it.
void client_exchange::build_upstream_target() {
  exchange& x = *_x;
  if (x.context.upstream_path) {
    x.upstream_target = *x.context.upstream_path;
  } else {
    std::string_view matched = std::string_view(x.path).substr(0, x.match.matched_bytes);
    bool strip =
        x.match.to->strip_path && (!x.match.to->to->grpc || x.context.path_handled);  // nginx's grpc_pass: as it came
    const std::string& base = x.match.to->to->path;
    if (!strip && (base.empty() || base == "/") && x.plain_path) {  // most are
      x.upstream_target = x.path;
    } else {
      std::string path = upstream_path(base, x.path, matched, strip);
      x.upstream_target = is_plain_path(path) ? std::move(path) : escape_path(path);
    }
  }
  if (x.context.upstream_query) {
    if (!x.context.upstream_query->empty()) x.upstream_target.append("?").append(*x.context.upstream_query);
  } else if (std::size_t question = x.request.target.find('?'); question != std::string_view::npos) {
    x.upstream_target.append(x.request.target.substr(question));
  }
  x.context.upstream_target = x.upstream_target;
}

// An answer's head has come from the service.
void client_exchange::note_answer() {
  exchange& x = *_x;
  if (x.held_bytes > 0) forget_request_body();
  upstream_try& made = x.context.tries.back();
  made.status = x.response.status;
  made.failed = made.status >= 500 && x.tries > x.to->of->retries;  // as Kong's, which has no further try
  if (!x.to->shared) return;
  x.to->shared->note_answer(*x.peer, x.response.status);
  x.await_peer_no_more();
  note_time(0);
}

// What the try has taken counts however it ended, as in Kong: else a target that never answers would pass for a quick
// one.
void client_exchange::note_time(double ms_min) {
  const exchange& x = *_x;
  if (!x.to->group || x.to->group->algorithm != balancing::latency) return;
  const std::int64_t now_us = net_loop::clock_us();
  x.peer->note_latency(std::max(ms_min, static_cast<double>(now_us - x.tried_us) / 1000), now_us);
}

// The client has gone before the answer came: the target is at least as slow as that.
void client_exchange::note_given_up() {
  const exchange& x = *_x;
  if (!x.peer || x.head_received || !waits_for_service()) return;
  note_time(x.peer->latency_ms(net_loop::clock_us()).value_or(0));
}

void client_exchange::note_failure(bool timed_out) {
  exchange& x = *_x;
  if (!x.peer) return;
  if (x.tries < 64) x.tried.push_back(x.peer.get());
  x.await_peer_no_more();
  if (!x.to->shared) return;
  note_time(failure_ms_min);
  const passive_checks& limits = x.to->group->passive;
  if (timed_out)
    x.to->shared->note(*x.peer, sighting::timeout, limits.timeouts, "passive", x.error);
  else
    x.to->shared->note(*x.peer, sighting::tcp_failure, limits.tcp_failures, "passive", x.error);
}

}  // namespace mes::gateway
