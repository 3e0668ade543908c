// From TCP to the store: lines are gathered for a moment, so that each write of the log carries many.
#pragma once

#include <memory>

#include "runtime/event_loop.h"
#include "telemetry/ingest/line_server.h"
#include "telemetry/ingest/log_rows.h"
#include "telemetry/ingest/probe.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

// Lives on one loop.
class log_receiver {
 public:
  static result<std::unique_ptr<log_receiver>> listen(runtime::event_loop& loop, line_server_options options,
                                                      store& into, ingest_probe& probe);
  std::uint16_t port() const { return _server->port(); }
  std::size_t connections() const { return _server->connections(); }
  void close();  // stores what was read

 private:
  log_receiver(runtime::event_loop& loop, store& into, ingest_probe& probe);
  bool after_read();
  void deliver();

  runtime::event_loop& _loop;
  store& _store;
  ingest_probe& _probe;
  log_rows _rows;
  std::unique_ptr<line_server> _server;
  std::shared_ptr<runtime::event_loop::timer> _due;
};

}  // namespace mes::telemetry
