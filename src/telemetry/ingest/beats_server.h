// Logstash's beats input: Filebeat, Metricbeat and Logstash's lumberjack output send here. What is acknowledged is on
// disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "runtime/event_loop.h"
#include "telemetry/ingest/probe.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

struct beats_server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::size_t connections_max = 256;
  std::chrono::milliseconds busy_period{5'000};  // how often a sender hears that its events are being stored
  std::chrono::milliseconds idle_timeout{60'000};
};

// Lives on one loop.
class beats_server {
 public:
  static result<std::unique_ptr<beats_server>> listen(runtime::event_loop& loop, beats_server_options options,
                                                      store& into, ingest_probe& probe);
  ~beats_server();

  std::uint16_t port() const;
  std::size_t connections() const;
  void close();

 private:
  struct state;
  explicit beats_server(std::shared_ptr<state> s) : _state(std::move(s)) {}
  std::shared_ptr<state> _state;
};

}  // namespace mes::telemetry
