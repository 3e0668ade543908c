// What the handlers of administration share.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bus/configs.h"
#include "bus/handlers/call.h"
#include "wire/kafka/generated/admin.h"

namespace mes::bus::handlers {

// Answers when all parts of it are done: made with one part, the handler itself.
template <class Response>
struct gathered {
  call from;
  Response response;
  std::size_t left = 1;

  void done() {
    if (--left == 0) from.answer(response);
  }
};

// Puts an error into a part of an answer; false, for the caller to return.
template <class Part>
bool refuse(Part& part, wire::kafka::error_code error, std::string_view why) {
  part.error_code = wire::kafka::code(error);
  part.error_message = why;
  return false;
}

// How often a request names each thing.
template <class All, class Key>
auto times_named(const All& all, Key key) {
  std::map<std::remove_cvref_t<std::invoke_result_t<Key, const typename All::value_type&>>, int> times;
  for (const auto& one : all) ++times[std::invoke(key, one)];
  return times;
}

// Why a part of a request is not done.
struct refusal {
  wire::kafka::error_code error = wire::kafka::error_code::invalid_request;
  std::string why;
};
using outcome = std::expected<void, refusal>;

inline std::unexpected<refusal> refused(wire::kafka::error_code error, std::string why) {
  return std::unexpected(refusal{error, std::move(why)});
}

// The broker's log as a resource with configurations (admin_logger.cc).
std::expected<std::vector<shown_config>, refusal> logger_configs(broker& b, std::string_view name);
outcome alter_logger(broker& b, const wire::kafka::incremental_alter_configs_request::alter_configs_resource& r,
                     bool validate_only);

// A subscription to clients' metrics as it would be with `values` (admin_client_metrics.cc).
outcome check_client_metrics(std::string_view name, const config_values& values);

// The one replica of each partition is on this broker.
template <class Brokers>
std::optional<std::string> replicas_fault(const Brokers& brokers) {
  if (brokers.empty()) return "The manual partition assignment includes an empty replica list.";
  for (const std::int32_t id : brokers)
    if (id != broker::node_id)
      return fmt::format("The manual partition assignment includes broker {}, but no such broker is registered.", id);
  if (brokers.size() > 1) return "The manual partition assignment includes the broker 1 more than once.";
  return std::nullopt;
}

}  // namespace mes::bus::handlers
