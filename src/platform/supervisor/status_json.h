// The platform's state as the JSON that `mes status --json` prints and GET /status answers, and back.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "platform/supervisor/part.h"

namespace mes::platform {

struct platform_status {
  struct role : part_status {
    long pss_kb = 0;
  };
  std::vector<role> roles;
  bool ready = false;
  std::string data;
  std::string admin_password_file;
  std::vector<std::pair<std::string, std::string>> urls;
};

std::string to_json(const platform_status& status);  // one line
// A table for people: role, ports, state, start time, memory; then the addresses.
std::string to_table(const platform_status& status);
result<platform_status> parse_status(std::string_view json);

}  // namespace mes::platform
