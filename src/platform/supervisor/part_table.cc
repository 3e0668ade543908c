#include "platform/supervisor/part_table.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "platform/supervisor/child.h"

namespace mes::platform {
namespace {

using kind = readiness::kind;

struct row {
  std::string_view name;
  std::vector<std::uint16_t> ports;
  std::uint16_t ready_port;
  kind ready_by;
  std::string_view ready_path;
  std::vector<std::string> needs;
  bool waits = false;
};

constexpr std::string_view health = "/health/ready";

// Roles start at once and retry what they need; `needs` orders the stop. Who only makes sense afterwards waits.
const std::vector<row>& table() {
  static const std::vector<std::string> engines = {"bus", "redis", "telemetry"};
  static const std::vector<std::string> service_needs = {"bus", "redis", "telemetry", "auth"};
  static const std::vector<std::string> services = {"auth",         "work-order", "quality",   "material",
                                                    "traceability", "resource",   "reporting", "integration"};
  static const std::vector<row> rows = {
      {"bus", {9092, 9644}, 9644, kind::http, health, {"telemetry"}},
      {"redis", {6379}, 6379, kind::redis, "", {}},
      {"telemetry",
       {5000, 5044, 9200, 16686, 4317, 4318, 14250, 14268, 9411, 5778, 14269},
       14269,
       kind::http,
       health,
       {}},
      {"auth", {3008}, 3008, kind::http, health, engines},
      {"work-order", {3009}, 3009, kind::http, health, service_needs},
      {"quality", {3010}, 3010, kind::http, health, service_needs},
      {"material", {3011}, 3011, kind::http, health, service_needs},
      {"traceability", {3012}, 3012, kind::http, health, service_needs},
      {"resource", {3013}, 3013, kind::http, health, service_needs},
      {"reporting", {3014}, 3014, kind::http, health, service_needs},
      {"integration", {3015}, 3015, kind::http, health, service_needs},
      {"gateway", {8000, 8443, 8001}, 8001, kind::http, health, services},
      {"console", {3000, 5601, 8080}, 3000, kind::http, health, {"telemetry", "gateway", "prometheus"}},
      {"prometheus", {9090}, 9090, kind::http, "/-/ready", {}},
      {"simulate", {}, 0, kind::none, "", {"gateway", "auth", "work-order", "resource", "material", "bus"}, true},
  };
  return rows;
}

bool is_ours(std::string_view name) { return name != "redis" && name != "prometheus"; }

result<std::string> program(std::string_view part_name, const std::string& name) {
  std::string path = find_program(name);
  if (!path.empty()) return path;
  return fail(error_code::not_found,
              fmt::format("{} is not installed: ./dev up installs it (or: apt-get install {}); --only leaves {} out",
                          name, name, part_name));
}

result<std::vector<std::string>> redis_command(const layout& of, std::uint16_t port) {
  auto path = program("redis", "redis-server");
  if (!path) return fail(path.error());
  const std::string dir = (of.data / "redis").string();
  return std::vector<std::string>{
      *path, dir + "/redis.conf", "--port", std::to_string(port), "--bind", "127.0.0.1", "--dir",
      dir,   "--daemonize",       "no",     "--protected-mode",   "yes"};
}

result<std::vector<std::string>> prometheus_command(const layout& of, std::uint16_t port) {
  auto path = program("prometheus", "prometheus");
  if (!path) return fail(path.error());
  const std::string dir = (of.data / "prometheus").string();
  return std::vector<std::string>{*path,
                                  "--config.file=" + dir + "/prometheus.yml",
                                  "--storage.tsdb.path=" + dir,
                                  "--storage.tsdb.retention.time=7d",
                                  "--storage.tsdb.wal-compression",
                                  fmt::format("--web.listen-address=127.0.0.1:{}", port),
                                  "--web.max-connections=64",
                                  "--query.max-concurrency=4",
                                  "--log.format=json"};
}

result<std::vector<std::string>> command(const layout& of, const row& r, std::uint16_t first_port) {
  if (r.name == "redis") return redis_command(of, first_port);
  if (r.name == "prometheus") return prometheus_command(of, first_port);
  std::vector<std::string> argv = {of.self,          std::string(r.name), "--data",
                                   of.data.string(), "--port-offset",     std::to_string(of.port_offset)};
  if (!of.config_file.empty()) argv.insert(argv.end(), {"--config", of.config_file});
  return argv;
}

result<part> make_part(const layout& of, const row& r) {
  part p{.name = std::string(r.name), .needs = r.needs, .waits = r.waits};
  for (const std::uint16_t port : r.ports) {
    const int moved = port + of.port_offset;
    if (moved < 1 || moved > 65535)
      return fail(error_code::invalid_argument, fmt::format("--port-offset {} moves {} of {} to {}, which is no port",
                                                            of.port_offset, port, r.name, moved));
    p.ports.push_back(static_cast<std::uint16_t>(moved));
  }
  p.ready = {.by = r.ready_by,
             .port = static_cast<std::uint16_t>(r.ready_port + of.port_offset),
             .path = std::string(r.ready_path)};
  auto argv = command(of, r, p.ports.empty() ? 0 : p.ports.front());
  if (!argv) return fail(argv.error());
  p.argv = std::move(*argv);
  // Go's collector would take as much as it likes; the scrape of a few roles needs little.
  if (r.name == "prometheus") p.env = {{"GOMEMLIMIT", "32MiB"}, {"GOGC", "25"}, {"GOMAXPROCS", "1"}};
  // glibc would keep an arena of its own for each thread. What is misspelled was told when this command started.
  if (is_ours(r.name))
    p.env = {{"MALLOC_ARENA_MAX", "1"}, {"MALLOC_TRIM_THRESHOLD_", "131072"}, {environment_is_checked, "true"}};
  return p;
}

}  // namespace

result<std::vector<part>> make_parts(const layout& of) {
  const auto plays = [&](const row& r) {
    return !is_ours(r.name) || std::ranges::find(of.role_names, r.name) != of.role_names.end();
  };
  for (const std::string& name : of.only) {
    if (std::ranges::any_of(table(), [&](const row& r) { return r.name == name && plays(r); })) continue;
    std::vector<std::string_view> names;
    for (const row& r : table())
      if (plays(r)) names.push_back(r.name);
    return fail(error_code::invalid_argument,
                fmt::format("--only {}: there is no such role; there are {}", name, fmt::join(names, ", ")));
  }
  std::vector<part> parts;
  for (const row& r : table()) {
    const bool named = std::ranges::find(of.only, r.name) != of.only.end();
    if (!plays(r) || (!of.only.empty() && !named) || (of.empty && r.name == "simulate")) continue;
    auto p = make_part(of, r);
    if (!p) return fail(p.error());
    parts.push_back(std::move(*p));
  }
  return parts;
}

std::vector<std::pair<std::string, std::string>> addresses(std::span<const part> parts, int port_offset) {
  struct address {
    std::string_view part, what, scheme;
    int port;
    std::string_view path;
  };
  static constexpr address all[] = {
      {"console", "console", "http", 3000, "/"},       {"console", "logs", "http", 5601, "/"},
      {"console", "bus", "http", 8080, "/"},           {"telemetry", "traces", "http", 16686, "/"},
      {"gateway", "gateway", "http", 8000, ""},        {"gateway", "gateway-tls", "https", 8443, ""},
      {"gateway", "gateway-admin", "http", 8001, ""},  {"telemetry", "log-search", "http", 9200, ""},
      {"prometheus", "prometheus", "http", 9090, "/"},
  };
  std::vector<std::pair<std::string, std::string>> found;
  for (const address& a : all)
    if (std::ranges::find(parts, a.part, &part::name) != parts.end())
      found.emplace_back(a.what, fmt::format("{}://127.0.0.1:{}{}", a.scheme, a.port + port_offset, a.path));
  return found;
}

std::vector<part_row> part_rows() {
  std::vector<part_row> rows;
  for (const row& r : table()) rows.push_back({r.name, r.ports});
  return rows;
}

}  // namespace mes::platform
