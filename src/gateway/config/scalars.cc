#include "gateway/config/scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace mes::gateway {
namespace {

using wire::yaml_node;
using kind = yaml_node::kind;

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789", digits_and_gaps = "0123456789_";

double digits_to_number(std::string_view text, int base) {
  double value = 0;
  for (char c : text) {
    if (c == '_') continue;
    int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value * base + digit;
  }
  return value;
}

// "1:30" is 90, "1:30:00.5" is 5400.5
std::optional<double> sexagesimal(std::string_view text) {
  std::size_t dot = text.find('.');
  std::string_view whole = text.substr(0, dot);
  std::size_t colon = whole.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == whole.size() ||
      !consists_of(whole, "0123456789:") || !consists_of(whole.substr(0, colon), digits))
    return std::nullopt;
  std::string_view rest = whole.substr(colon + 1);
  // lyaml wants one or two digits of at most 59 after the first colon only; what follows may be longer.
  if (rest.front() == ':' || (rest.size() > 1 && rest[1] != ':' && rest.front() > '5')) return std::nullopt;
  double value = 0;
  for (std::string_view left = whole; !left.empty();) {
    std::size_t end = left.find(':');
    std::string_view part = left.substr(0, end);
    if (!part.empty()) value = value * 60 + digits_to_number(part, 10);
    left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
  }
  if (dot == std::string_view::npos) return value;
  std::string_view fraction = text.substr(dot + 1);
  if (!consists_of(fraction, digits)) return std::nullopt;
  return value + digits_to_number(fraction, 10) / std::pow(10.0, static_cast<double>(fraction.size()));
}

std::optional<double> floating(std::string_view text) {
  std::string plain;
  for (char c : text)
    if (c != '_') plain += c;
  if (plain.empty() || plain.find_first_of(".eE") == std::string::npos ||
      plain.find_first_not_of("0123456789.eE+-") != std::string::npos)
    return std::nullopt;
  double value = 0;
  const char* end = plain.data() + plain.size();
  auto [stop, failure] = std::from_chars(plain.data(), end, value);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<double> unsigned_number(std::string_view text) {
  if (one_of(text, {".inf", ".Inf", ".INF"})) return std::numeric_limits<double>::infinity();
  if (text.starts_with("0x") && consists_of(text.substr(2), "0123456789abcdefABCDEF_"))
    return digits_to_number(text.substr(2), 16);
  if (text.starts_with("0b") && consists_of(text.substr(2), "01_")) return digits_to_number(text.substr(2), 2);
  if (text.size() > 1 && text.front() == '0' && consists_of(text.substr(1), "01234567_"))
    return digits_to_number(text.substr(1), 8);
  if (consists_of(text, digits_and_gaps) && text.find_first_of(digits) != std::string_view::npos)
    return digits_to_number(text, 10);
  if (auto value = floating(text)) return value;
  return sexagesimal(text);
}

}  // namespace

std::optional<bool> as_boolean(const yaml_node& node) {
  if (node.type != kind::scalar || node.quoted) return std::nullopt;
  if (one_of(node.scalar, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (one_of(node.scalar, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  return std::nullopt;
}

std::optional<double> as_number(const yaml_node& node) {
  if (node.type != kind::scalar || node.quoted || node.scalar.empty()) return std::nullopt;
  std::string_view text = node.scalar;
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
  auto value = unsigned_number(text);
  if (value && negative) *value = -*value;
  return value;
}

std::string describe(const yaml_node& node) {
  switch (node.type) {
    case kind::null:
      return "nothing";
    case kind::sequence:
      return "a list";
    case kind::mapping:
      return "a mapping";
    case kind::scalar:
      break;
  }
  if (as_boolean(node)) return fmt::format("the boolean {}", node.scalar);
  if (auto number = as_number(node)) {
    if (node.scalar.find(':') != std::string::npos)
      return fmt::format("the number {} (YAML reads {} to the base 60; write '{}')", *number, node.scalar, node.scalar);
    return fmt::format("the number {}", node.scalar);
  }
  return fmt::format("'{}'", node.scalar);
}

bool is_bare(const yaml_node& node) {
  return (node.type == kind::sequence && node.items.empty()) || (node.type == kind::mapping && node.members.empty());
}

boost::json::value number_value(double value) {
  bool whole = std::floor(value) == value && std::abs(value) < 9e15;
  return whole ? boost::json::value(static_cast<std::int64_t>(value)) : boost::json::value(value);
}

boost::json::value plain_value(const wire::yaml_node& node) {
  if (node.type == wire::yaml_node::kind::sequence) {
    boost::json::array list;
    for (const wire::yaml_node& item : node.items) list.push_back(plain_value(item));
    return list;
  }
  if (node.type == wire::yaml_node::kind::mapping) {
    boost::json::object object;
    for (const auto& [key, value] : node.members) object[key.scalar] = plain_value(value);
    return object;
  }
  if (node.is_null()) return nullptr;
  if (auto flag = as_boolean(node)) return *flag;
  if (auto number = as_number(node); number && std::isfinite(*number)) return number_value(*number);
  return boost::json::value(node.scalar);
}

}  // namespace mes::gateway
