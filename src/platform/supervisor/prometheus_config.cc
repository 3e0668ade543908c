#include "platform/supervisor/prometheus_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "wire/yaml/yaml.h"

namespace mes::platform {
namespace {

using wire::yaml_node;

void collect_targets(const yaml_node& node, std::vector<const yaml_node*>& found) {
  for (const yaml_node& item : node.items) collect_targets(item, found);
  for (const auto& [key, value] : node.members) {
    if (key.scalar == "targets")
      for (const yaml_node& target : value.items) found.push_back(&target);
    else
      collect_targets(value, found);
  }
}

std::size_t offset_of(std::string_view text, wire::yaml_mark mark) {
  std::size_t at = 0;
  for (int line = 1; line < mark.line; ++line) at = text.find('\n', at) + 1;
  return at + static_cast<std::size_t>(mark.column - 1);  // our file is ASCII before its targets' columns
}

}  // namespace

result<std::string> localize_prometheus_config(std::string_view yaml, int port_offset) {
  auto root = wire::parse_yaml(yaml, "prometheus.yml");
  if (!root) return fail(root.error());
  std::vector<const yaml_node*> targets;
  collect_targets(*root, targets);
  std::ranges::sort(targets, {}, [](const yaml_node* n) { return std::pair(n->mark.line, n->mark.column); });
  std::string out;
  std::size_t done = 0;
  for (const yaml_node* target : targets) {
    const std::string_view text = target->scalar;
    const std::size_t colon = text.rfind(':');
    int port = 0;
    if (colon == std::string_view::npos ||
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), port).ptr != text.data() + text.size())
      return fail(error_code::invalid_argument, fmt::format("prometheus.yml:{}:{}: the target {} is not host:port",
                                                            target->mark.line, target->mark.column, text));
    const std::size_t at = yaml.find(text, offset_of(yaml, target->mark));
    out += yaml.substr(done, at - done);
    out += fmt::format("127.0.0.1:{}", port + port_offset);
    done = at + text.size();
  }
  return out += yaml.substr(done);
}

}  // namespace mes::platform
