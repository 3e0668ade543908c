#include "platform/cli/command_line.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <exception>
#include <functional>

#include "base/nearest.h"
#include "platform/cli/check.h"
#include "platform/cli/commands.h"
#include "platform/cli/environment_check.h"
#include "platform/cli/play.h"
#include "platform/cli/settings_file.h"
#include "platform/import/import.h"
#include "platform/supervisor/up.h"
#include "runtime/config.h"
#include "runtime/usage.h"

namespace mes::platform {
namespace {

constexpr std::string_view version = "0.1.0";

std::string describe(const runtime::setting& row) {
  std::string text(row.help);
  if (!row.default_value.empty()) text += fmt::format(" [default: {}]", row.default_value);
  return text + fmt::format(" [{}]", environment_name(row.name));
}

std::string list_of_commands(const runtime::role_definition& role) {
  std::string text = fmt::format("Commands (mes {} COMMAND --help):\n", role.name);
  for (const runtime::role_command& c : role.commands()) text += fmt::format("  {:<26}{}\n", c.name, c.summary);
  return text;
}

int role_command(const runtime::role_definition& role, std::span<const runtime::role_definition> roles, int argc,
                 char** argv) {
  if (argc > 2 && role.commands != nullptr)
    for (const runtime::role_command& command : role.commands())
      if (command.name == argv[2]) return command.run(argc - 2, argv + 2);
  CLI::App app(std::string(role.summary), fmt::format("mes {}", role.name));
  if (role.commands != nullptr) app.footer(list_of_commands(role));
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
  if (const auto code = runtime::parse_command_line(app, argc - 1, argv + 1)) return *code;
  for (const auto& [name, value] : values)
    if (app.count(flag_name(name)) > 0) options.flags[name] = value;
  return play(role, roles, options);
}

std::string list_of_roles(std::span<const runtime::role_definition> roles) {
  std::string text = "Roles, one in the foreground each (mes ROLE --help lists its settings):\n";
  for (const runtime::role_definition& role : roles) text += fmt::format("  {:<26}{}\n", role.name, role.summary);
  return text + "\nmes gateway explain METHOD URL says which route takes a request, and why.\n";
}

// The commands' options, filled by the parser; one command is chosen by its subcommand.
struct arguments {
  up_options up;
  import_options incoming;
  bool json = false;
  bool follow = false;
  int lines = 100;
  std::string role;
  std::vector<std::string> files;
  std::function<int()> chosen;
};

CLI::App& add_command(CLI::App& app, const char* name, const char* help, arguments& a, std::function<int()> action) {
  CLI::App& sub = *app.add_subcommand(name, help);
  sub.footer("");
  sub.get_formatter()->column_width(32);
  sub.callback([&a, action = std::move(action)] { a.chosen = action; });
  return sub;
}

void add_data(CLI::App& sub, arguments& a) {
  sub.add_option("--data", a.up.data, "The platform's data directory [default: ./var] [MES_DATA]")->envname("MES_DATA");
}

void add_commands(CLI::App& app, arguments& a) {
  CLI::App& up_sub = add_command(app, "up", "Start the platform, wait until it is healthy, print its addresses", a,
                                 [&a] { return up(a.up); });
  add_data(up_sub, a);
  up_sub.add_option("--port-offset", a.up.port_offset, "Added to every port [default: 0] [MES_PORT_OFFSET]")
      ->envname("MES_PORT_OFFSET")
      ->check(CLI::Range(0, runtime::port_offset_max));
  up_sub.add_option("--only", a.up.only, "Only these roles, with commas between them")->delimiter(',');
  up_sub.add_flag("--empty", a.up.empty, "Without the simulated plant");
  up_sub.add_flag("--detach", a.up.detach, "Return when everything is healthy; the platform goes on in the background");
  up_sub.add_option("--config", a.up.config_file, "Settings file, else DATA/mes.yaml or ./mes.yaml [MES_CONFIG]")
      ->envname("MES_CONFIG")
      ->check(CLI::ExistingFile);

  add_data(add_command(app, "down", "Stop a platform; returns when it has stopped", a,
                       [&a] { return down_command(a.up.data); }),
           a);

  CLI::App& status = add_command(app, "status", "Show every role: process, ports, state, memory", a,
                                 [&a] { return status_command(a.up.data, a.json); });
  add_data(status, a);
  status.add_flag("--json", a.json, "As one JSON object");

  CLI::App& logs = add_command(app, "logs", "Show the last log lines of one role, or of all by time", a,
                               [&a] { return logs_command(a.up.data, a.role, a.follow, a.lines); });
  add_data(logs, a);
  logs.add_option("role", a.role, "The role; all if it is left out");
  logs.add_flag("-f,--follow", a.follow, "Go on with new lines until interrupted");
  logs.add_option("-n,--lines", a.lines, "How many lines of the past [default: 100]")->check(CLI::Range(0, 1'000'000));

  CLI::App& restart = add_command(app, "restart", "Restart one role of a running platform", a,
                                  [&a] { return restart_command(a.up.data, a.role); });
  add_data(restart, a);
  restart.add_option("role", a.role, "The role")->required();
}

void add_import(CLI::App& app, arguments& a) {
  import_options& o = a.incoming;
  CLI::App& sub =
      add_command(app, "import", "Bring a CSV file of orders and reports in, and show that all of it arrived", a, [&a] {
        if (a.incoming.password_file.empty()) a.incoming.password_file = a.up.data + "/secrets/integration-password";
        return import_command(a.incoming);
      });
  sub.add_option("file", o.file, "The CSV file; rows that are not taken go to FILE.rejects.csv")->required();
  sub.add_option("--mapping", o.mapping, "From columns to orders, operations, resources, workers, reports (YAML)")
      ->required();
  sub.add_option("--gateway", o.gateway, "The platform's address [default: http://127.0.0.1:8000] [MES_GATEWAY]")
      ->envname("MES_GATEWAY");
  sub.add_option("--user", o.username, "Who imports [default: integration]");
  sub.add_option("--password-file", o.password_file,
                 "The file with the password, in its first line [default: DATA/secrets/integration-password]");
  add_data(sub, a);
  sub.add_option("--ca-file", o.ca_file, "Certificates to trust, for https:// [default: the system's]");
  sub.add_option("--in-flight", o.in_flight, "Calls at the same time [default: 64]")->check(CLI::Range(1, 1024));
  sub.add_option("--give-up", o.give_up_s,
                 "Seconds without an answer to one call until the import ends [default: 120]");
  sub.add_option("--reconcile", o.reconcile_s, "Seconds that reporting gets to catch up [default: 120]");
  sub.add_flag("--json", o.json, "Print one JSON object");
}

void add_check(CLI::App& app, arguments& a, std::span<const runtime::role_definition> roles) {
  CLI::App& sub = add_command(app, "check", "Check configuration files whole: what is wrong, and where", a,
                              [&a, roles] { return check_command(a.files, file_checkers(roles, {})); });
  sub.add_option("files", a.files, "kong.yml, topics.yaml, mes.yaml, import mappings")->required();
}

// What the first word may be.
std::vector<std::string> first_words(const CLI::App& app, std::span<const runtime::role_definition> roles) {
  std::vector<std::string> words;
  for (const CLI::App* sub : app.get_subcommands({})) words.push_back(sub->get_name());
  for (const runtime::role_definition& role : roles) words.emplace_back(role.name);
  return words;
}

int command(std::span<const runtime::role_definition> roles, int argc, char** argv) {
  CLI::App app("mes: a manufacturing execution platform in one binary", "mes");
  app.set_version_flag("--version", fmt::format("mes {}", version));
  app.require_subcommand(1);
  app.get_formatter()->column_width(32);
  app.footer(list_of_roles(roles));
  arguments a;
  for (const runtime::role_definition& role : roles) a.up.role_names.emplace_back(role.name);
  add_commands(app, a);
  add_import(app, a);
  add_check(app, a, roles);
  const std::vector<std::string> words = first_words(app, roles);
  if (argc > 1 && *argv[1] != '-' && std::ranges::find(words, argv[1]) == words.end()) {
    const std::vector<std::string_view> names(words.begin(), words.end());
    fmt::print(stderr, "mes: there is no '{}'; {}\n", argv[1], there_are(argv[1], names));
    return exit_usage;
  }
  if (const auto code = runtime::parse_command_line(app, argc, argv)) return *code;
  return a.chosen();
}

}  // namespace

int run_command_line(int argc, char** argv, std::span<const runtime::role_definition> roles) {
  try {
    check_environment(roles);
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
