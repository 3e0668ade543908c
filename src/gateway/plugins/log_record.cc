#include "gateway/plugins/log_record.h"

#include <cmath>

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "base/utf8.h"
#include "gateway/plugins/json_text.h"
#include "gateway/plugins/log_edits.h"
#include "gateway/plugins/request_views.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

std::int64_t whole_ms(double ms) { return static_cast<std::int64_t>(std::llround(ms)); }

json::object request_of(const plugin_context& c) {
  std::string_view target = c.request->target;
  std::string_view scheme = c.link->tls ? "https" : "http";
  json::object headers = headers_as_json(c);
  for (std::string_view name : {"authorization", "proxy-authorization"})
    if (headers.contains(name)) headers[name] = "REDACTED";
  json::object out = {{"uri", target},
                      {"url", fmt::format("{}://{}:{}{}", scheme, host_of(c), port_of(c), target)},
                      {"querystring", query_as_json(c)},
                      {"method", c.current_method()},
                      {"headers", std::move(headers)},
                      {"size", c.totals->bytes_in}};
  if (c.link->tls) out["tls"] = {{"client_verify", "NONE"}};
  return out;
}

json::array tries_of(const plugin_context& c) {
  json::array out;
  for (const upstream_try& t : c.tries) {
    json::object one = {{"ip", t.ip},
                        {"port", t.port},
                        {"balancer_start", t.start_us / 1000},
                        {"balancer_start_ns", t.start_us * 1000},
                        {"balancer_latency", t.latency_us / 1000},
                        {"balancer_latency_ns", t.latency_us * 1000}};
    if (t.failed) {
      one["state"] = "failed";
      one["code"] = t.status;
    }
    out.push_back(std::move(one));
  }
  return out;
}

// As nginx's $upstream_status: what each try has come to.
std::string upstream_status_of(const plugin_context& c) {
  std::string out;
  for (const upstream_try& t : c.tries) {
    if (!out.empty()) out += ", ";
    out += t.status > 0 ? fmt::format_int(t.status).str() : "-";
  }
  return out;
}

}  // namespace

result<json::object> log_record_of(const plugin_context& c) {
  const exchange_totals& t = *c.totals;
  json::object out = {
      {"request", request_of(c)},
      {"upstream_uri", c.upstream_target},
      {"upstream_status", upstream_status_of(c)},
      {"response", {{"status", t.status}, {"headers", sent_head_as_json(c.sent_head)}, {"size", t.bytes_out}}},
      {"latencies",
       {{"kong", whole_ms(t.kong_ms)},
        {"proxy", t.upstream_ms < 0 ? -1 : whole_ms(t.upstream_ms)},
        {"request", whole_ms(t.request_ms)}}},
      {"client_ip", c.client_address},
      {"started_at", c.started_us / 1000},
  };
  if (!c.tries.empty()) out["tries"] = tries_of(c);
  if (!c.credential_id.empty()) {
    json::object entity = {{"id", c.credential_id}};
    if (c.who) entity["consumer_id"] = c.who->id;
    out["authenticated_entity"] = std::move(entity);
  }
  if (c.on_route) out["route"] = c.on_route->source.values;
  if (c.to) out["service"] = c.to->source.values;
  if (c.who) out["consumer"] = c.who->source.values;
  if (c.log_changes)
    if (auto done = apply(*c.log_changes, out); !done) return fail(done.error());
  return out;
}

result<std::string> log_line_of(const plugin_context& c) {
  auto record = log_record_of(c);
  if (!record) return fail(record.error());
  return valid_utf8(cjson_encode(*record));
}

}  // namespace mes::gateway
