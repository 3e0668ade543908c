#include "bus/topics.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "wire/yaml/yaml.h"

extern "C" {
extern const char mes_bus_topics_begin[];
extern const char mes_bus_topics_end[];
}

namespace mes::bus {
namespace {

class topics_file {
 public:
  explicit topics_file(std::string_view name) : _name(name) {}

  std::unexpected<error> wrong(const wire::yaml_node& at, std::string_view what) const {
    return fail(error_code::invalid_argument, fmt::format("{}:{}:{}: {}", _name, at.mark.line, at.mark.column, what));
  }

  result<std::int64_t> number(const wire::yaml_node& in, std::string_view key, std::int64_t low, std::int64_t high,
                              std::int64_t otherwise) const {
    const wire::yaml_node* node = in.find(key);
    if (!node) return otherwise;
    std::int64_t value = 0;
    const std::string& text = node->scalar;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() || value < low || value > high)
      return wrong(*node, fmt::format("{} is a whole number from {} to {}", key, low, high));
    return value;
  }

 private:
  std::string_view _name;
};

}  // namespace

std::string_view built_in_topics() { return {mes_bus_topics_begin, mes_bus_topics_end}; }

result<std::vector<topic_spec>> parse_topics(std::string_view text, std::string_view file_name) {
  const auto root = wire::parse_yaml(text, file_name);
  if (!root) return fail(root.error());
  const topics_file file(file_name);
  const wire::yaml_node none;
  const wire::yaml_node* defaults = root->find("defaults");
  const auto retention = file.number(defaults ? *defaults : none, "retention_ms", -1, INT64_MAX, 604'800'000);
  if (!retention) return fail(retention.error());
  const wire::yaml_node* list = root->find("topics");
  if (!list || list->type != wire::yaml_node::kind::sequence) return file.wrong(*root, "`topics` is a list of topics");
  std::vector<topic_spec> topics;
  std::set<std::string_view> seen;
  for (const wire::yaml_node& item : list->items) {
    const wire::yaml_node* name = item.find("name");
    if (!name || name->scalar.empty()) return file.wrong(item, "a topic needs a `name`");
    if (!seen.insert(name->scalar).second) return file.wrong(*name, fmt::format("{} is named twice", name->scalar));
    const auto partitions = file.number(item, "partitions", 1, 10'000, 3);
    if (!partitions) return fail(partitions.error());
    const auto keep = file.number(item, "retention_ms", -1, INT64_MAX, *retention);
    if (!keep) return fail(keep.error());
    topics.push_back({name->scalar, static_cast<std::int32_t>(*partitions), {{"retention.ms", fmt::to_string(*keep)}}});
  }
  return topics;
}

}  // namespace mes::bus
