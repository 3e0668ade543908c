#include "platform/cli/play.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "platform/cli/settings_file.h"

namespace mes::platform {
namespace {

int refuse(std::string_view role, std::string_view why) {
  fmt::print(stderr, "mes {}: {}\n", role, why);
  return exit_usage;
}

std::string data_dir_of(const play_options& options, const std::vector<runtime::setting>& common) {
  if (const auto flag = options.flags.find("data"); flag != options.flags.end()) return flag->second;
  if (const char* value = std::getenv("MES_DATA"); value && *value) return value;
  const auto row = std::ranges::find(common, std::string_view("data"), &runtime::setting::name);
  return row == common.end() ? "./var" : std::string(row->default_value);
}

// The error's message has a line a problem.
result<runtime::config> read_settings(const runtime::role_definition& role,
                                      std::span<const runtime::role_definition> all_roles,
                                      const play_options& options) {
  auto file = find_settings_file(options.config_file, data_dir_of(options, runtime::common_settings()));
  if (!file) return fail(file.error());
  if (const auto problems = check_settings_file(*file, all_roles); !problems.empty())
    return fail(error_code::invalid_argument, fmt::format("{}", fmt::join(problems, "\n")));
  return resolve_settings(role, options.flags, [](const char* n) { return std::getenv(n); }, *file);
}

}  // namespace

int play(const runtime::role_definition& role, std::span<const runtime::role_definition> all_roles,
         const play_options& options) {
  auto settings = read_settings(role, all_roles, options);
  if (!settings) return refuse(role.name, settings.error().message);
  runtime::process process(std::string(role.name), std::move(*settings),
                           [&] { return read_settings(role, all_roles, options); });
  return role.run(process);
}

}  // namespace mes::platform
