// Answers in the service's place (K:kong/plugins/request-termination/handler.lua).
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>

#include "gateway/config/checks.h"
#include "gateway/plugins/form_arguments.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/node.h"
#include "gateway/plugins/request_views.h"
#include "gateway/plugins/uri_captures.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

const schema& config_fields() {
  static const schema fields = {
      {.name = "status_code", .type = integer, .fallback = "503", .min = 100, .max = 599},
      {.name = "message"},
      {.name = "content_type"},
      {.name = "body"},
      {.name = "echo", .type = boolean, .fallback = "false"},
      {.name = "trigger", .check = check_header_name},
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  bool message = !config.text("message").empty(), type = !config.text("content_type").empty(),
       body = !config.text("body").empty();
  if (message && (type || body))
    report.error(config.mark_of("message"), fmt::format("{}: message cannot be used with content_type or body", what));
  if (type && !body)
    report.error(config.mark_of("content_type"), fmt::format("{}: content_type requires a body", what));
  if (config.integer("status_code") < 200)
    report.warning(config.mark_of("status_code"),
                   fmt::format("{}: a client takes no status below 200 for an answer; it waits for another", what));
  if (config.flag("echo") && (type || body))
    report.error(config.mark_of("echo"), fmt::format("{}: echo cannot be used with content_type and body", what));
}

struct default_message {
  int status;
  std::string_view text;
};
constexpr default_message default_messages[] = {
    {401, "Unauthorized"},       {404, "Not found"},
    {405, "Method not allowed"}, {500, "An unexpected error occurred"},
    {502, "Bad Gateway"},        {503, "Service unavailable"},
};

class request_termination final : public plugin {
 public:
  explicit request_termination(const record& config)
      : _status(static_cast<int>(config.integer("status_code"))),
        _message(config.text("message")),
        _type(config.text("content_type")),
        _body(config.text("body")),
        _trigger(config.text("trigger")),
        _echo(config.flag("echo")) {
    if (_message.empty())
      for (const default_message& d : default_messages)
        if (d.status == _status) _message = d.text;
  }

  verdict access(plugin_context& c) const override {
    if (!_trigger.empty() && !c.upstream_header(_trigger) && !form_arguments::parse(c.current_query()).find(_trigger))
      return verdict::next;
    if (_echo) {
      if (!c.request_body) return verdict::want_body;
      return c.exit_json(_status, echo(c));
    }
    if (!_body.empty()) {
      c.answer = local_response{.status = _status, .body = _body, .content_type = _type};
      return verdict::respond;
    }
    if (!_message.empty()) return c.exit_message(_status, _message);
    c.answer = local_response{.status = _status};
    return verdict::respond;
  }

 private:
  std::string echo(const plugin_context& c) const {
    json::object out;
    if (!_message.empty()) out["message"] = _message;
    out["kong"] = {{"node_id", node_id()}, {"worker_pid", getpid()}, {"hostname", host_name()}};
    json::object request = {{"scheme", c.link->tls ? "https" : "http"},
                            {"host", host_of(c)},
                            {"port", port_of(c)},
                            {"headers", headers_as_json(c)},
                            {"query", query_as_json(c)},
                            {"raw_body", *c.request_body},
                            {"method", c.request->method},
                            {"path", c.path},
                            {"uri_captures", uri_captures(c)}};
    if (json::value body = body_as_json(c); !body.is_null()) request["body"] = std::move(body);
    out["request"] = std::move(request);
    if (c.on_route) out["matched_route"] = c.on_route->source.values;
    if (c.to) out["matched_service"] = c.to->source.values;
    return json::serialize(out);
  }

  int _status;
  std::string _message, _type, _body, _trigger;
  bool _echo;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<request_termination>(entry.config);
}

}  // namespace

plugin_kind request_termination_kind() {
  return {.name = "request-termination",
          .priority = 2,
          .config_fields = config_fields,
          .per_consumer = true,
          .protocols = http_protocols,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
