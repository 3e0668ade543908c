// Spans of each exchange to a Zipkin server (K:kong/plugins/zipkin).
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "base/hex.h"
#include "base/trimmed.h"
#include "base/utf8.h"
#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/delivery/http_sender.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/node.h"
#include "gateway/plugins/request_views.h"
#include "gateway/plugins/tracing/propagation.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

std::string check_tag_name(std::string_view name) {
  static constexpr std::string_view taken[] = {"error",
                                               "http.method",
                                               "http.path",
                                               "http.status_code",
                                               "kong.balancer.state",
                                               "kong.balancer.try",
                                               "kong.consumer",
                                               "kong.credential",
                                               "kong.node.id",
                                               "kong.route",
                                               "kong.service",
                                               "lc",
                                               "peer.hostname"};
  return std::ranges::find(taken, name) == std::end(taken) ? "" : fmt::format("'{}' is a tag of Kong's own", name);
}

const schema tag_fields = {
    {.name = "name", .required = true, .check = check_tag_name},
    {.name = "value", .required = true},
};

const schema& config_fields() {
  static constexpr double timeout_max = 2147483646;
  static const schema fields = {
      {.name = "local_service_name", .fallback = "\"kong\""},
      {.name = "http_endpoint", .check = check_http_url},
      {.name = "sample_ratio", .type = number, .fallback = "0.001", .min = 0, .max = 1},
      {.name = "default_service_name"},
      {.name = "include_credential", .type = boolean, .fallback = "true"},
      {.name = "traceid_byte_count", .type = integer, .fallback = "16", .one_of = {"8", "16"}},
      {.name = "header_type",
       .fallback = "\"preserve\"",
       .one_of = {"preserve", "ignore", "b3", "b3-single", "w3c", "jaeger", "ot", "aws"}},
      {.name = "default_header_type",
       .fallback = "\"b3\"",
       .one_of = {"b3", "b3-single", "w3c", "jaeger", "ot", "aws"}},
      {.name = "tags_header", .fallback = "\"Zipkin-Tags\""},
      {.name = "static_tags", .type = records, .fields = &tag_fields},
      {.name = "http_span_name", .fallback = "\"method\"", .one_of = {"method", "method_path"}},
      {.name = "connect_timeout", .type = integer, .fallback = "2000", .min = 0, .max = timeout_max},
      {.name = "send_timeout", .type = integer, .fallback = "5000", .min = 0, .max = timeout_max},
      {.name = "read_timeout", .type = integer, .fallback = "5000", .min = 0, .max = timeout_max},
      {.name = "http_response_header_for_traceid", .check = check_header_name},
      {.name = "phase_duration_flavor", .fallback = "\"annotations\"", .one_of = {"annotations", "tags"}},
      {.name = "queue", .type = mapping, .fields = &queue_fields()},
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  std::set<std::string> names;
  if (const json::array* tags = config.at("static_tags").if_array())
    for (const json::value& tag : *tags) {
      std::string name(std::string_view(tag.at("name").as_string()));
      if (!names.insert(name).second)
        report.error(config.mark_of("static_tags"),
                     fmt::format("{}, static_tags: repeated tags are not allowed: {}", what, name));
    }
}

struct trace_state {
  passed_trace to_service;  // the proxy span
  std::string request_span, request_parent;
  std::string_view found_type;
};

struct zipkin_server {
  http_sender sender;

  result<batch_losses> send(const std::vector<std::string>& spans, const wait_end& end) {
    auto answer =
        sender.send("POST", {{"Content-Type", "application/json"}}, fmt::format("[{}]", fmt::join(spans, ",")), end);
    if (!answer) return fail(error_code::unavailable, "zipkin request failed: " + answer.error().message);
    if (answer->status >= 200 && answer->status < 300) return {};
    return fail(error_code::unavailable, fmt::format("zipkin server responded unexpectedly: {}", answer->status));
  }
};

class zipkin final : public plugin {
 public:
  zipkin(const plugin_entry& entry, deliveries* logs)
      : _local_name(entry.config.text("local_service_name")),
        _default_name(entry.config.text("default_service_name")),
        _header_type(entry.config.text("header_type")),
        _default_type(entry.config.text("default_header_type")),
        _tags_field(entry.config.text("tags_header")),
        _answer_field(entry.config.text("http_response_header_for_traceid")),
        _ratio(entry.config.number("sample_ratio")),
        _id_bytes(static_cast<std::size_t>(entry.config.integer("traceid_byte_count"))),
        _with_credential(entry.config.flag("include_credential")),
        _path_in_name(entry.config.text("http_span_name") == "method_path"),
        _annotates(entry.config.text("phase_duration_flavor") == "annotations") {
    const record& config = entry.config;
    if (const json::array* tags = config.at("static_tags").if_array())
      for (const json::value& tag : *tags)
        _static_tags.emplace_back(std::string_view(tag.at("name").as_string()),
                                  std::string_view(tag.at("value").as_string()));
    if (!logs || config.is_null("http_endpoint")) return;
    auto to = std::make_shared<zipkin_server>(
        zipkin_server{http_sender(*http_url::parse(config.text("http_endpoint")), timeouts_of(config))});
    _queue =
        logs->queue("zipkin", entry.id, queue_options_of(config),
                    [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
  }

  verdict access(plugin_context& c) const override {
    trace_state& t = state_for(c);
    set_trace(c, t.to_service, _header_type, t.found_type, _default_type);
    return verdict::next;
  }

  void header_filter(plugin_context& c) const override {
    if (!_answer_field.empty()) c.response_headers.add(_answer_field, to_hex(state_for(c).to_service.trace));
  }

  void log(plugin_context& c) const override {
    trace_state& t = state_for(c);
    if (!_queue || !t.to_service.sampled) return;
    std::string name(c.request->method);
    if (_path_in_name) name.append(" ").append(c.path);
    std::int64_t end_us = c.started_us + static_cast<std::int64_t>(c.totals->request_ms * 1000);
    for (std::size_t i = 0; i < c.tries.size(); ++i)
      push(try_span(c, t, fmt::format("{} (balancer try {})", name, i + 1), i));
    push(proxy_span(c, t, name + " (proxy)", end_us));
    push(request_span(c, t, name, end_us));
  }

 private:
  // In UTF-8: one span that is not has a server refuse all that come with it.
  void push(const json::object& span) const { _queue->push(valid_utf8(json::serialize(span))); }

  trace_state& state_for(plugin_context& c) const {
    trace_state& t = c.state_of<trace_state>(this);
    if (!t.to_service.trace.empty()) return t;
    found_trace found = find_trace(c.request->headers, _header_type);
    t.found_type = found.type;
    std::string own =
        c.spans ? std::string(reinterpret_cast<const char*>(c.spans->server.trace.data()), 16) : random_bytes(16);
    t.to_service.trace = !found.trace.empty() ? found.trace : own.substr(16 - _id_bytes);
    t.request_span = !found.span.empty() ? found.span : random_bytes(8);
    t.request_parent = found.parent;
    t.to_service.span = random_bytes(8);
    t.to_service.parent = t.request_span;
    t.to_service.sampled = found.sampled.value_or(is_chosen());
    t.to_service.baggage = found.baggage;
    return t;
  }

  bool is_chosen() const {
    std::string bytes = random_bytes(4);
    std::uint32_t value = 0;
    for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<double>(value) / 4294967296.0 < _ratio;
  }

  struct place {
    std::string service, ip;
    int port = 0;  // 0: not known
  };

  json::object span(const trace_state& t, const std::string& id, const std::string& parent, std::string_view kind,
                    const std::string& name, std::int64_t start_us, std::int64_t end_us, const place& remote) const {
    json::object out = {{"traceId", to_hex(t.to_service.trace)},
                        {"name", name},
                        {"id", to_hex(id)},
                        {"kind", kind},
                        {"timestamp", start_us},
                        {"duration", std::max<std::int64_t>(0, end_us - start_us)},
                        {"localEndpoint", {{"serviceName", _local_name}}}};
    if (!parent.empty()) out["parentId"] = to_hex(parent);
    std::string service = remote.service.empty() ? _default_name : remote.service;
    if (remote.port == 0 && service.empty()) {
      out["remoteEndpoint"] = nullptr;
      return out;
    }
    json::object there;
    if (!service.empty()) there["serviceName"] = service;
    if (remote.port > 0) there["port"] = remote.port;
    if (!remote.ip.empty()) there[remote.ip.find(':') == std::string::npos ? "ipv4" : "ipv6"] = remote.ip;
    out["remoteEndpoint"] = std::move(there);
    return out;
  }

  static void tag_where(json::object& tags, const plugin_context& c) {
    if (c.to) {
      tags["kong.service"] = c.to->id;
      if (!c.to->name.empty()) tags["kong.service_name"] = c.to->name;
    }
    if (c.on_route) {
      tags["kong.route"] = c.on_route->id;
      if (!c.on_route->name.empty()) tags["kong.route_name"] = c.on_route->name;
    }
  }

  static json::object note(std::string_view value, std::int64_t at_us) {
    return {{"value", value}, {"timestamp", at_us}};
  }

  json::object try_span(const plugin_context& c, const trace_state& t, const std::string& name, std::size_t i) const {
    const upstream_try& one = c.tries[i];
    bool last = i + 1 == c.tries.size();
    std::int64_t end_us = last ? std::max(one.start_us, c.started_us + c.sent_after_us) : c.tries[i + 1].start_us;
    place remote{.service = c.to ? c.to->name : "", .ip = one.ip, .port = one.port};
    json::object out = span(t, random_bytes(8), t.request_span, "CLIENT", name, one.start_us, end_us, remote);
    json::object tags = {{"kong.balancer.try", std::to_string(i + 1)}};
    if (!last) {
      tags["error"] = "true";
      tags["kong.balancer.state"] = "failed";
    }
    tag_where(tags, c);
    out["tags"] = std::move(tags);
    return out;
  }

  json::object proxy_span(const plugin_context& c, const trace_state& t, const std::string& name,
                          std::int64_t end_us) const {
    place remote{.service = c.to ? c.to->name : ""};
    if (!c.tries.empty()) {
      remote.ip = c.tries.back().ip;
      remote.port = c.tries.back().port;
    }
    json::object out = span(t, t.to_service.span, t.request_span, "CLIENT", name, c.started_us, end_us, remote);
    json::object tags;
    if (!c.tries.empty()) tags["peer.hostname"] = host_part(c.upstream_host);
    tag_where(tags, c);
    std::int64_t sent_us = c.started_us + c.sent_after_us, answered_us = c.started_us + c.answered_after_us;
    if (_annotates) {
      out["annotations"] = json::array{note("kas", c.started_us), note("kaf", c.sent_after_us > 0 ? sent_us : end_us),
                                       note("khs", answered_us),  note("khf", answered_us),
                                       note("kbs", answered_us),  note("kbf", end_us)};
    } else {
      tags["kong.access.duration_ms"] =
          fmt::format("{}", (c.sent_after_us > 0 ? c.sent_after_us : end_us - c.started_us) / 1000);
      tags["kong.header_filter.duration_ms"] = "0";
      tags["kong.body_filter.duration_ms"] = fmt::format("{}", (end_us - answered_us) / 1000);
    }
    if (!tags.empty()) out["tags"] = std::move(tags);
    return out;
  }

  static std::string_view host_part(std::string_view host) { return host.substr(0, host.rfind(':')); }

  json::object request_span(const plugin_context& c, const trace_state& t, const std::string& name,
                            std::int64_t end_us) const {
    place remote{.service = {}, .ip = std::string(c.client_address), .port = c.client_port};
    json::object out = span(t, t.request_span, t.request_parent, "SERVER", name, c.started_us, end_us, remote);
    json::object tags = {{"lc", "kong"},
                         {"http.method", c.request->method},
                         {"http.host", host_of(c)},
                         {"http.path", c.path},
                         {"http.protocol", protocol_of(*c.request)}};
    for (const auto& [tag, value] : _static_tags) tags[tag] = value;
    add_request_tags(tags, c);
    tags["http.status_code"] = std::to_string(c.totals->status);
    if (c.who) tags["kong.consumer"] = c.who->id;
    if (_with_credential && !c.credential_id.empty()) tags["kong.credential"] = c.credential_id;
    tags["kong.node.id"] = node_id();
    if (_annotates)
      out["annotations"] = json::array{note("krf", c.started_us), note("krs", c.started_us)};
    else
      tags["kong.rewrite.duration_ms"] = "0";
    out["tags"] = std::move(tags);
    return out;
  }

  // As Lua writes the number: "HTTP/1.1", but "HTTP/2".
  static std::string protocol_of(const request_head& head) {
    std::string_view version = http_version_of(head);
    return fmt::format("HTTP/{}", version.ends_with(".0") ? version.substr(0, 1) : version);
  }

  // "foo=bar; baz=qux" of the tags' header, of each field of that name.
  void add_request_tags(json::object& tags, const plugin_context& c) const {
    for (const header_view& h : c.request->headers) {
      if (!equals_ignoring_case(h.name, _tags_field)) continue;
      std::string_view rest = h.value;
      while (!rest.empty()) {
        std::size_t end = rest.find(';');
        std::string_view item = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        std::size_t equals = item.find('=');
        if (equals == std::string_view::npos) continue;
        std::string_view name = trimmed(item.substr(0, equals)), value = trimmed(item.substr(equals + 1));
        if (!name.empty() && !value.empty() && name.find(' ') == std::string_view::npos) tags[name] = value;
      }
    }
  }

  std::string _local_name, _default_name, _header_type, _default_type, _tags_field, _answer_field;
  double _ratio;
  std::size_t _id_bytes;
  bool _with_credential, _path_in_name, _annotates;
  std::vector<std::pair<std::string, std::string>> _static_tags;
  std::shared_ptr<delivery_queue> _queue;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<zipkin>(entry, parts.logs);
}

}  // namespace

plugin_kind zipkin_kind() {
  return {.name = "zipkin",
          .priority = 100'000,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
