#include "service/api.h"

#include <boost/json/serialize.hpp>

#include "runtime/http_client.h"
#include "service/operation.h"

namespace mes::service {

api::api(const std::shared_ptr<state>& s) : _state(s.get()) {}

api& api::add_query(std::string path, operation_options options, body_type output, query_handler handle) {
  std::vector<std::string> segments = split_path(path);
  _state->operations.push_back({.method = "GET",
                                .path = std::move(path),
                                .segments = std::move(segments),
                                .options = std::move(options),
                                .input = {},
                                .output = std::move(output),
                                .ask = std::move(handle),
                                .change = {}});
  return *this;
}

api& api::add_command(std::string method, std::string path, operation_options options, body_type input,
                      body_type output, command_handler handle) {
  std::vector<std::string> segments = split_path(path);
  _state->operations.push_back({.method = std::move(method),
                                .path = std::move(path),
                                .segments = std::move(segments),
                                .options = std::move(options),
                                .input = std::move(input),
                                .output = std::move(output),
                                .ask = {},
                                .change = std::move(handle)});
  return *this;
}

api& api::consume(std::string topic, event_handler handle) {
  _state->consumers.push_back({std::move(topic), std::move(handle)});
  return *this;
}

api& api::every(std::chrono::milliseconds period, std::string name, std::function<result<void>(command&)> handle) {
  _state->timers.push_back({period, std::move(name), std::move(handle)});
  return *this;
}

observe::counter api::counter(const std::string& name, const std::string& help, const observe::labels& with) {
  // The document alone needs no live counters, but define() asks for them all the same.
  static observe::registry unused;
  observe::registry& metrics = _state->process ? _state->process->metrics() : unused;
  return metrics.make_counter(name, help, with);
}

result<runtime::http_response> api::call(const cause& why, const runtime::http_request& on_behalf_of,
                                         std::string_view service, std::string method, std::string path,
                                         json::value body, std::string idempotency_key) const {
  runtime::http_call call{.method = std::move(method), .url = _state->process->service_url(service) + path};
  call.headers.set("Authorization", on_behalf_of.headers.get("Authorization"));
  call.headers.set("X-Request-ID", why.request_id);
  call.headers.set("traceparent", why.trace.to_traceparent());
  if (!idempotency_key.empty()) call.headers.set("Idempotency-Key", '"' + idempotency_key + '"');
  if (!body.is_null()) {
    call.headers.set("Content-Type", "application/json");
    call.body = json::serialize(body);
  }
  return runtime::http_fetch(std::move(call));
}

runtime::process& api::process() const { return *_state->process; }
store::database& api::database() const { return *_state->database; }
json::object api::openapi() const { return build_openapi(*_state); }

json::object openapi_of(const service_definition& definition) {
  auto state = std::make_shared<api::state>();
  state->definition = &definition;
  api surface(state);
  definition.define(surface);
  return build_openapi(*state);
}

}  // namespace mes::service
