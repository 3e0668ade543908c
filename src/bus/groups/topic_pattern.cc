#include "bus/groups/topic_pattern.h"

#include <re2/re2.h>

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

std::set<std::string> matching_topics(const std::string& regex, const topic_view& topics) {
  std::set<std::string> result;
  const RE2 compiled(regex, options());
  if (!compiled.ok()) return result;
  for (auto& name : topics.names())
    if (RE2::FullMatch(name, compiled)) result.insert(std::move(name));
  return result;
}

}  // namespace mes::bus::groups
