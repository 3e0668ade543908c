// The data plane: listeners, connections and loops, behind a narrow interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "gateway/balancer/upstream_state.h"
#include "gateway/proxy/generation.h"
#include "gateway/proxy/proxy_options.h"

namespace mes::gateway {

class proxy {
 public:
  // The error of a taken port names it.
  static result<std::unique_ptr<proxy>> start(proxy_options options, proxy_parts parts,
                                              std::shared_ptr<const generation> first);
  ~proxy();

  void use(std::shared_ptr<const generation> next);  // for new requests; thread-safe
  // Listens where `next` says, with its certificate and its limits, from now on; connections that are there stay, and
  // `threads` stays as it is. All or nothing. Not while another call of it runs.
  result<void> use(const proxy_options& next);
  // Takes no new connections, lets running requests end and clients take their answers for at most `grace`, then
  // closes all. Blocks.
  void stop(std::chrono::milliseconds grace);

  std::uint16_t port() const;
  std::uint16_t tls_port() const;  // 0: none
  std::string expose_stats() const;
  struct status {
    std::uint64_t accepted = 0, active = 0, requests = 0;
    std::uint64_t reading = 0, waiting = 0, writing = 0;  // clients, as activity says
  };
  status current() const;
  std::uint64_t take_most_active();  // connections of clients at once, at most, since it was taken

  // How the targets of all upstreams stand, for the Admin API and the metric. Thread-safe.
  const upstream_registry& upstreams() const;

 private:
  struct state;
  explicit proxy(std::unique_ptr<state> s);
  std::unique_ptr<state> _state;
};

}  // namespace mes::gateway
