// Every port on which spans come in beside OTLP over HTTP: a table of them, opened together.
#pragma once

#include <memory>
#include <vector>

#include "runtime/grpc_server.h"
#include "runtime/http_server.h"
#include "runtime/process.h"
#include "telemetry/ingest/datagram_server.h"
#include "telemetry/ingest/probe.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

// Lives on the process' loop; the store outlives it.
class span_ports {
 public:
  span_ports(runtime::process& process, store& into, ingest_probe& probe)
      : _process(process), _store(into), _probe(probe) {}

  result<void> open();

 private:
  result<void> open_http(int port, runtime::http_server::handler handle);
  result<void> open_grpc(int port);
  result<void> open_udp(int port, bool compact);

  runtime::process& _process;
  store& _store;
  ingest_probe& _probe;
  std::vector<std::unique_ptr<runtime::http_server>> _http;
  std::vector<std::unique_ptr<runtime::grpc_server>> _grpc;
  std::vector<std::unique_ptr<datagram_server>> _udp;
};

}  // namespace mes::telemetry
