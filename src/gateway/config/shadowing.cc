#include "gateway/config/shadowing.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "gateway/router/matcher.h"

namespace mes::gateway {
namespace {

constexpr std::size_t compared_max = 64;  // matchers before one that it is compared with, of those with its paths

// Whether every value that `inner` takes is one that `outer` takes; an empty list takes all.
bool covers(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  if (outer.empty()) return true;
  return !inner.empty() && std::ranges::all_of(inner, [&](const std::string& value) {
    return std::ranges::find(outer, value) != outer.end();
  });
}

bool covers(const route_matcher& outer, const route_matcher& inner) {
  const route &a = *outer.of, &b = *inner.of;
  if (!a.expression.empty() || !b.expression.empty())
    return a.expression == b.expression && a.http == b.http && a.https == b.https;
  if (!covers(a.methods, b.methods) || !covers(a.hosts, b.hosts) || !covers(a.snis, b.snis) ||
      !covers(outer.paths, inner.paths))
    return false;
  return std::ranges::all_of(a.headers, [&](const auto& header) {
    auto other = b.headers.find(header.first);
    return other != b.headers.end() && covers(header.second, other->second);
  });
}

}  // namespace

void warn_of_shadowed_routes(const configuration& all, reporter& report) {
  // Only a matcher of the same paths can cover one: a shorter prefix comes later, a longer one takes less.
  std::unordered_map<std::string, std::vector<const route_matcher*>> by_paths;
  std::unordered_map<const route*, std::vector<std::pair<const route_matcher*, const route_matcher*>>> shadowed;
  std::unordered_map<const route*, std::size_t> parts;
  std::vector<route_matcher> matchers = make_matchers(all);
  for (const route_matcher& m : matchers) {
    ++parts[m.of];
    std::vector<const route_matcher*> before;
    for (const std::string& path : m.paths.empty() ? std::vector<std::string>{m.of->expression} : m.paths) {
      auto& list = by_paths[path];
      if (before.empty()) before = list;
      if (list.size() < compared_max) list.push_back(&m);
    }
    auto by = std::ranges::find_if(before,
                                   [&](const route_matcher* other) { return other->of != m.of && covers(*other, m); });
    if (by != before.end()) shadowed[m.of].emplace_back(&m, *by);
  }
  for (const auto& [route, pairs] : shadowed) {
    const auto& [mine, other] = pairs.front();
    std::string by = fmt::format("route '{}' in line {}", other->of->label(), other->of->source.mark.line);
    if (pairs.size() == parts[route])
      report.warning(route->source.mark,
                     fmt::format("route '{}': no request reaches it, {} takes all of its own", route->label(), by));
    else
      report.warning(route->source.mark_of("paths"),
                     fmt::format("route '{}': path {} is never taken by it, {} comes first", route->label(),
                                 mine->paths.front(), by));
  }
}

}  // namespace mes::gateway
