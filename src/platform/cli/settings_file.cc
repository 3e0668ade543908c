#include "platform/cli/settings_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/split.h"

namespace mes::platform {
namespace {

using wire::yaml_node;

const runtime::setting* find(const std::vector<runtime::setting>& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &runtime::setting::name);
  return found == table.end() ? nullptr : &*found;
}

std::string at(const settings_file& file, const yaml_node& node, std::string_view what) {
  return fmt::format("{}:{}:{}: {}", file.path, node.mark.line, node.mark.column, what);
}

// One setting's value alone, through the same check that a start makes.
void check_value(const settings_file& file, const runtime::setting& row, const yaml_node& value,
                 std::vector<std::string>& problems) {
  if (value.type != yaml_node::kind::scalar) {
    problems.push_back(at(file, value, fmt::format("{} takes a single value", row.name)));
    return;
  }
  const auto resolved = runtime::config::resolve({row}, {{std::string(row.name), value.scalar}});
  if (!resolved) problems.push_back(at(file, value, resolved.error().message));
}

void check_section(const settings_file& file, const runtime::role_definition& role, const yaml_node& section,
                   std::vector<std::string>& problems) {
  if (section.is_null()) return;
  if (section.type != yaml_node::kind::mapping) {
    problems.push_back(at(file, section, fmt::format("the section {} must hold names and values", role.name)));
    return;
  }
  for (const auto& [key, value] : section.members) {
    const runtime::setting* row = find(role.settings(), key.scalar);
    if (!row) row = find(runtime::common_settings(), key.scalar);
    if (row)
      check_value(file, *row, value, problems);
    else
      problems.push_back(
          at(file, key,
             fmt::format("{} has no setting \"{}\"; mes {} --help lists them", role.name, key.scalar, role.name)));
  }
}

// With the line that the file has for it, if it was the file that gave the value.
std::string where_given(const runtime::role_definition& role, const settings_file& file,
                        const std::map<std::string, std::string>& flags, const environment& env, const error& why) {
  if (why.fields.empty()) return why.message;
  const std::string name = why.fields.front().path.substr(1);
  const yaml_node* section = file.root.find(role.name);
  const yaml_node* value = section ? section->find(name) : nullptr;
  if (!value) value = file.root.find(name);
  const char* by_environment = env(environment_name(name).c_str());
  const bool by_file = value && !flags.contains(name) && !(by_environment && *by_environment);
  return by_file ? at(file, *value, why.message) : why.message;
}

}  // namespace

std::string flag_name(std::string_view setting) {
  std::string flag = "--" + std::string(setting);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string environment_name(std::string_view setting) {
  std::string name = "MES_";
  for (const char c : setting) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

result<settings_file> find_settings_file(const std::string& given, const std::string& data_dir) {
  settings_file file{.path = given};
  if (file.path.empty()) {
    std::error_code ignored;  // a place that cannot be looked at has no file for us
    for (const std::string& candidate : {data_dir + "/mes.yaml", std::string("mes.yaml")}) {
      if (!std::filesystem::exists(candidate, ignored)) continue;
      file.path = candidate;
      break;
    }
    if (file.path.empty()) return file;
  }
  auto root = wire::read_yaml_file(file.path);
  if (!root) return fail(root.error());
  file.root = std::move(*root);
  return file;
}

std::vector<std::string> check_settings_file(const settings_file& file,
                                             std::span<const runtime::role_definition> roles) {
  std::vector<std::string> problems;
  if (file.root.is_null()) return problems;
  if (file.root.type != yaml_node::kind::mapping) return {at(file, file.root, "settings and sections were expected")};
  for (const auto& [key, value] : file.root.members) {
    if (const auto role = std::ranges::find(roles, key.scalar, &runtime::role_definition::name); role != roles.end())
      check_section(file, *role, value, problems);
    else if (const runtime::setting* row = find(runtime::common_settings(), key.scalar))
      check_value(file, *row, value, problems);
    else
      problems.push_back(at(file, key, fmt::format("\"{}\" is neither a role nor a setting of all roles", key.scalar)));
  }
  return problems;
}

std::vector<std::string> check_settings_together(const settings_file& file,
                                                 std::span<const runtime::role_definition> roles,
                                                 const environment& env) {
  std::vector<std::string> problems;
  for (const runtime::role_definition& role : roles) {
    if (!role.check || !file.root.find(role.name)) continue;
    if (const auto settings = resolve_settings(role, {}, env, file); !settings)
      for (const std::string_view line : split(settings.error().message, '\n')) problems.emplace_back(line);
  }
  return problems;
}

result<runtime::config> resolve_settings(const runtime::role_definition& role,
                                         const std::map<std::string, std::string>& flags, const environment& env,
                                         const settings_file& file) {
  std::vector<runtime::setting> table = runtime::common_settings();
  table.insert(table.end(), role.settings().begin(), role.settings().end());
  auto settings = runtime::config::resolve(table, gather_settings(role, flags, env, file));
  if (!settings || !role.check) return settings;
  std::string problems;
  for (const error& why : role.check(*settings))
    problems += (problems.empty() ? "" : "\n") + where_given(role, file, flags, env, why);
  if (problems.empty()) return settings;
  return fail(error_code::invalid_argument, std::move(problems));
}

std::map<std::string, std::string> gather_settings(const runtime::role_definition& role,
                                                   const std::map<std::string, std::string>& flags,
                                                   const environment& env, const settings_file& file) {
  std::map<std::string, std::string> given;
  const auto take = [&](const runtime::setting& row, const yaml_node* section, const yaml_node* top) {
    const std::string name(row.name);
    if (const auto flag = flags.find(name); flag != flags.end()) {
      given[name] = flag->second;
      return;
    }
    if (const char* value = env(environment_name(name).c_str()); value && *value) {
      given[name] = value;
      return;
    }
    for (const yaml_node* from : {section, top}) {
      const yaml_node* value = from ? from->find(name) : nullptr;
      if (!value || value->type != yaml_node::kind::scalar) continue;
      given[name] = value->scalar;
      return;
    }
  };
  const yaml_node* section = file.root.find(role.name);
  for (const runtime::setting& row : runtime::common_settings()) take(row, section, &file.root);
  for (const runtime::setting& row : role.settings()) take(row, section, nullptr);
  return given;
}

}  // namespace mes::platform
