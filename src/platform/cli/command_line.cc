#include "platform/cli/command_line.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <exception>

#include "platform/cli/play.h"
#include "platform/cli/settings_file.h"

namespace mes::platform {
namespace {

constexpr std::string_view version = "0.1.0";

std::string describe(const runtime::setting& row) {
  std::string text(row.help);
  if (!row.default_value.empty()) text += fmt::format(" [default: {}]", row.default_value);
  return text + fmt::format(" [{}]", environment_name(row.name));
}

int parse(CLI::App& app, int argc, char** argv, int& exit_code) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& e) {
    exit_code = app.exit(e) == 0 ? 0 : exit_usage;
    return false;
  }
}

int role_command(const runtime::role_definition& role, std::span<const runtime::role_definition> roles, int argc,
                 char** argv) {
  CLI::App app(std::string(role.summary), fmt::format("mes {}", role.name));
  app.get_formatter()->column_width(32);
  play_options options;
  std::map<std::string, std::string> values;
  app.add_option("--config", options.config_file, "Settings file, else DATA/mes.yaml or ./mes.yaml [MES_CONFIG]")
      ->envname("MES_CONFIG");
  const auto add = [&](const std::vector<runtime::setting>& table, const char* group) {
    for (const runtime::setting& row : table)
      app.add_option(flag_name(row.name), values[std::string(row.name)], describe(row))->group(group);
  };
  add(role.settings(), "Settings of this role");
  add(runtime::common_settings(), "Settings of all roles");
  if (int code = 0; !parse(app, argc - 1, argv + 1, code)) return code;
  for (const auto& [name, value] : values)
    if (app.count(flag_name(name)) > 0) options.flags[name] = value;
  return play(role, roles, options);
}

std::string list_of_roles(std::span<const runtime::role_definition> roles) {
  std::string text = "Roles, one in the foreground each (mes ROLE --help lists its settings):\n";
  for (const runtime::role_definition& role : roles) text += fmt::format("  {:<26}{}\n", role.name, role.summary);
  return text;
}

int command(std::span<const runtime::role_definition> roles, int argc, char** argv) {
  CLI::App app("mes: a manufacturing execution platform in one binary", "mes");
  app.set_version_flag("--version", fmt::format("mes {}", version));
  app.require_subcommand(1);
  app.footer(list_of_roles(roles));
  if (int code = 0; !parse(app, argc, argv, code)) return code;
  return 0;
}

}  // namespace

int run_command_line(int argc, char** argv, std::span<const runtime::role_definition> roles) {
  try {
    if (argc > 1) {
      const auto role = std::ranges::find(roles, std::string_view(argv[1]), &runtime::role_definition::name);
      if (role != roles.end()) return role_command(*role, roles, argc, argv);
    }
    return command(roles, argc, argv);
  } catch (const std::exception& e) {  // start-up and third-party code may throw; nothing may end in terminate()
    fmt::print(stderr, "mes: {}\n", e.what());
    return 1;
  }
}

}  // namespace mes::platform
