// What a platform on one machine consists of: the specification's roles, ports and order, in one table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "platform/supervisor/part.h"

namespace mes::platform {

// In the environment of our own parts: `mes up` has told what is misspelled there.
inline constexpr const char* environment_is_checked = "MES_ENVIRONMENT_IS_CHECKED";

struct layout {
  std::filesystem::path data;           // absolute
  int port_offset = 0;                  // moves every port
  std::string config_file;              // --config for the roles, "" = they look for it
  std::vector<std::string> only;        // these alone, empty = all
  bool empty = false;                   // without the simulated plant
  std::vector<std::string> role_names;  // what this binary can play
  std::string self = "/proc/self/exe";
};

// Errors: a name in `only` that does not exist (with the names that do); a port beyond 65535; redis-server or
// prometheus missing, with what installs them.
result<std::vector<part>> make_parts(const layout& of);

// Where a person goes: ("gateway", "http://127.0.0.1:8000") …; only what the parts serve.
std::vector<std::pair<std::string, std::string>> addresses(std::span<const part> parts, int port_offset);

// Every row's name and unmoved ports, for tests and for `mes check`.
struct part_row {
  std::string_view name;
  std::vector<std::uint16_t> ports;
};
std::vector<part_row> part_rows();

}  // namespace mes::platform
