// The console's request handling: health, metrics, the platform's interfaces below /api/, and the pages.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "console/guard.h"
#include "console/probe.h"
#include "console/routes.h"
#include "runtime/http_client.h"
#include "runtime/http_server.h"

namespace mes::console {

struct server_options {
  std::vector<upstream> routes;
  std::string allowed_hosts;
  bool public_views = false;
};

// All calls on the loop's thread. The parts it is made with outlive it.
class server {
 public:
  // `is_ready` is asked at /health/ready, `expose` at /metrics.
  server(server_options options, runtime::http_client& client, probe& counts, std::function<bool()> is_ready,
         std::function<std::string()> expose);

  // `home` is where "/" leads on this port: "" = the overview, else a path to go to ("/logs").
  void handle(runtime::http_request request, runtime::http_responder responder, const std::string& home);

 private:
  bool answer_own(const runtime::http_request& request, runtime::http_responder& responder);
  void pass_on(const upstream& route, runtime::http_request request, runtime::http_responder responder);

  std::vector<upstream> _routes;
  guard _guard;
  runtime::http_client& _client;
  probe& _counts;
  std::function<bool()> _is_ready;
  std::function<std::string()> _expose;
};

}  // namespace mes::console
