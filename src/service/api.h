// A service's surface as a table: operations over HTTP, events it consumes, timers. Routing, authentication,
// permissions, validation, idempotency, problem documents, ETags, metrics, spans, audit records and the OpenAPI
// document follow from it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/process.h"
#include "service/context.h"
#include "store/database.h"
#include "wire/json/schema.h"

namespace mes::service {

struct query_parameter {
  std::string_view name;
  std::string_view doc;
  std::vector<std::string_view> one_of = {};  // empty: any text
};

struct operation_options {
  std::string_view id;  // OpenAPI's operationId: "reportOperation"
  std::string_view summary;
  std::string_view permission;  // "workorders:write"; "" = any authenticated user; "public" = no token needed
  std::vector<query_parameter> query = {};  // other parameters are refused; cursor and limit belong to `paged`
  bool paged = false;
  bool audited = true;       // commands: an event to system.audit-log
  int success_status = 200;  // for the OpenAPI document; the reply's own status counts
  // Runs on a pool thread before a command, outside any transaction: calls to other services and slow computations go
  // here. What it found out is http_command::prepared.
  std::function<result<json::value>(const cause&, const runtime::http_request&,
                                    const std::map<std::string, std::string, std::less<>>& path,
                                    const json::value& body)>
      prepare = {};
  // Queries whose answers may be kept in Redis: gives the data's revision; equal revision, equal answer.
  std::function<std::string(store::session&)> cache_revision = {};
};

// Types of bodies, for validation and OpenAPI.
struct body_type {
  std::function<json::object(wire::schema_components&)> json_schema;  // empty: no body
  template <class T>
  static body_type of() {
    return {[](wire::schema_components& to) { return wire::describe<T>().json_schema(to); }};
  }
};

struct service_settings;

class api {
 public:
  // Paths are below the base path, with parameters in braces: "/{id}/actions/hold". "/" is the base path itself.
  // Literal segments win over parameters.
  using query_handler = std::function<result<reply>(const query&)>;
  template <class Output = void>
  api& get(std::string path, operation_options options, query_handler handle) {
    return add_query(std::move(path), std::move(options), type_of<Output>(), std::move(handle));
  }

  // A command with a body of type Input, decoded and validated before `handle` sees it.
  template <class Input, class Output = void>
  api& post(std::string path, operation_options options, std::function<result<reply>(http_command&, Input)> handle) {
    return change<Input, Output>("POST", std::move(path), std::move(options), std::move(handle));
  }
  template <class Input, class Output = void>
  api& put(std::string path, operation_options options, std::function<result<reply>(http_command&, Input)> handle) {
    return change<Input, Output>("PUT", std::move(path), std::move(options), std::move(handle));
  }
  template <class Input, class Output = void>
  api& patch(std::string path, operation_options options, std::function<result<reply>(http_command&, Input)> handle) {
    return change<Input, Output>("PATCH", std::move(path), std::move(options), std::move(handle));
  }
  // A command without a body.
  template <class Output = void>
  api& action(std::string method, std::string path, operation_options options,
              std::function<result<reply>(http_command&)> handle) {
    return add_command(std::move(method), std::move(path), std::move(options), {}, type_of<Output>(),
                       [handle = std::move(handle)](http_command& c, const json::value&) { return handle(c); });
  }

  // Handles each event once (inbox in the same commit as the effect). An error that is_retryable() is tried again
  // with back-off; any other goes to the topic `<group>.dlq` with its reason. The group is the service's name.
  using event_handler = std::function<result<void>(command&, const event&)>;
  api& consume(std::string topic, event_handler handle);

  // Runs on the writer thread every `period`, first after one period.
  api& every(std::chrono::milliseconds period, std::string name, std::function<result<void>(command&)> handle);

  // A counter of business facts, to be counted in command::after_commit.
  observe::counter counter(const std::string& name, const std::string& help, const observe::labels& with = {});
  // A blocking call to another service (in `prepare` only), with the caller's token, request id and trace.
  result<runtime::http_response> call(const cause& why, const runtime::http_request& on_behalf_of,
                                      std::string_view service, std::string method, std::string path, json::value body,
                                      std::string idempotency_key) const;
  runtime::process& process() const;
  store::database& database() const;

  // The document for /openapi.json, also without a running service.
  json::object openapi() const;

  struct state;
  explicit api(const std::shared_ptr<state>& s);  // `s` must outlive it

 private:
  using command_handler = std::function<result<reply>(http_command&, const json::value& body)>;
  template <class T>
  static body_type type_of() {
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return body_type::of<T>();
  }
  template <class Input, class Output>
  api& change(std::string method, std::string path, operation_options options,
              std::function<result<reply>(http_command&, Input)> handle) {
    return add_command(std::move(method), std::move(path), std::move(options), type_of<Input>(), type_of<Output>(),
                       [handle = std::move(handle)](http_command& c, const json::value& body) -> result<reply> {
                         result<Input> input = wire::from_json<Input>(body);
                         if (!input) return std::unexpected(input.error());
                         return handle(c, std::move(*input));
                       });
  }
  api& add_query(std::string path, operation_options options, body_type output, query_handler handle);
  api& add_command(std::string method, std::string path, operation_options options, body_type input, body_type output,
                   command_handler handle);
  state* _state;  // not owned: handlers that live in the state keep copies of this
};

// One row a service: what module.cc gives to run().
struct service_definition {
  std::string_view name;                         // "work-order": role, consumer group, "-service" in names
  int port;                                      // 3009
  std::string_view base_path;                    // "/api/v1/workorders"
  std::span<const store::migration> migrations;  // numbers from 10
  std::function<void(api&)> define;
  std::function<void(api&)> started = {};  // the database is open, before requests: e.g. to make the first user
};

int run(runtime::process& process, const service_definition& definition);
const std::vector<runtime::setting>& settings();  // of every service: port, database, consumers…

// The OpenAPI document of a service that does not run, for contracts/openapi and its test.
json::object openapi_of(const service_definition& definition);

}  // namespace mes::service
