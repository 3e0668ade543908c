// `mes check FILE…`: configuration files are checked whole before anything takes effect.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/process.h"
#include "wire/yaml/yaml.h"

namespace mes::platform {

struct check_outcome {
  std::vector<std::string> findings;  // "file:line:column: error: what"; warnings too
  bool ok = false;
  std::string summary;  // "mes.yaml: 3 sections"
};

// One kind of file: how it is known, and who knows it.
struct file_checker {
  std::string_view kind;      // "kong.yml"
  std::string_view known_by;  // what `knows` looks for, for people
  std::function<bool(std::string_view file_name, const wire::yaml_node& root)> knows;  // root is null if it is no YAML
  std::function<check_outcome(const std::string& path)> check;
};

// kong.yml, topics.yaml, mes.yaml and import mappings; `others` come first.
std::vector<file_checker> file_checkers(std::span<const runtime::role_definition> roles,
                                        std::vector<file_checker> others);

// Prints findings and a summary a file. 0: all are in order; 1: findings; 2: a file of no known kind.
int check_command(const std::vector<std::string>& files, const std::vector<file_checker>& checkers);

}  // namespace mes::platform
