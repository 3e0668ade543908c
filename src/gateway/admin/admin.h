// The admin port: Kong's Admin API on the gateway's configuration, /config, /status, /metrics, and health.
//
// admin.cc has the table of what stands alone; entity_api.h makes the endpoints of entities from their table.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/admin/entity_store.h"
#include "gateway/admin/entity_writes.h"
#include "gateway/admin/refusal.h"
#include "gateway/balancer/upstream_state.h"
#include "gateway/proxy/proxy.h"
#include "runtime/http.h"
#include "runtime/http_server.h"

namespace mes::gateway {

class log_level;
class response_cache;

struct node_status {
  proxy::status traffic;
  std::size_t cache_bytes = 0, cache_bytes_max = 0, resident_bytes = 0;
  std::string configuration_hash;
};

// What the admin port asks the gateway for. All are called on the process' loop.
struct admin_view {
  entity_store& store;
  entity_writes& writes;
  response_cache& cache;
  log_level& level;
  std::function<std::uint64_t()> generation;
  std::function<std::string()> metrics;  // Prometheus' text format
  std::function<node_status()> status;
  std::function<bool()> ready;
  std::function<const upstream_registry*()> upstreams;
  std::function<void(const result<void>&)> posted;  // what became of a POST /config
};

void answer_admin(const admin_view& view, runtime::http_request request, runtime::http_responder responder);

// The path's parts, each decoded: "/services/a%2Fb" has "services" and "a/b".
std::vector<std::string> segments_of(std::string_view target);

runtime::http_response reply(int status, const boost::json::value& body);
runtime::http_response reply(const refusal& refused);
runtime::http_response options_answer(std::string_view allowed);

}  // namespace mes::gateway
