// Values of configurations: whether they are right, and how they are shown.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <type_traits>

#include "bus/configs_table.h"
#include "bus/host_overrides.h"
#include "bus/log/number_text.h"

namespace mes::bus {
using enum config_type;

namespace {

std::string_view name_of(config_type t) {
  switch (t) {
    case unknown:
      break;
    case boolean:
      return "BOOLEAN";
    case string:
      return "STRING";
    case int32:
      return "INT";
    case int16:
      return "SHORT";
    case int64:
      return "LONG";
    case float64:
      return "DOUBLE";
    case list:
      return "LIST";
  }
  return "";
}

bool is_among(std::string_view value, std::string_view allowed) {
  while (!allowed.empty()) {
    const auto comma = allowed.find(',');
    if (allowed.substr(0, comma) == value) return true;
    allowed = comma == std::string_view::npos ? std::string_view{} : allowed.substr(comma + 1);
  }
  return false;
}

bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, [](char a, char b) { return (a | 0x20) == b; });
}

// earliest, latest, or a duration as Java reads it, none below zero.
bool is_offset_reset(std::string_view value) {
  static const RE2 form(R"((?i)\+?P(\+?\d+D)?(T(\+?\d+H)?(\+?\d+M)?(\+?\d+([.,]\d{0,9})?S)?)?)",
                        RE2::CannedOptions::Quiet);
  constexpr std::string_view by_duration = "by_duration:", units = "DHMSdhms";
  if (value == "earliest" || value == "latest") return true;
  if (!value.starts_with(by_duration)) return false;
  value.remove_prefix(by_duration.size());
  return !value.empty() && units.contains(value.back()) &&
         RE2::FullMatch(re2::StringPiece(value.data(), value.size()), form);
}

// What the rows cannot say of a value that is right by them.
std::optional<std::string_view> odd_fault(const config_row& row, std::string_view value) {
  if (row.name == "compression.gzip.level" && log::parse_number<int>(value) == 0)
    return "Value must be between 1 and 9 or equal to -1";
  if (row.name == "share.auto.offset.reset" && !is_offset_reset(value))
    return "It must be earliest, latest or by_duration: and a duration of ISO 8601, as in by_duration:P1D";
  if (row.name == "max.connections.per.ip.overrides") {
    const auto overrides = parse_host_overrides(value);
    if (!overrides) return "It must be addresses with their number of connections, as in 10.0.0.7:200,[::1]:50";
    // As with max.connections. The role's own setting may have fewer.
    constexpr std::size_t connections_min = 10;
    if (std::ranges::any_of(*overrides, [](const auto& o) { return o.second < connections_min; }))
      return "Each number must be at least 10";
  }
  if (!row.name.ends_with(".replication.throttled.replicas")) return std::nullopt;
  // `*`, or partition:broker between commas.
  constexpr std::string_view any = "*", digits = "0123456789";
  if (log::trimmed(value).empty() || log::trimmed(value) == any) return std::nullopt;
  while (true) {
    const auto comma = value.find(',');
    const std::string_view one = log::trimmed(value.substr(0, comma));
    const auto colon = one.find(':');
    const bool fine = colon != 0 && colon < one.size() - 1 &&
                      one.substr(0, colon).find_first_not_of(digits) == std::string_view::npos &&
                      one.substr(colon + 1).find_first_not_of(digits) == std::string_view::npos;
    if (!fine) return "It must be '*', or pairs of a partition and a broker, as in 0:1,1:1";
    if (comma == std::string_view::npos) return std::nullopt;
    value = value.substr(comma + 1);
  }
}

template <class Number>
std::optional<std::string> out_of_range(const config_row& row, std::string_view value, Number number) {
  if (number < static_cast<Number>(row.min))
    return fmt::format("Invalid value {} for configuration {}: Value must be at least {}", value, row.name, row.min);
  if (number > static_cast<Number>(row.max))
    return fmt::format("Invalid value {} for configuration {}: Value must be no more than {}", value, row.name,
                       row.max);
  return std::nullopt;
}

template <class Number>
std::optional<std::string> check_number(const config_row& row, std::string_view value) {
  const auto number = log::parse_number<Number>(value);
  if (!number)
    return fmt::format("Invalid value {} for configuration {}: Not a number of type {}", value, row.name,
                       name_of(row.type));
  // Wide enough for every row's limits.
  using wide = std::conditional_t<std::is_floating_point_v<Number>, double, std::int64_t>;
  return out_of_range(row, value, static_cast<wide>(*number));
}

}  // namespace

std::optional<std::string> check_value(const config_row& row, std::string_view value) {
  const auto wrong = [&](std::string_view one, std::string_view why) {
    return fmt::format("Invalid value {} for configuration {}: {}", one, row.name, why);
  };
  if (const auto why = odd_fault(row, value)) return wrong(value, *why);
  switch (row.type) {
    case int32:
      return check_number<std::int32_t>(row, value);
    case int16:
      return check_number<std::int16_t>(row, value);
    case int64:
      return check_number<std::int64_t>(row, value);
    case float64:
      return check_number<double>(row, value);
    case boolean:
      if (const auto text = log::trimmed(value); !is_word(text, "true") && !is_word(text, "false"))
        return wrong(value, "Expected value to be either true or false");
      if (!is_among(is_word(log::trimmed(value), "true") ? "true" : "false", row.allowed))
        return wrong(value, "It is not there");
      return std::nullopt;
    case list:
      if (log::trimmed(value).empty()) return std::nullopt;
      break;
    case string:
    case unknown:
      break;
  }
  if (row.allowed.empty() && row.type != list) return std::nullopt;
  for (std::string_view rest = value;;) {
    const auto comma = row.type == list ? rest.find(',') : std::string_view::npos;
    const std::string_view one = log::trimmed(rest.substr(0, comma));
    if (row.allowed.empty() && one.empty()) return wrong(value, "An item of a list is not empty");
    if (!row.allowed.empty() && !is_among(one, row.allowed)) {
      std::string names(row.allowed);
      for (std::size_t at = 0; (at = names.find(',', at)) != std::string::npos; at += 2) names.replace(at, 1, ", ");
      return wrong(one, "String must be one of: " + names);
    }
    if (comma == std::string_view::npos) return std::nullopt;
    rest = rest.substr(comma + 1);
  }
}

std::string canonical_value(config_type type, const std::string& value) {
  switch (type) {
    case boolean:
      return is_word(log::trimmed(value), "true") ? "true" : "false";
    case int16:
    case int32:
    case int64: {
      const auto number = log::parse_number<std::int64_t>(value);
      return number ? fmt::to_string(*number) : value;
    }
    case float64: {
      const auto number = log::parse_number<double>(value);
      if (!number) return value;
      std::string text = fmt::to_string(*number);
      return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
    }
    case list: {
      std::vector<std::string_view> items;  // each once
      for (std::string_view rest = value; !rest.empty();) {
        const auto comma = rest.find(',');
        if (const auto item = log::trimmed(rest.substr(0, comma)); std::ranges::count(items, item) == 0)
          items.push_back(item);
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      }
      return fmt::format("{}", fmt::join(items, ","));
    }
    case string:
    case unknown:
      break;
  }
  return value;
}

}  // namespace mes::bus
