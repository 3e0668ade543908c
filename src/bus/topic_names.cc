#include "bus/topic_names.h"

#include <fmt/format.h>

#include <algorithm>

namespace mes::bus {

bool is_topic_name(std::string_view name) {
  return !name.empty() && name.size() <= topic_name_bytes_max && name != "." && name != ".." &&
         std::ranges::all_of(name, [](char ch) {
           return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '.' ||
                  ch == '_' || ch == '-';
         });
}

std::optional<std::string> topic_name_fault(std::string_view name) {
  if (is_topic_name(name)) return std::nullopt;
  if (name.empty()) return "Topic name is invalid: the empty string is not allowed";
  if (name == "." || name == "..") return "Topic name is invalid: '.' or '..' is not allowed";
  if (name.size() > topic_name_bytes_max)
    return fmt::format("Topic name is invalid: the length of '{}' is longer than the max allowed length {}", name,
                       topic_name_bytes_max);
  return fmt::format(
      "Topic name is invalid: '{}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
      name);
}

std::string name_in_metrics(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '.', '_');
  return out;
}

}  // namespace mes::bus
