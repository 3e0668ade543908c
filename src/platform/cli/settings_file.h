// mes.yaml and the other places that a role's settings come from: flag, environment, file, default, in this order.
//
//   data: /var/lib/mes          # common settings stand at the top and hold for every role …
//   gateway:
//     log_level: debug          # … or in a role's section, beside the role's own
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/process.h"
#include "wire/yaml/yaml.h"

namespace mes::platform {

using environment = std::function<const char*(const char* name)>;  // as getenv

struct settings_file {
  std::string path;  // "" = there is none
  wire::yaml_node root;
};

// `given` (--config, MES_CONFIG) if not empty, which must then exist; else DATA/mes.yaml, else ./mes.yaml, else none.
result<settings_file> find_settings_file(const std::string& given, const std::string& data_dir);

// Everything that is wrong with it: unknown sections and keys, values of a wrong kind; each "file:line:column: what".
std::vector<std::string> check_settings_file(const settings_file& file,
                                             std::span<const runtime::role_definition> roles);

// What is wrong with the sections of a file whose values are right each, in the same form; what belongs to them may
// come from the environment, as at a start.
std::vector<std::string> check_settings_together(const settings_file& file,
                                                 std::span<const runtime::role_definition> roles,
                                                 const environment& env);

// A role's settings from all places, checked. The error's message has a line a problem, and file, line and column where
// it is the file that gives the value.
result<runtime::config> resolve_settings(const runtime::role_definition& role,
                                         const std::map<std::string, std::string>& flags, const environment& env,
                                         const settings_file& file);

// What is given for a role, the strongest source chosen for each name; config::resolve checks the values.
std::map<std::string, std::string> gather_settings(const runtime::role_definition& role,
                                                   const std::map<std::string, std::string>& flags,
                                                   const environment& env, const settings_file& file);

std::string flag_name(std::string_view setting);         // "log_level" -> "--log-level"
std::string environment_name(std::string_view setting);  // "log_level" -> "MES_LOG_LEVEL"

}  // namespace mes::platform
