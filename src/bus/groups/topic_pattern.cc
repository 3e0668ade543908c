#include "bus/groups/topic_pattern.h"

#include <re2/re2.h>

#include <vector>

namespace mes::bus::groups {
namespace {

constexpr std::size_t pattern_bytes_max = 4'096;

RE2::Options options() {
  RE2::Options o;
  o.set_log_errors(false);
  o.set_max_mem(1 << 20);
  return o;
}

}  // namespace

std::optional<std::string> check_pattern(const std::string& regex) {
  if (regex.size() > pattern_bytes_max) return "longer than 4096 bytes";
  const RE2 compiled(regex, options());
  if (!compiled.ok()) return compiled.error();
  return std::nullopt;
}

topic_set matching_topics(const std::string& regex, const topic_view& topics) {
  const RE2 compiled(regex, options());
  if (!compiled.ok()) return {};
  std::vector<std::string> result;
  for (auto& name : topics.names())
    if (RE2::FullMatch(name, compiled)) result.push_back(std::move(name));
  return topic_set(std::move(result));
}

}  // namespace mes::bus::groups
