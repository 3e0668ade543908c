// The data plane: listeners, connections and loops, behind a narrow interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/balancer/upstream_state.h"
#include "gateway/names/names.h"
#include "gateway/net/tls.h"
#include "gateway/observe/traffic_stats.h"
#include "gateway/proxy/generation.h"
#include "gateway/proxy/real_ip.h"
#include "observe/log.h"
#include "observe/trace.h"

namespace mes::gateway {

struct proxy_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8000;             // 0: any free one
  std::uint16_t tls_port = 8443;         // used if `tls` is set
  std::optional<certificate_files> tls;  // of the listener; a configuration's certificates come before it
  int threads = 2;
  std::size_t header_bytes_max = 32 << 10;
  std::uint64_t body_bytes_max = 16 << 20;
  std::size_t connections_max = 16'384;  // a thread
  // Kept connections, by thread and address; as Kong's upstream_keepalive_pool_size.
  std::size_t idle_upstreams_max = 512;
  std::int64_t header_timeout_ms = 10'000;
  std::int64_t body_timeout_ms = 60'000;  // between two reads of a request's body, or two writes of a response's
  std::int64_t idle_timeout_ms = 75'000;
  std::uint64_t body_rate_min = 50;           // bytes a second of a request's body; 0: any
  std::int64_t body_rate_period_ms = 30'000;  // so long on end may it bring fewer
  real_ip_options real_ip;
  bool access_log = true;
  bool allow_debug_header = false;  // whether "Kong-Debug: 1" has the answer name route and service
  bool tracing = true;              // spans, traceparent to the service
};

// What the proxy uses of its process; outlives it.
struct proxy_parts {
  name_directory& names;
  const observe::logger& log;
  observe::span_sink* spans = nullptr;    // nullptr: none are made
  const staple_store* staples = nullptr;  // what is shown of OCSP; nullptr: nothing
};

class proxy {
 public:
  // Listens at once and answers 503 until the first generation is there. The error of a taken port names it.
  static result<std::unique_ptr<proxy>> start(proxy_options options, proxy_parts parts,
                                              std::shared_ptr<const generation> first);
  ~proxy();

  void use(std::shared_ptr<const generation> next);  // for new requests; thread-safe
  // Listens where `next` says, with its certificate and its limits, from now on; connections that are there stay, and
  // `threads` stays as it is. All or nothing. Not while another call of it runs.
  result<void> use(const proxy_options& next);
  // Takes no new connections, lets running requests end for at most `grace`, then closes all. Blocks.
  void stop(std::chrono::milliseconds grace);

  std::uint16_t port() const;
  std::uint16_t tls_port() const;  // 0: none
  std::string expose_stats() const;
  struct status {
    std::uint64_t accepted = 0, active = 0, requests = 0;
  };
  status current() const;

  // How the targets of all upstreams stand, for the Admin API and the metric. Thread-safe.
  const upstream_registry& upstreams() const;

 private:
  struct state;
  explicit proxy(std::unique_ptr<state> s);
  std::unique_ptr<state> _state;
};

}  // namespace mes::gateway
