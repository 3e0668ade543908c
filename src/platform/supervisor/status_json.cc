#include "platform/supervisor/status_json.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>

namespace mes::platform {

namespace json = boost::json;

std::string to_json(const platform_status& status) {
  json::array roles;
  for (const platform_status::role& r : status.roles) {
    json::array ports;
    for (const std::uint16_t port : r.ports) ports.push_back(port);
    roles.push_back(json::object{{"name", r.name},
                                 {"pid", r.pid},
                                 {"state", name_of(r.state)},
                                 {"ports", std::move(ports)},
                                 {"start_ms", r.start_ms >= 0 ? json::value(r.start_ms) : json::value(nullptr)},
                                 {"restarts", r.restarts},
                                 {"pss_kb", r.pss_kb},
                                 {"last_exit", r.last_exit}});
  }
  json::object urls;
  for (const auto& [name, url] : status.urls) urls[name] = url;
  return json::serialize(json::object{{"roles", std::move(roles)},
                                      {"ready", status.ready},
                                      {"data", status.data},
                                      {"admin_password_file", status.admin_password_file},
                                      {"urls", std::move(urls)}});
}

std::string to_table(const platform_status& status) {
  std::string out =
      fmt::format("{:<14} {:<12} {:>6} {:>9} {:>8}  {}\n", "role", "state", "ms", "PSS MiB", "restarts", "ports");
  long pss = 0;
  for (const platform_status::role& r : status.roles) {
    pss += r.pss_kb;
    out += fmt::format("{:<14} {:<12} {:>6} {:>9.1f} {:>8}  {}\n", r.name, name_of(r.state),
                       r.start_ms >= 0 ? std::to_string(r.start_ms) : "-", static_cast<double>(r.pss_kb) / 1024,
                       r.restarts, fmt::join(r.ports, " "));
  }
  out += fmt::format("{:<14} {:<12} {:>6} {:>9.1f}\n", "all", status.ready ? "ready" : "not ready", "",
                     static_cast<double>(pss) / 1024);
  out += "\n";
  for (const auto& [name, url] : status.urls) out += fmt::format("{:<14} {}\n", name, url);
  out += fmt::format("{:<14} {}\n", "data", status.data);
  out += fmt::format("{:<14} admin, password in {}\n", "user", status.admin_password_file);
  return out;
}

namespace {

part_state parse_state(std::string_view text) {
  for (const part_state s : {part_state::waiting, part_state::starting, part_state::ready, part_state::backing_off,
                             part_state::stopping, part_state::stopped})
    if (name_of(s) == text) return s;
  throw std::invalid_argument(fmt::format("unknown state {}", text));
}

platform_status::role parse_role(const json::object& from) {
  platform_status::role r;
  r.name = json::value_to<std::string>(from.at("name"));
  r.pid = json::value_to<int>(from.at("pid"));
  r.state = parse_state(json::value_to<std::string>(from.at("state")));
  for (const json::value& port : from.at("ports").as_array()) r.ports.push_back(port.to_number<std::uint16_t>());
  if (!from.at("start_ms").is_null()) r.start_ms = from.at("start_ms").to_number<std::int64_t>();
  r.restarts = json::value_to<int>(from.at("restarts"));
  r.pss_kb = from.at("pss_kb").to_number<long>();
  r.last_exit = json::value_to<std::string>(from.at("last_exit"));
  return r;
}

}  // namespace

result<platform_status> parse_status(std::string_view text) {
  try {
    const json::value whole = json::parse(json::string_view(text.data(), text.size()));
    const json::object& from = whole.as_object();
    platform_status status;
    for (const json::value& role : from.at("roles").as_array()) status.roles.push_back(parse_role(role.as_object()));
    status.ready = from.at("ready").as_bool();
    status.data = json::value_to<std::string>(from.at("data"));
    status.admin_password_file = json::value_to<std::string>(from.at("admin_password_file"));
    for (const auto& [name, url] : from.at("urls").as_object())
      status.urls.emplace_back(name, json::value_to<std::string>(url));
    return status;
  } catch (const std::exception& e) {  // Boost.JSON throws on what is not there or of another kind
    return fail(error_code::corrupt, fmt::format("the supervisor's answer is not understood: {}", e.what()));
  }
}

}  // namespace mes::platform
