// The broker's HTTP side: health, metrics, and a read-only view of topics, groups and records for the console.
//
//   GET /health/live  /health/ready  /metrics
//   GET /topics [{"name","partitions":[{"partition","low","high"}],"size_bytes"}] GET
//   /topics/{name}/records?partition=0&from=0&limit=50
//   {"records":[{"offset","timestamp","key","value","headers"}],"low","high"} GET /groups
//   [{"name","state","members":[…],"lag":[…]}]
#pragma once

#include "bus/broker.h"
#include "runtime/http_server.h"
#include "runtime/process.h"

namespace mes::bus {

// Requests are answered from the broker's thread.
runtime::http_server::handler make_http_admin(broker& b, runtime::process& process);

}  // namespace mes::bus
