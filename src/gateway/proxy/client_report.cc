// What is told of an exchange once it is over: plugins' log phase, access log, spans.
#include <fmt/format.h>

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

double ms_between(std::int64_t from_us, std::int64_t to_us) {
  return to_us > from_us ? static_cast<double>(to_us - from_us) / 1000 : 0;
}

// `method` and `what` as one text that stays in `names`, which has room for both of an exchange.
std::string_view named(std::string& names, std::string_view method, std::string_view what) {
  std::size_t before = names.size();
  names.append(method).append(" ").append(what);
  return std::string_view(names).substr(before);
}

// `scratch`: for the spans' names.
void record_spans(observe::span_sink& sink, const exchange& x, std::int64_t now_us, id_source& ids,
                  std::string& scratch) {
  auto at = [&](std::int64_t monotonic_us) { return instant{x.started.microseconds + (monotonic_us - x.started_us)}; };
  fmt::format_int status(x.totals.status);
  std::string_view status_text(status.data(), status.size()), method = x.request.method;
  const std::int64_t asked_us = x.sent_us > 0 ? x.sent_us : x.tried_us;  // 0: nobody was
  std::string_view service = asked_us > 0 ? std::string_view(x.context.to->label()) : std::string_view{};
  std::string_view route = x.route ? std::string_view(x.route->span_path) : "unmatched";
  std::size_t names = 2 * (method.size() + 1) + service.size() + route.size();
  for (const timed_part& p : x.parts) names += p.name.size() + p.plugin.size();
  scratch.clear();
  scratch.reserve(names);

  std::array<observe::attribute, 6> of_client = {{{"http.request.method", method},
                                                  {"http.response.status_code", status_text},
                                                  {"server.address", x.upstream_host},
                                                  {"network.peer.address", x.upstream_address}}};
  std::array<observe::attribute, 9> of_server = {{{"http.request.method", method},
                                                  {"url.path", x.path},
                                                  {"http.response.status_code", status_text},
                                                  {"client.address", x.context.client_address}}};
  std::size_t count = 4, of_client_count = 4;
  if (x.route) of_server[count++] = {"http.route", route};
  if (x.context.who) of_server[count++] = {"enduser.id", x.context.who->label()};
  if (x.foreign_id) of_server[count++] = {"request.id", x.request_id};

  // Why there is no answer, or half of one. It is the call's to tell, if there was one.
  if (!x.error.empty()) {
    std::span<observe::attribute> told = asked_us > 0 ? std::span(of_client).subspan(std::exchange(of_client_count, 6))
                                                      : std::span(of_server).subspan(std::exchange(count, count + 2));
    told[0] = {"error.type", x.error_type};
    told[1] = {"error.message", x.error};
  }
  bool failed = x.totals.status >= 500 || !x.error.empty();
  const std::array<observe::span, 2> spans = {{{.context = x.client_span,
                                                .parent = x.server_span.span,
                                                .name = named(scratch, method, service),
                                                .kind = observe::span_kind::client,
                                                .start = at(asked_us),
                                                .end = at(now_us),
                                                .failed = failed,
                                                .attributes = std::span(of_client.data(), of_client_count)},
                                               {.context = x.server_span,
                                                .parent = x.parent,
                                                .name = named(scratch, method, route),
                                                .kind = observe::span_kind::server,
                                                .start = x.started,
                                                .end = at(now_us),
                                                .failed = failed,
                                                .attributes = std::span(of_server.data(), count)}}};
  const std::span made = std::span(spans).subspan(asked_us > 0 ? 0 : 1);  // without a service there is no client's span
  if (x.parts.empty()) return sink.record(made);
  std::vector<observe::span> all(made.begin(), made.end());
  for (const timed_part& p : x.parts) {
    const std::size_t before = scratch.size();
    scratch.append(p.name).append(p.plugin);
    all.push_back({.context = {.trace = x.server_span.trace, .span = ids.span(), .sampled = true},
                   .parent = x.server_span.span,
                   .name = std::string_view(scratch).substr(before),
                   .start = at(x.started_us + p.from_us),
                   .end = at(x.started_us + p.to_us),
                   .attributes = {}});
  }
  sink.record(all);
}

}  // namespace

void client_exchange::report() {
  exchange& x = *_x;
  std::int64_t now_us = net_loop::clock_us();
  _worker.schedule.add(now_us - x.started_us);
  exchange_totals& t = x.totals;
  t.request_ms = ms_between(x.started_us, now_us);
  if (x.head_received) t.upstream_ms = ms_between(x.sent_us, x.answered_us);
  const bool unread = x.request_id.empty();  // no request could be made out
  if (unread) _worker.stats.count_unread(t.status);
  t.kong_ms = x.sent_us > 0 ? ms_between(x.started_us, x.sent_us) : t.request_ms;
  x.context.totals = &t;
  x.end_part();  // of a plugin, or a name server, that has not answered yet
  x.context.parts = x.parts;
  if (x.sent_us > 0) x.context.sent_after_us = x.sent_us - x.started_us;
  if (x.answered_us > 0) x.context.answered_after_us = x.answered_us - x.started_us;
  const auto& chain = x.route ? x.route->chain : x.plan->current->global_chain();
  for (const plugin_slot& slot : chain)
    if (const plugin* p = slot.choose(x.context.who)) p->log(x.context);
  if (_worker.options.access_log && _worker.requests_log.enabled()) {
    std::string_view who = x.context.who ? std::string_view(x.context.who->label()) : std::string_view{};
    auto write = [&](auto... more) {
      _worker.requests_log.add({{"method", x.request.method},
                                {"path", std::string_view(x.path)},
                                {"status", std::int64_t{t.status}},
                                {"bytes_in", static_cast<std::int64_t>(t.bytes_in)},
                                {"bytes_out", static_cast<std::int64_t>(t.bytes_out)},
                                {"latency_ms", t.request_ms},
                                {"upstream_ms", t.upstream_ms < 0 ? 0 : t.upstream_ms},
                                {"upstream_connect_ms", static_cast<double>(x.connect_us) / 1000},
                                {"upstream_tls_ms", static_cast<double>(x.tls_us) / 1000},
                                {"kong_ms", t.kong_ms},
                                {"route", x.route ? std::string_view(x.route->of->label()) : std::string_view{}},
                                {"upstream", std::string_view(x.upstream_address)},
                                {"consumer", who},
                                {"client", std::string_view(_link->address)},
                                more...},
                               {.at = _worker.loop.time_at(now_us),
                                .trace = unread ? nullptr : &x.server_span,
                                .request_id = x.request_id,
                                .user_id = {}});
    };
    if (x.error.empty())
      write();
    else
      write(observe::field{"tries", static_cast<std::int64_t>(x.context.tries.size())},
            observe::field{"error", std::string_view(x.error)});
  }
  if (_worker.options.tracing && _worker.parts.spans && !unread && x.server_span.sampled)
    record_spans(*_worker.parts.spans, x, now_us, _worker.ids, _worker.scratch_text);
}

}  // namespace mes::gateway
