#include "gateway/plugins/uri_captures.h"

#include <re2/re2.h>

#include "gateway/router/patterns.h"

namespace mes::gateway {

uri_captures::uri_captures() = default;
uri_captures::~uri_captures() = default;
uri_captures::uri_captures(uri_captures&&) noexcept = default;
uri_captures& uri_captures::operator=(uri_captures&&) noexcept = default;

uri_captures::uri_captures(const configuration& all) {
  for (const route& r : all.routes)
    for (const std::string& path : r.paths)
      if (path.starts_with('~')) _by_route[&r].push_back(std::make_unique<RE2>(regex_of_path(path), RE2::Quiet));
}

std::map<std::string, std::string> uri_captures::of(const plugin_context& c) const {
  std::map<std::string, std::string> out;
  auto found = _by_route.find(c.on_route);
  if (found == _by_route.end()) return out;
  re2::StringPiece path(c.path.data(), c.path.size());
  for (const auto& expression : found->second) {
    int groups = expression->NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> caught(static_cast<std::size_t>(groups));
    if (!expression->ok() || !expression->Match(path, 0, path.size(), RE2::ANCHOR_START, caught.data(), groups))
      continue;
    auto keep = [&](const std::string& name, const re2::StringPiece& text) {
      if (text.data()) out[name] = text.as_string();
    };
    for (std::size_t i = 0; i < caught.size(); ++i) keep(std::to_string(i), caught[i]);
    for (const auto& [name, index] : expression->NamedCapturingGroups())
      keep(name, caught[static_cast<std::size_t>(index)]);
    break;
  }
  return out;
}

boost::json::object uri_captures::as_json(const plugin_context& c) const {
  boost::json::object out;
  for (const auto& [name, text] : of(c)) out[name] = text;
  return out;
}

}  // namespace mes::gateway
