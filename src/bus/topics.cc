#include "bus/topics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <tuple>

#include "base/nearest.h"
#include "bus/configs.h"
#include "bus/log/number_text.h"
#include "bus/topic_names.h"
#include "wire/yaml/yaml.h"

extern "C" {
extern const char mes_bus_topics_begin[];
extern const char mes_bus_topics_end[];
}

namespace mes::bus {
namespace {

using wire::yaml_node;
using kind = yaml_node::kind;
using names = std::span<const std::string_view>;

constexpr auto top_keys = std::to_array<std::string_view>({"defaults", "topics"});
constexpr auto default_keys = std::to_array<std::string_view>({"retention_ms", "replication_factor"});
constexpr auto replication_keys = std::to_array<std::string_view>({"local", "production"});
constexpr auto topic_keys =
    std::to_array<std::string_view>({"name", "partitions", "retention_ms", "config", "producer", "key", "description"});

constexpr std::int64_t week_ms = 604'800'000;

class topics_file {
 public:
  explicit topics_file(std::string_view name) : _name(name) {}

  std::vector<topic_spec> read(const yaml_node& root) {
    std::vector<topic_spec> topics;
    if (!check_keys(root, "the file", top_keys)) return topics;
    if (const yaml_node* defaults = root.find("defaults"); defaults && !defaults->is_null()) read_defaults(*defaults);
    const yaml_node* list = root.find("topics");
    if (!list || list->type != kind::sequence) {
      problem(list ? *list : root, "`topics` is a list of topics");
      return topics;
    }
    for (const yaml_node& item : list->items) topics.push_back(read_topic(item));
    return topics;
  }

  // By place, one a line; "" if there are none.
  std::string problems() {
    std::ranges::sort(_problems, {}, [](const found& f) { return std::tuple(f.mark.line, f.mark.column, f.what); });
    std::string text;
    for (const found& f : _problems)
      text += fmt::format("{}{}:{}:{}: {}", text.empty() ? "" : "\n", _name, f.mark.line, f.mark.column, f.what);
    return text;
  }

 private:
  struct found {
    wire::yaml_mark mark;
    std::string what;
  };

  void problem(const yaml_node& at, std::string_view what) { _problems.push_back({at.mark, std::string(what)}); }

  // False if it is no mapping.
  bool check_keys(const yaml_node& node, std::string_view what, names known) {
    if (node.type != kind::mapping) {
      problem(node, fmt::format("{}: a mapping with some of {} was expected", what, fmt::join(known, ", ")));
      return false;
    }
    for (const auto& [key, value] : node.members)
      if (std::ranges::find(known, key.scalar) == known.end() && !key.scalar.starts_with("x-"))  // x-…: for anchors
        problem(key, fmt::format("{}: unknown key '{}'; {}", what, key.scalar, there_are(key.scalar, known)));
    return true;
  }

  std::int64_t number(const yaml_node& in, std::string_view key, std::int64_t low, std::int64_t high,
                      std::int64_t otherwise) {
    const yaml_node* node = in.find(key);
    if (!node) return otherwise;
    const auto value = log::parse_number<std::int64_t>(node->scalar);
    if (value && *value >= low && *value <= high) return *value;
    problem(*node, high == INT64_MAX ? fmt::format("{} is a whole number from {} on", key, low)
                                     : fmt::format("{} is a whole number from {} to {}", key, low, high));
    return otherwise;
  }

  void read_defaults(const yaml_node& node) {
    if (!check_keys(node, "defaults", default_keys)) return;
    _retention_ms = number(node, "retention_ms", -1, INT64_MAX, _retention_ms);
    const yaml_node* replicas = node.find("replication_factor");  // for a real Kafka: init-topics.sh reads it
    if (replicas && check_keys(*replicas, "replication_factor", replication_keys))
      for (const std::string_view key : replication_keys) number(*replicas, key, 1, INT16_MAX, 1);
  }

  void read_name(const yaml_node& topic, topic_spec& out) {
    const yaml_node* name = topic.find("name");
    if (!name || name->type != kind::scalar) return problem(name ? *name : topic, "a topic needs a `name`");
    out.name = name->scalar;
    if (const auto fault = topic_name_fault(out.name)) return problem(*name, *fault);
    const auto [before, is_new] = _seen.try_emplace(name_in_metrics(out.name), name);
    const yaml_node& other = *before->second;
    if (!is_new && other.scalar == out.name)
      problem(*name, fmt::format("{} is named twice, in line {} first", out.name, other.mark.line));
    else if (!is_new)
      problem(*name, fmt::format("Topic '{}' collides with the topic '{}' of line {}: Kafka's metrics write '.' as '_'",
                                 out.name, other.scalar, other.mark.line));
  }

  void read_configs(const yaml_node& node, topic_spec& out) {
    if (node.type != kind::mapping) return problem(node, "config is a mapping of Kafka's settings of topics");
    std::vector<std::string_view> known;
    for (const config_row& row : topic_config_table()) known.push_back(row.name);
    for (const auto& [key, value] : node.members) {
      const config_row* row = find_config(topic_config_table(), key.scalar);
      if (!row)
        problem(key, fmt::format("Unknown topic config name: {}; {}", key.scalar, there_are(key.scalar, known)));
      else if (value.type != kind::scalar)
        problem(value, fmt::format("{} takes a single value", key.scalar));
      else if (const auto why = check_value(*row, value.scalar))
        problem(value, *why);
      else
        out.configs[key.scalar] = value.scalar;
    }
    if (const auto why = check_configs(config_resource::topic, out.configs)) problem(node, *why);
  }

  topic_spec read_topic(const yaml_node& node) {
    topic_spec out;
    if (!check_keys(node, "a topic", topic_keys)) return out;
    read_name(node, out);
    out.partitions = static_cast<std::int32_t>(number(node, "partitions", 1, partitions_max, out.partitions));
    const std::int64_t retention_ms = number(node, "retention_ms", -1, INT64_MAX, _retention_ms);
    out.configs["retention.ms"] = fmt::to_string(retention_ms);
    if (const yaml_node* config = node.find("config"); config && !config->is_null()) read_configs(*config, out);
    return out;
  }

  std::string_view _name;
  std::int64_t _retention_ms = week_ms;
  std::map<std::string, const yaml_node*> _seen;  // by the name in metrics
  std::vector<found> _problems;
};

}  // namespace

std::string_view built_in_topics() { return {mes_bus_topics_begin, mes_bus_topics_end}; }

result<std::vector<topic_spec>> parse_topics(std::string_view text, std::string_view file_name) {
  const auto root = wire::parse_yaml(text, file_name);
  if (!root) return fail(root.error());
  topics_file file(file_name);
  std::vector<topic_spec> topics = file.read(*root);
  if (std::string problems = file.problems(); !problems.empty())
    return fail(error_code::invalid_argument, std::move(problems));
  return topics;
}

}  // namespace mes::bus
