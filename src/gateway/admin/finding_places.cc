#include "gateway/admin/finding_places.h"

#include <fmt/format.h>

namespace mes::gateway {

std::string member_path(std::string_view path, std::string_view member) {
  return fmt::format("{}{}{}", path, path.empty() || member.empty() ? "" : ".", member);
}

void finding_places::mark(wire::yaml_node& node, const std::string& path) {
  node.mark = {.line = static_cast<int>(_paths.size()) + 1, .column = 1};
  _paths.push_back(path);
  for (std::size_t i = 0; i < node.items.size(); ++i) mark(node.items[i], fmt::format("{}[{}]", path, i));
  for (auto& [name, value] : node.members) {
    mark(value, member_path(path, name.scalar));
    name.mark = value.mark;
  }
}

std::string_view finding_places::path_of(wire::yaml_mark mark) const {
  auto index = static_cast<std::size_t>(mark.line);
  return index >= 1 && index <= _paths.size() ? std::string_view(_paths[index - 1]) : std::string_view();
}

std::string reason_of(const diagnostic& finding, std::string_view what) {
  if (!finding.reason.empty()) return finding.reason;
  std::string_view text = finding.message;
  if (text.starts_with(what)) text.remove_prefix(what.size());
  std::size_t colon = text.find(": ");
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

}  // namespace mes::gateway
