#include "bus/groups/topic_set.h"

#include <functional>

namespace mes::bus::groups {

topic_set::topic_set(std::vector<std::string> names) {
  if (names.empty()) return;
  if (!std::ranges::is_sorted(names)) std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  contents all{.names = std::move(names)};
  for (const std::string& name : all.names) {
    all.hash = all.hash * 31 + std::hash<std::string_view>{}(name);
    all.memory_bytes += sizeof(std::string) + name.size();
  }
  _all = std::make_shared<const contents>(std::move(all));
}

}  // namespace mes::bus::groups
