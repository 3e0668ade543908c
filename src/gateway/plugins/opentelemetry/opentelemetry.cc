// Spans of each exchange as OTLP over HTTP (K:kong/plugins/opentelemetry).
//
// Kong sends what its tracing_instrumentations make, none by default; here a request is the two spans that matter of
// them: "kong", and "kong.balancer" of each try.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "base/hex.h"
#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/delivery/http_sender.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/node.h"
#include "gateway/plugins/request_views.h"
#include "gateway/plugins/tracing/propagation.h"
#include "wire/otlp/otlp_writer.h"

namespace mes::gateway {
namespace {

using enum field_type;

std::string check_not_empty(std::string_view text) { return text.empty() ? "may not be empty" : ""; }

const schema& config_fields() {
  static constexpr double timeout_max = 2147483646;
  static const schema fields = {
      {.name = "endpoint", .required = true, .check = check_http_url, .referenceable = true},
      {.name = "headers", .type = text_map, .check_key = check_header_name, .referenceable = true},
      {.name = "resource_attributes", .type = text_map, .check = check_not_empty},
      {.name = "queue", .type = mapping, .fields = &queue_fields()},
      {.name = "batch_span_count", .type = integer},
      {.name = "batch_flush_delay", .type = integer},
      {.name = "connect_timeout", .type = integer, .fallback = "1000", .min = 0, .max = timeout_max},
      {.name = "send_timeout", .type = integer, .fallback = "5000", .min = 0, .max = timeout_max},
      {.name = "read_timeout", .type = integer, .fallback = "5000", .min = 0, .max = timeout_max},
      {.name = "http_response_header_for_traceid", .check = check_header_name},
      {.name = "header_type",
       .fallback = "\"preserve\"",
       .one_of = {"preserve", "ignore", "b3", "b3-single", "w3c", "jaeger", "ot", "aws"}},
  };
  return fields;
}

std::map<std::string, std::string> texts_in(const record& config, std::string_view name) {
  std::map<std::string, std::string> out;
  if (const auto* map = config.at(name).if_object())
    for (const auto& [key, value] : *map) out.emplace(std::string_view(key), std::string_view(value.as_string()));
  return out;
}

struct collector {
  http_sender sender;
  http_sender::fields headers;
  std::vector<std::pair<std::string, std::string>> resource;

