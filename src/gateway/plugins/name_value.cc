#include "gateway/plugins/name_value.h"

#include <fmt/format.h>

#include "gateway/http/head.h"

namespace mes::gateway {

name_value name_value::parse(std::string_view entry) {
  std::size_t colon = entry.find(':');
  name_value out{.name = std::string(entry.substr(0, colon))};
  if (colon == std::string_view::npos) return out;
  std::size_t value = entry.find_first_not_of(':', colon);
  if (value != std::string_view::npos) out.value = entry.substr(value);
  return out;
}

std::vector<name_value> name_values(const record& config, std::string_view field_name) {
  std::vector<name_value> out;
  for (const std::string& entry : config.strings(field_name)) out.push_back(name_value::parse(entry));
  return out;
}

std::string check_colon(std::string_view entry) {
  std::size_t colon = entry.find(':');
  return colon != std::string_view::npos && colon > 0 ? "" : fmt::format("'{}' has to be like name:value", entry);
}

std::string check_has_value(std::string_view entry) {
  name_value pair = name_value::parse(entry);
  return pair.name.empty() || pair.value.empty() ? fmt::format("key '{}' has no value", pair.name) : "";
}

std::string check_header_entry_name(std::string_view entry) {
  name_value pair = name_value::parse(entry);
  return is_token(pair.name) ? "" : fmt::format("'{}' is not a valid header", pair.name);
}

std::string check_header_entry(std::string_view entry) {
  std::string wrong = check_colon(entry);
  return wrong.empty() ? check_header_entry_name(entry) : wrong;
}

std::string check_two_headers(std::string_view entry) {
  if (std::string wrong = check_header_entry(entry); !wrong.empty()) return wrong;
  name_value pair = name_value::parse(entry);
  return is_token(pair.value) ? "" : fmt::format("'{}' is not a valid header", pair.value);
}

}  // namespace mes::gateway
