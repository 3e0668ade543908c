#include "runtime/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace mes::runtime {
namespace {

using unit = std::pair<std::string_view, std::int64_t>;

constexpr std::array<unit, 6> duration_units = {
    {{"", 1}, {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<unit, 7> size_units = {
    {{"", 1}, {"K", 1 << 10}, {"KiB", 1 << 10}, {"M", 1 << 20}, {"MiB", 1 << 20}, {"G", 1 << 30}, {"GiB", 1 << 30}}};
constexpr std::array<unit, 1> no_units = {{{"", 1}}};

template <std::size_t N>
std::optional<std::int64_t> parse_number(std::string_view text, const std::array<unit, N>& units) {
  std::int64_t number = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc()) return std::nullopt;
  std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : units) {
    std::int64_t product = 0;
    if (name == suffix) return __builtin_mul_overflow(number, factor, &product) ? std::nullopt : std::optional(product);
  }
  return std::nullopt;
}

std::optional<bool> parse_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 4> yes = {"true", "yes", "on", "1"}, no = {"false", "no", "off", "0"};
  if (std::ranges::find(yes, text) != yes.end()) return true;
  if (std::ranges::find(no, text) != no.end()) return false;
  return std::nullopt;
}

std::string_view expectation(setting_type type) {
  switch (type) {
    case setting_type::integer:
      return "a whole number";
    case setting_type::boolean:
      return "true or false";
    case setting_type::duration_ms:
      return "a duration such as 500ms, 30s, 5m";
    case setting_type::size_bytes:
      return "a size such as 4096, 64K, 1MiB";
    case setting_type::text:
      break;
  }
  return "text";
}

// Who writes a retention of 7 means days, and would keep 7 ms. A name that ends in _ms says what is counted.
bool lacks_unit(const setting& row, std::string_view text) {
  return row.type == setting_type::duration_ms && !row.name.ends_with("_ms") &&
         parse_number(text, no_units).value_or(0) > 0;
}

// The canonical text, or what is wrong.
std::expected<std::string, std::string> canonical(const setting& row, const std::string& text) {
  if (row.type == setting_type::text) return text;
  if (row.type == setting_type::boolean) {
    if (auto flag = parse_boolean(text)) return *flag ? "true" : "false";
    return std::unexpected(fmt::format("\"{}\" is not {}", text, expectation(row.type)));
  }
  if (lacks_unit(row, text)) return std::unexpected(fmt::format("\"{0}\" has no unit: {0}ms, {0}s, {0}m, {0}d", text));
  auto number = row.type == setting_type::duration_ms  ? parse_number(text, duration_units)
                : row.type == setting_type::size_bytes ? parse_number(text, size_units)
                                                       : parse_number(text, no_units);
  if (!number) return std::unexpected(fmt::format("\"{}\" is not {}", text, expectation(row.type)));
  if (*number < row.min || *number > row.max)
    return std::unexpected(row.max == INT64_MAX ? fmt::format("{} is below {}", text, row.min)
                                                : fmt::format("{} is not within {} and {}", text, row.min, row.max));
  return std::to_string(*number);
}

const setting* find_row(const std::vector<setting>& table, std::string_view name) {
  auto row = std::ranges::find(table, name, &setting::name);
  return row == table.end() ? nullptr : &*row;
}

std::string known_names(const std::vector<setting>& table) {
  std::string names;
  for (const setting& row : table) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

}  // namespace

result<config> config::resolve(const std::vector<setting>& table, const std::map<std::string, std::string>& given) {
  config resolved;
  std::vector<field_error> wrong;
  for (const auto& [name, text] : given)
    if (!find_row(table, name)) wrong.push_back({"/" + name, "no such setting; there are " + known_names(table)});
  for (const setting& row : table) {
    auto it = given.find(std::string(row.name));
    auto value = canonical(row, it == given.end() ? std::string(row.default_value) : it->second);
    if (value)
      resolved._values.insert_or_assign(std::string(row.name), *std::move(value));
    else
      wrong.push_back({"/" + std::string(row.name), value.error()});
  }
  if (wrong.empty()) return resolved;
  std::string message;
  for (const field_error& e : wrong) message += (message.empty() ? "" : "\n") + e.path.substr(1) + ": " + e.message;
  return fail(error(error_code::invalid_argument, std::move(message), std::move(wrong)));
}

error wrong_setting(std::string_view name, std::string_view what) {
  return {
      error_code::invalid_argument, fmt::format("{}: {}", name, what), {{fmt::format("/{}", name), std::string(what)}}};
}

const std::string& config::text(std::string_view name) const {
  auto it = _values.find(name);
  if (it == _values.end()) throw std::logic_error("no setting is named " + std::string(name));
  return it->second;
}

std::int64_t config::integer(std::string_view name) const {
  const std::string& value = text(name);
  std::int64_t number = 0;
  auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (ec != std::errc() || end != value.data() + value.size())
    throw std::logic_error("the setting " + std::string(name) + " is no number");
  return number;
}

bool config::flag(std::string_view name) const {
  const std::string& value = text(name);
  if (value != "true" && value != "false")
    throw std::logic_error("the setting " + std::string(name) + " is no boolean");
  return value == "true";
}

std::chrono::milliseconds config::duration(std::string_view name) const {
  return std::chrono::milliseconds(integer(name));
}

const std::vector<setting>& common_settings() {
  using enum setting_type;
  static const std::vector<setting> table = {
      {"data", text, "./var", "Folder of everything that is written, one folder a role."},
      {"port_offset", integer, "0", "Added to every port, so that several platforms can live side by side.", 0,
       port_offset_max},
      {"bind", text, "127.0.0.1", "Address to listen on."},
      {"bus", text, "", "Kafka bootstrap address, host:port; empty: 127.0.0.1:9092 with the port offset."},
      {"redis", text, "", "Redis, host:port; empty: 127.0.0.1:6379 with the port offset."},
      {"otlp", text, "",
       "Where spans go, OTLP over HTTP; empty: http://127.0.0.1:4318 with the port offset; none: nowhere."},
      {"log_host", text, "127.0.0.1", "Host that takes log lines over TCP; empty: lines go to standard output alone."},
      {"log_port", integer, "0", "Port that takes log lines over TCP; 0: 5000 with the port offset.", 0, 65'535},
      {"log_level", text, "info", "Least level that is logged: debug, info, warn or error."},
      {"service_host", text, "loopback",
       "Where services are: loopback (this machine) or dns (NAME-service, as in Kubernetes)."},
  };
  return table;
}

}  // namespace mes::runtime
