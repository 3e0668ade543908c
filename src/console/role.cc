#include "console/role.h"

#include <fmt/core.h>

#include <array>
#include <chrono>

#include "console/server.h"

namespace mes::console {
namespace {

using runtime::setting;
using runtime::setting_type;

const std::vector<setting>& settings() {
  static const std::vector<setting> table = {
      {"allowed_hosts", setting_type::text, "",
       "Names by which browsers may call the console, comma-separated, beside localhost and loopback addresses."},
      {"public_views", setting_type::boolean, "false",
       "Whether others than this machine may see roles, logs, traces, metrics and the bus without a token."},
      {"gateway_url", setting_type::text, "", "The gateway; empty: http://127.0.0.1:8000 with the port offset."},
      {"prometheus_url", setting_type::text, "", "Prometheus; empty: http://127.0.0.1:9090 with the port offset."},
      {"search_url", setting_type::text, "",
       "The log search (Elasticsearch's interface); empty: http://127.0.0.1:9200 with the port offset."},
      {"traces_url", setting_type::text, "",
       "The trace search (Jaeger's interface); empty: http://127.0.0.1:16686 with the port offset."},
      {"bus_admin_url", setting_type::text, "",
       "The bus' admin interface; empty: http://127.0.0.1:9644 with the port offset."},
  };
  return table;
}

// One page port: where "/" leads there.
struct door {
  int port;
  std::string home;
};

upstream_addresses addresses_of(const runtime::process& process) {
  const auto address = [&](std::string_view name, int port) {
    const std::string& given = process.settings().text(name);
    return given.empty() ? fmt::format("http://127.0.0.1:{}", process.port(port)) : given;
  };
  const std::filesystem::path socket = process.data_root() / "run" / "mes.sock";
  return {.gateway = address("gateway_url", 8000),
          .prometheus = address("prometheus_url", 9090),
          .search = address("search_url", 9200),
          .traces = address("traces_url", 16686),
          .bus = address("bus_admin_url", 9644),
          .control_socket = std::filesystem::absolute(socket).string()};
}

int run(runtime::process& process) {
  runtime::http_client client(process.loop());
  probe counts(process.metrics());
  server pages(
      {.routes = make_routes(addresses_of(process)),
       .allowed_hosts = process.settings().text("allowed_hosts"),
       .public_views = process.settings().flag("public_views")},
      client, counts, [&process] { return process.is_ready(); }, [&process] { return process.metrics().expose(); });

  const std::array<door, 3> doors = {{{3000, ""}, {5601, "/logs"}, {8080, "/bus"}}};
  std::vector<std::unique_ptr<runtime::http_server>> servers;
  for (const door& one : doors) {
    auto listening = runtime::http_server::listen(
        process.loop(),
        {.address = process.settings().text("bind"),
         .port = static_cast<std::uint16_t>(process.port(one.port)),
         .body_bytes_max = 8 << 20,
         .connections_max = 512},
        [&pages, home = one.home](runtime::http_request request, runtime::http_responder responder) {
          pages.handle(std::move(request), std::move(responder), home);
        });
    if (!listening) {
      process.log().error(listening.error().message);
      return 1;
    }
    servers.push_back(std::move(*listening));
  }
  for (auto& one : servers)
    process.on_stop_async([&one](std::function<void()> done) { one->stop(std::chrono::seconds(2), std::move(done)); });
  process.ready();
  return process.run();
}

}  // namespace

const runtime::role_definition& role() {
  static const runtime::role_definition definition = {
      "console", "pages for the platform: overview, production, logs, traces, bus", &settings, &run};
  return definition;
}

}  // namespace mes::console