  result<batch_losses> send(const std::vector<std::string>& spans, const wait_end& end) {
    std::vector<wire::otlp_attribute> of(resource.begin(), resource.end());
    std::string all;
    for (const std::string& s : spans) all += s;
    std::string body = wire::write_trace_request(of, {.name = "kong-internal", .version = "0.1.0"}, all);
    auto answer = sender.send("POST", headers, body, end);
    if (!answer) return fail(error_code::unavailable, "failed to send request: " + answer.error().message);
    if (answer->status == 200) return {};
    return fail(error_code::unavailable, fmt::format("response error: {}, body: {}", answer->status, answer->body));
  }
};

template <std::size_t N>
std::array<std::uint8_t, N> id_of(std::string_view bytes) {
  std::array<std::uint8_t, N> out{};
  if (bytes.size() > N) bytes.remove_prefix(bytes.size() - N);
  if (!bytes.empty()) std::memcpy(out.data() + N - bytes.size(), bytes.data(), bytes.size());
  return out;
}

struct trace_state {
  passed_trace to_service;  // its span is the last try's
  std::string root_span, root_parent;
};

class opentelemetry final : public plugin {
 public:
  opentelemetry(const plugin_entry& entry, deliveries* logs)
      : _header_type(entry.config.text("header_type")),
        _answer_field(entry.config.text("http_response_header_for_traceid")) {
    if (!logs) return;
    const record& config = entry.config;
    auto to = std::make_shared<collector>(
        collector{.sender = http_sender(*http_url::parse(config.text("endpoint")), timeouts_of(config))});
    std::map<std::string, std::string> resource = texts_in(config, "resource_attributes");
    resource.try_emplace("service.name", "kong");
    resource.try_emplace("service.instance.id", node_id());
    resource.try_emplace("service.version", "3.4.2");
    to->resource.assign(resource.begin(), resource.end());
    bool typed = false;
    for (auto& [name, value] : texts_in(config, "headers")) {
      typed |= equals_ignoring_case(name, "content-type");
      to->headers.emplace_back(name, value);
    }
    if (!typed) to->headers.emplace_back("Content-Type", "application/x-protobuf");
    _queue =
        logs->queue("opentelemetry", entry.id, queue_options_of(config),
                    [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
  }

  verdict access(plugin_context& c) const override {
    trace_state& t = state_for(c);
    found_trace found = find_trace(c.request->headers, _header_type);
    set_trace(c, t.to_service, _header_type, found.type, "w3c");
    return verdict::next;
  }

  void header_filter(plugin_context& c) const override {
    if (!_answer_field.empty()) c.response_headers.add(_answer_field, to_hex(state_for(c).to_service.trace));
  }

  void log(plugin_context& c) const override {
    trace_state& t = state_for(c);
    const bool traced = !c.request_id.empty();  // else no request could be made out
    if (!_queue || !traced || !t.to_service.sampled) return;
    for (std::size_t i = 0; i < c.tries.size(); ++i) _queue->push(try_span(c, t, i));
    for (const timed_part& p : c.parts) _queue->push(part_span(c, t, p));
    _queue->push(root_span(c, t));
  }

 private:
  // The ids are the gateway's own, unless the request brings others in the headers that this plugin reads.
  trace_state& state_for(plugin_context& c) const {
    trace_state& t = c.state_of<trace_state>(this);
    if (!t.to_service.trace.empty()) return t;
    found_trace found = find_trace(c.request->headers, _header_type);
    auto bytes = [](const auto& id) { return std::string(reinterpret_cast<const char*>(id.data()), id.size()); };
    t.to_service.trace = !found.trace.empty() ? found.trace : c.spans ? bytes(c.spans->server.trace) : random_bytes(16);
    t.root_span = c.spans ? bytes(c.spans->server.span) : random_bytes(8);
    t.root_parent = !found.span.empty() ? found.span : found.parent;
    t.to_service.span = c.spans ? bytes(c.spans->client.span) : random_bytes(8);
    t.to_service.parent = t.root_span;
    t.to_service.sampled = found.sampled.value_or(true);
    t.to_service.baggage = found.baggage;
    return t;
  }

  static std::string written(const wire::otlp_span& s) {
    std::string bytes;
    wire::append_span(bytes, s);
    return bytes;
  }

  static std::string root_span(const plugin_context& c, const trace_state& t) {
    std::string_view scheme = c.link->tls ? "https" : "http";
    const std::string host = host_of(c), url = fmt::format("{}://{}{}", scheme, host, c.request->target);
    std::vector<wire::otlp_attribute> attributes = {{"http.method", c.request->method},
                                                    {"http.url", url},
                                                    {"http.host", host},
                                                    {"http.scheme", scheme},
                                                    {"http.flavor", http_version_of(*c.request)},
                                                    {"net.peer.ip", c.client_address}};
    if (c.on_route)
      attributes.emplace_back("http.route", c.on_route->paths.empty() ? std::string_view() : c.on_route->paths.front());
    wire::otlp_number status{"http.status_code", c.totals->status};
    return written({.trace_id = id_of<16>(t.to_service.trace),
                    .span_id = id_of<8>(t.root_span),
                    .parent_span_id = id_of<8>(t.root_parent),
                    .name = "kong",
                    .kind = 2,
                    .start = instant{c.started_us},
                    .end = instant{c.started_us + static_cast<std::int64_t>(c.totals->request_ms * 1000)},
                    .failed = c.totals->status >= 500,
                    .attributes = attributes,
                    .numbers = std::span(&status, 1)});
  }

  static std::string part_span(const plugin_context& c, const trace_state& t, const timed_part& p) {
    const std::string name = std::string(p.name).append(p.plugin);
    return written({.trace_id = id_of<16>(t.to_service.trace),
                    .span_id = id_of<8>(random_bytes(8)),
                    .parent_span_id = id_of<8>(t.root_span),
                    .name = name,
                    .kind = 1,
                    .start = instant{c.started_us + p.from_us},
                    .end = instant{c.started_us + p.to_us},
                    .failed = false,
                    .attributes = {},
                    .numbers = {}});
  }

  static std::string try_span(const plugin_context& c, const trace_state& t, std::size_t index) {
    const upstream_try& one = c.tries[index];
    bool last = index + 1 == c.tries.size();
    std::int64_t end_us =
        last ? c.started_us + std::max(c.answered_after_us, one.start_us - c.started_us) : c.tries[index + 1].start_us;
    const wire::otlp_attribute attributes[] = {{"net.peer.ip", one.ip}, {"net.peer.name", c.upstream_host}};
    wire::otlp_number port{"net.peer.port", one.port};
    return written({.trace_id = id_of<16>(t.to_service.trace),
                    .span_id = last ? id_of<8>(t.to_service.span) : id_of<8>(random_bytes(8)),
                    .parent_span_id = id_of<8>(t.root_span),
                    .name = "kong.balancer",
                    .kind = 3,
                    .start = instant{one.start_us},
                    .end = instant{end_us},
                    .failed = one.failed,
                    .attributes = attributes,
                    .numbers = std::span(&port, 1)});
  }

  std::string _header_type, _answer_field;
  std::shared_ptr<delivery_queue> _queue;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<opentelemetry>(entry, parts.logs);
}

}  // namespace

plugin_kind opentelemetry_kind() {
  return {.name = "opentelemetry",
          .priority = 14,
          .config_fields = config_fields,
          .per_consumer = true,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
