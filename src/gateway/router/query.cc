#include "gateway/router/query.h"

namespace mes::gateway {

std::vector<std::pair<std::string, std::string>> captures_of(const route_match& match, std::string_view path) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!match.pattern || match.pattern->NumberOfCapturingGroups() == 0) return out;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(match.pattern->NumberOfCapturingGroups()) + 1);
  re2::StringPiece text(path.data(), path.size());
  if (!match.pattern->Match(text, 0, path.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
    return out;
  if (!groups[1].data()) return out;  // Kong gives none at all if the first group caught nothing
  const auto& names = match.pattern->CapturingGroupNames();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!groups[i].data()) continue;
    std::string value(groups[i].data(), groups[i].size());
    if (auto name = names.find(static_cast<int>(i)); name != names.end()) out.emplace_back(name->second, value);
    out.emplace_back(std::to_string(i), std::move(value));
  }
  return out;
}

host_and_port split_host_port(std::string_view host) {
  std::size_t colon = host.find(':');
  if (colon == std::string_view::npos || colon + 1 == host.size()) return {host, -1};
  int port = 0;
  for (char c : host.substr(colon + 1)) {
    if (c < '0' || c > '9' || port > 65535) return {host, -1};
    port = port * 10 + (c - '0');
  }
  return {host.substr(0, colon), port};
}

}  // namespace mes::gateway
