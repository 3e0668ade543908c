#include "platform/cli/check.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/quantity.h"
#include "gateway/config/check.h"
#include "platform/cli/settings_file.h"
#include "platform/import/mapping.h"

namespace mes::platform {
namespace {

check_outcome failed(const error& why) {
  check_outcome out;
  std::string_view rest = why.message;  // a message may list several, one a line
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    out.findings.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return out;
}

check_outcome check_settings(const std::string& path, std::span<const runtime::role_definition> roles) {
  const auto file = find_settings_file(path, "");
  if (!file) return failed(file.error());
  check_outcome out{.findings = check_settings_file(*file, roles)};
  out.ok = out.findings.empty();
  out.summary = fmt::format("{}: settings, {} entries", path, file->root.members.size());
  return out;
}

check_outcome check_mapping(const std::string& path) {
  const auto mapping = read_mapping(path);
  if (!mapping) return failed(mapping.error());
  return {.ok = true,
          .summary = fmt::format("{}: import mapping {}, {} fields from {} columns", path, mapping->name,
                                 mapping->fields.size(), columns_of(*mapping).size())};
}

// contracts/topics.yaml: names that Kafka takes, each once, with counts that make sense.
void check_topic(const std::string& path, const wire::yaml_node& topic, std::set<std::string>& seen,
                 check_outcome& out) {
  const auto finding = [&](const wire::yaml_node& at, std::string_view what) {
    out.findings.push_back(fmt::format("{}:{}:{}: {}", path, at.mark.line, at.mark.column, what));
  };
  const wire::yaml_node* name = topic.find("name");
  if (!name || name->scalar.empty()) return finding(topic, "a topic needs a name");
  const bool legal = name->scalar.size() <= 249 && std::ranges::all_of(name->scalar, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                              c == '_' || c == '-';
                     });
  if (!legal) finding(*name, "a topic's name has at most 249 letters, digits, '.', '_' and '-'");
  if (!seen.insert(name->scalar).second) finding(*name, fmt::format("the topic {} is here twice", name->scalar));
  if (const wire::yaml_node* partitions = topic.find("partitions")) {
    const auto count = quantity::parse(partitions->scalar);
    if (!count || !count->is_whole() || *count < quantity::of(1) || *count > quantity::of(1000))
      finding(*partitions, "partitions must be a whole number from 1 to 1000");
  }
}

check_outcome check_topics(const std::string& path) {
  const auto root = wire::read_yaml_file(path);
  if (!root) return failed(root.error());
  check_outcome out;
  std::set<std::string> seen;
  for (const wire::yaml_node& topic : root->find("topics")->items) check_topic(path, topic, seen, out);
  out.ok = out.findings.empty();
  out.summary = fmt::format("{}: {} topics", path, seen.size());
  return out;
}

check_outcome check_kong(const std::string& path) {
  gateway::check_report report = gateway::check_kong_file(path);
  return {.findings = std::move(report.findings), .ok = report.ok, .summary = std::move(report.summary)};
}

bool has(const wire::yaml_node& root, std::string_view key) { return root.find(key) != nullptr; }

}  // namespace

std::vector<file_checker> file_checkers(std::span<const runtime::role_definition> roles,
                                        std::vector<file_checker> others) {
  std::vector<file_checker> all = std::move(others);
  all.push_back({"kong.yml",
                 [](std::string_view name, const wire::yaml_node& root) {
                   return has(root, "_format_version") || name.starts_with("kong.");
                 },
                 check_kong});
  all.push_back({"topics.yaml",
                 [](std::string_view, const wire::yaml_node& root) {
                   const wire::yaml_node* topics = root.find("topics");
                   return topics && topics->type == wire::yaml_node::kind::sequence;
                 },
                 check_topics});
  all.push_back({"mes.yaml", [](std::string_view name, const wire::yaml_node&) { return name == "mes.yaml"; },
                 [roles](const std::string& path) { return check_settings(path, roles); }});
  all.push_back({"import mapping",
                 [](std::string_view, const wire::yaml_node& root) {
                   return (has(root, "report") && has(root, "order")) || (has(root, "csv") && has(root, "name"));
                 },
                 check_mapping});
  return all;
}

int check_command(const std::vector<std::string>& files, const std::vector<file_checker>& checkers) {
  int worst = 0;
  for (const std::string& path : files) {
    const std::string name = std::filesystem::path(path).filename().string();
    std::vector<wire::yaml_repeat> repeats;  // each kind of file has its own mind about them
    const auto root = wire::read_yaml_file(path, &repeats);
    const auto checker = std::ranges::find_if(
        checkers, [&](const file_checker& c) { return c.knows(name, root ? *root : wire::yaml_node{}); });
    if (checker == checkers.end()) {
      std::vector<std::string_view> kinds;
      for (const file_checker& c : checkers) kinds.push_back(c.kind);
      const bool readable = root.has_value() || std::filesystem::is_regular_file(path);
      fmt::print(stderr, "{}\n",
                 root ? fmt::format("{}: of no kind that is known here ({})", path, fmt::join(kinds, ", "))
                      : root.error().message);
      worst = std::max(worst, readable && !root ? 1 : 2);
      continue;
    }
    const check_outcome outcome = checker->check(path);
    for (const std::string& finding : outcome.findings) fmt::print("{}\n", finding);
    if (outcome.ok)
      fmt::print("{}: in order\n", outcome.summary);
    else
      worst = std::max(worst, 1);
  }
  return worst;
}

}  // namespace mes::platform
