#include "gateway/admin/node_api.h"

#include <fmt/format.h>
#include <luajit.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>
#include <cmath>
#include <expected>
#include <optional>
#include <set>

#include "gateway/admin/log_level.h"
#include "gateway/plugins/node.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using runtime::http_request;
using runtime::http_response;
using segments = std::vector<std::string>;

constexpr std::string_view kong_version = "3.4.2";  // that we are like
constexpr int scale_max = 15;                       // digits of a double
constexpr std::int64_t level_s = 60, level_s_max = 86'400;

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Bytes as kong/tools/utils.lua writes them (bytes_to_str).
struct byte_unit {
  double size = 1 << 20;
  std::string_view name = "MiB";  // "": bytes, as a number
  int scale = 2;

  json::value of(std::size_t bytes) const {
    if (name.empty()) return bytes;
    return json::string(fmt::format("{:.{}f} {}", static_cast<double>(bytes) / size, scale, name));
  }
};

std::expected<byte_unit, refusal> unit_in(const http_request& request) {
  byte_unit unit;
  if (const std::string_view asked = request.query_value("unit"); !asked.empty()) {
    constexpr std::string_view letters = "bkmg";
    static constexpr byte_unit units[] = {{1, ""}, {1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}};
    const std::size_t which = asked.size() == 1 ? letters.find(static_cast<char>(asked[0] | 0x20)) : letters.npos;
    if (which == letters.npos)
      return std::unexpected(plain(400, fmt::format("invalid unit '{}' (expected 'k/K', 'm/M', or 'g/G')", asked)));
    unit = units[which];
  }
  if (const std::string_view asked = request.query_value("scale"); !asked.empty() && !unit.name.empty()) {
    auto scale = number_in(asked);
    if (scale && *scale < 0) return std::unexpected(plain(400, "scale must be equal or greater than 0"));
    if (scale) unit.scale = static_cast<int>(std::min<double>(*scale, scale_max));  // else Kong's default
  }
  return unit;
}

}  // namespace

http_response show_information(const admin_view& view, const http_request&, const segments&) {
  json::object available;
  for (const plugin_kind& kind : all_plugins())
    available[kind.name] = {{"version", kong_version}, {"priority", kind.priority}};
  std::set<std::string> used;
  for (const plugin_entry& p : view.store.config().plugins) used.insert(p.name);
  return reply(200, json::object{
                        {"version", kong_version},
                        {"tagline", "mes gateway, a drop-in for Kong 3.4"},
                        {"edition", "community"},
                        {"hostname", host_name()},
                        {"node_id", node_id()},
                        {"lua_version", LUAJIT_VERSION},
                        {"pids", {{"master", getpid()}, {"workers", json::array{getpid()}}}},
                        {"configuration",
                         {{"database", view.store.writable() ? "embedded" : "off"},
                          {"router_flavor", "traditional_compatible"},
                          {"log_level", name_of(view.level.now())}}},
                        {"generation", view.generation()},
                        {"plugins",
                         {{"available_on_server", std::move(available)},
                          {"enabled_in_cluster", json::array(used.begin(), used.end())}}},
                    });
}

http_response show_status(const admin_view& view, const http_request& request, const segments&) {
  const auto unit = unit_in(request);
  if (!unit) return reply(unit.error());
  const node_status s = view.status();
  return reply(
      200, json::object{
               {"server",
                {{"connections_accepted", s.traffic.accepted},
                 {"connections_handled", s.traffic.accepted},
                 {"connections_active", s.traffic.active},
                 {"connections_reading", s.traffic.reading},
                 {"connections_writing", s.traffic.writing},
                 {"connections_waiting", s.traffic.waiting},
                 {"total_requests", s.traffic.requests}}},
               {"memory",
                {{"lua_shared_dicts",
                  {{"kong_db_cache",
                    {{"allocated_slabs", unit->of(s.cache_bytes)}, {"capacity", unit->of(s.cache_bytes_max)}}}}},
                 {"workers_lua_vms",
                  json::array{json::object{{"http_allocated_gc", unit->of(s.resident_bytes)}, {"pid", getpid()}}}}}},
               {"database", {{"reachable", true}}},
               {"configuration_hash", s.configuration_hash},
               {"generation", view.generation()}});
}

http_response show_log_level(const admin_view& view, const http_request&, const segments&) {
  return reply(plain(200, fmt::format("log level: {}", name_of(view.level.now()))));
}

http_response set_log_level(const admin_view& view, const http_request& request, const segments& path) {
  if (!view.store.writable()) return reply(plain(405, "cannot change log level when not using a database"));
  const auto level = observe::parse_level(path.back());
  if (!level) return reply(plain(400, fmt::format("unknown log level: {}", path.back())));
  const double asked_s = std::ceil(number_in(request.query_value("timeout")).value_or(level_s));
  if (asked_s < 0) return reply(plain(400, "timeout must be greater than or equal to 0"));
  if (*level == view.level.now()) return reply(plain(200, fmt::format("log level is already {}", path.back())));
  view.level.set(*level, std::chrono::seconds(static_cast<std::int64_t>(std::min<double>(asked_s, level_s_max))));
  return reply(plain(200, "log level changed"));
}

}  // namespace mes::gateway
