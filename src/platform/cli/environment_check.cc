#include "platform/cli/environment_check.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/nearest.h"
#include "platform/cli/settings_file.h"
#include "platform/supervisor/part_table.h"

namespace mes::platform {
namespace {

constexpr std::string_view prefix = "MES_";

// Of commands, beside the roles' settings.
constexpr std::array<std::string_view, 3> of_commands = {"MES_CONFIG", "MES_GATEWAY", "MES_BUS_COMMAND_CONFIG"};

std::vector<std::string> names_of_settings(std::span<const runtime::role_definition> roles) {
  std::vector<std::string> names(of_commands.begin(), of_commands.end());
  const auto add = [&names](const std::vector<runtime::setting>& table) {
    for (const runtime::setting& row : table) names.push_back(environment_name(row.name));
  };
  add(runtime::common_settings());
  for (const runtime::role_definition& role : roles) add(role.settings());
  return names;
}

}  // namespace

std::vector<std::string> misspelled_settings(std::span<const std::string> variables,
                                             std::span<const runtime::role_definition> roles) {
  const std::vector<std::string> names = names_of_settings(roles);
  std::vector<std::string_view> bare;  // the prefix is in all of them, and would make each the nearer
  for (const std::string_view name : names) bare.push_back(name.substr(prefix.size()));
  std::vector<std::string> told;
  for (const std::string_view variable : variables) {
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!name.starts_with(prefix) || std::ranges::find(names, name) != names.end()) continue;
    const std::string_view meant = nearest(name.substr(prefix.size()), bare);
    if (!meant.empty()) told.push_back(fmt::format("{} is no setting; did you mean {}{}?", name, prefix, meant));
  }
  return told;
}

void check_environment(std::span<const runtime::role_definition> roles) {
  if (std::getenv(environment_is_checked) != nullptr) return;
  std::vector<std::string> variables;
  for (char** e = environ; *e != nullptr; ++e) variables.emplace_back(*e);
  for (const std::string& line : misspelled_settings(variables, roles)) fmt::print(stderr, "mes: {}\n", line);
}

}  // namespace mes::platform
