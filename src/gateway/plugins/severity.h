// Severities of syslog and loggly, and which of a plugin's three an answer has.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "gateway/config/schema.h"

namespace mes::gateway {

inline constexpr std::array<std::string_view, 8> severities = {"emerg",   "alert",  "crit", "err",
                                                               "warning", "notice", "info", "debug"};

inline field severity_field(std::string_view name) {
  return {.name = name,
          .fallback = "\"info\"",
          .one_of = {"debug", "info", "notice", "warning", "err", "crit", "alert", "emerg"}};
}

inline int severity_of(std::string_view name) {
  return static_cast<int>(std::ranges::find(severities, name) - severities.begin());
}

struct severity_choice {
  explicit severity_choice(const record& config)
      : least(severity_of(config.text("log_level"))),
        fine(severity_of(config.text("successful_severity"))),
        client_error(severity_of(config.text("client_errors_severity"))),
        server_error(severity_of(config.text("server_errors_severity"))) {}

  // -1: the level leaves it out.
  int of(int status) const {
    int chosen = status >= 500 ? server_error : status >= 400 ? client_error : fine;
    return chosen <= least ? chosen : -1;
  }

  int least, fine, client_error, server_error;
};

}  // namespace mes::gateway
