#include "platform/cli/check.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/split.h"
#include "bus/topics.h"
#include "gateway/config/check.h"
#include "gateway/config/entities.h"
#include "os/file_system.h"
#include "os/whole_file.h"
#include "platform/cli/settings_file.h"
#include "platform/import/mapping.h"

namespace mes::platform {
namespace {

// "file:line:column: what" with `error` before what: the form of all findings.
std::string as_error(const std::string& path, std::string_view finding) {
  const std::size_t end = finding.starts_with(path) ? finding.find(": ", path.size()) : std::string_view::npos;
  if (end == std::string_view::npos) return fmt::format("{}: error: {}", path, finding);
  return fmt::format("{}: error: {}", finding.substr(0, end), finding.substr(end + 2));
}

check_outcome failed(const std::string& path, const error& why) {
  check_outcome out;
  for (const std::string_view line : split(why.message, '\n')) out.findings.push_back(as_error(path, line));
  return out;
}

check_outcome check_settings(const std::string& path, std::span<const runtime::role_definition> roles) {
  const auto file = find_settings_file(path, "");
  if (!file) return failed(path, file.error());
  check_outcome out;
  auto problems = check_settings_file(*file, roles);
  if (problems.empty()) problems = check_settings_together(*file, roles, [](const char* n) { return std::getenv(n); });
  for (const std::string& problem : problems) out.findings.push_back(as_error(path, problem));
  out.ok = out.findings.empty();
  out.summary = fmt::format("{}: settings, {} entries", path, file->root.members.size());
  return out;
}

check_outcome check_mapping(const std::string& path) {
  const auto mapping = read_mapping(path);
  if (!mapping) return failed(path, mapping.error());
  return {.ok = true,
          .summary = fmt::format("{}: import mapping {}, {} fields from {} columns", path, mapping->name,
                                 mapping->fields.size(), columns_of(*mapping).size())};
}

check_outcome check_topics(const std::string& path) {
  const auto files = os::make_real_file_system();
  const auto text = os::read_whole(*files, path);
  if (!text) return failed(path, text.error());
  const auto topics = bus::parse_topics(*text, path);
  if (!topics) return failed(path, topics.error());
  return {.ok = true, .summary = fmt::format("{}: {} topics", path, topics->size())};
}

check_outcome check_kong(const std::string& path) {
  gateway::check_report report = gateway::check_kong_file(path);
  return {.findings = std::move(report.findings), .ok = report.ok, .summary = std::move(report.summary)};
}

bool has(const wire::yaml_node& root, std::string_view key) { return root.find(key) != nullptr; }

bool has_entities(const wire::yaml_node& root) {
  return std::ranges::any_of(gateway::entity_kinds(), [&](const gateway::entity_kind& k) {
    const wire::yaml_node* all = root.find(k.name);
    return all && all->type != wire::yaml_node::kind::mapping;  // as the services of a compose.yaml
  });
}

bool is_of_settings(const wire::yaml_node& root, std::span<const runtime::role_definition> roles) {
  const auto among = [](const auto& table, auto name, std::string_view key) {
    return std::ranges::find(table, key, name) != table.end();
  };
  const auto known = [&](const wire::yaml_member& m) {
    return among(roles, &runtime::role_definition::name, m.first.scalar) ||
           among(runtime::common_settings(), &runtime::setting::name, m.first.scalar);
  };
  return !root.members.empty() && std::ranges::all_of(root.members, known);
}

// Exit codes of one file.
enum : std::uint8_t { in_order = 0, has_findings = 1, not_known = 2 };

int refuse_unknown(const std::string& path, const std::vector<file_checker>& checkers) {
  fmt::print("{}: error: of no kind that can be checked; there are\n", path);
  for (const file_checker& c : checkers) fmt::print("  {:<16}known by {}\n", c.kind, c.known_by);
  return not_known;
}

int check_file(const std::string& path, const std::vector<file_checker>& checkers) {
  const std::string name = std::filesystem::path(path).filename().string();
  std::vector<wire::yaml_repeat> repeats;  // each kind of file has its own mind about them
  const auto root = wire::read_yaml_file(path, &repeats);
  const auto checker = std::ranges::find_if(
      checkers, [&](const file_checker& c) { return c.knows(name, root ? *root : wire::yaml_node{}); });
  if (checker == checkers.end() && root) return refuse_unknown(path, checkers);
  const check_outcome outcome = checker == checkers.end() ? failed(path, root.error()) : checker->check(path);
  for (const std::string& finding : outcome.findings) fmt::print("{}\n", finding);
  if (outcome.ok) fmt::print("{}: in order\n", outcome.summary);
  if (!root && !std::filesystem::is_regular_file(path)) return not_known;
  return outcome.ok ? in_order : has_findings;
}

}  // namespace

std::vector<file_checker> file_checkers(std::span<const runtime::role_definition> roles,
                                        std::vector<file_checker> others) {
  std::vector<file_checker> all = std::move(others);
  all.push_back({"kong.yml", "_format_version, a list of Kong's entities (services, routes, …), or its name",
                 [](std::string_view name, const wire::yaml_node& root) {
                   return has(root, "_format_version") || has_entities(root) || name.starts_with("kong.");
                 },
                 check_kong});
  all.push_back(
      {"topics.yaml", "topics, or its name",
       [](std::string_view name, const wire::yaml_node& root) { return has(root, "topics") || name == "topics.yaml"; },
       check_topics});
  all.push_back({"mes.yaml", "names of roles and of settings of all roles alone, or its name",
                 [roles](std::string_view name, const wire::yaml_node& root) {
                   return name == "mes.yaml" || is_of_settings(root, roles);
                 },
                 [roles](const std::string& path) { return check_settings(path, roles); }});
  all.push_back({"import mapping", "report and order, or csv and name",
                 [](std::string_view, const wire::yaml_node& root) {
                   return (has(root, "report") && has(root, "order")) || (has(root, "csv") && has(root, "name"));
                 },
                 check_mapping});
  return all;
}

int check_command(const std::vector<std::string>& files, const std::vector<file_checker>& checkers) {
  int worst = in_order;
  for (const std::string& path : files) worst = std::max(worst, check_file(path, checkers));
  return worst;
}

}  // namespace mes::platform
