// The admin port: Kong's read API, /config, /status, /metrics, and health.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "gateway/config/configuration.h"
#include "runtime/http.h"

namespace mes::gateway {

// What the admin port asks the gateway for. All are called on the process' loop.
struct admin_view {
  std::function<std::shared_ptr<const configuration>()> config;
  std::function<std::uint64_t()> generation;
  std::function<std::string()> metrics;  // Prometheus' text format
  std::function<std::string()> status;   // JSON
  std::function<bool()> ready;
  // Takes a new configuration, all or nothing. The error's fields are the findings.
  std::function<result<void>(std::string text)> load;
};

runtime::http_response answer_admin(const admin_view& view, const runtime::http_request& request);

}  // namespace mes::gateway
