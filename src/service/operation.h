// The rows behind api: operations, consumers, timers. Internal to src/service.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "service/api.h"
#include "store/outbox.h"

namespace mes::service {

using path_values = std::map<std::string, std::string, std::less<>>;

struct operation {
  std::string method;
  std::string path;                   // below the base path
  std::vector<std::string> segments;  // "{id}" for parameters
  operation_options options;
  body_type input, output;
  std::function<result<reply>(const query&)> ask;  // one of these two
  std::function<result<reply>(http_command&, const json::value& body)> change;

  bool is_command() const { return change != nullptr; }
};

struct consumer {
  std::string topic;
  std::function<result<void>(command&, const event&)> handle;
};

struct timer {
  std::chrono::milliseconds period;
  std::string name;
  std::function<result<void>(command&)> handle;
};

struct api::state {
  const service_definition* definition = nullptr;
  runtime::process* process = nullptr;  // null while only the document is asked for
  store::database* database = nullptr;
  std::vector<operation> operations;
  std::vector<consumer> consumers;
  std::vector<timer> timers;

  std::string source() const { return "/" + std::string(definition->name) + "-service"; }
};

// The operation of a method and path (below the base path, decoded), with the values of its parameters.
struct match {
  const operation* found = nullptr;
  path_values values;
  std::vector<std::string> allowed;  // methods of the same path, where only the method does not fit
};
match find_operation(const std::vector<operation>& operations, std::string_view method, std::string_view path);

std::vector<std::string> split_path(std::string_view path);
json::object build_openapi(const api::state& state);

// Writes what a command emitted into the outbox of the same transaction.
void write_events(store::session& db, std::vector<event> events, const std::string& source);

}  // namespace mes::service
