// What the proxy is told: the settings of its listeners and connections, and what it uses of its process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "gateway/names/names.h"
#include "gateway/net/tls.h"
#include "gateway/observe/instrumentations.h"
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
  bool batched_sends = true;  // by io_uring, where it may be used
  std::size_t header_bytes_max = 32 << 10;
  std::uint64_t body_bytes_max = 16 << 20;
  std::size_t held_bytes_max = 256 << 20;  // a thread: of bodies that plugins look at whole
  std::size_t connections_max = 16'384;    // a thread
  // Kept connections, by thread and address, however few were needed at once of late.
  std::size_t idle_upstreams_always = 512;
  std::int64_t header_timeout_ms = 10'000;
  std::int64_t body_timeout_ms = 60'000;  // between two reads of a request's body, or two writes of a response's
  std::int64_t idle_timeout_ms = 75'000;
  std::uint64_t body_rate_min = 50;           // bytes a second of a request's body; 0: any
  std::int64_t body_rate_period_ms = 30'000;  // so long on end may it bring fewer
  real_ip_options real_ip;
  bool access_log = true;
  bool allow_debug_header = false;    // whether "Kong-Debug: 1" has the answer name route and service
  bool tracing = true;                // spans, traceparent to the service
  instrumentations timed;             // parts of a request that have spans of their own
  std::int64_t timed_per_second = 0;  // requests that have them; 0: each
};

// What the proxy uses of its process; outlives it.
struct proxy_parts {
  name_directory& names;
  const observe::logger& log;
  observe::span_sink* spans = nullptr;    // nullptr: none are made
  const staple_store* staples = nullptr;  // what is shown of OCSP; nullptr: nothing
};

}  // namespace mes::gateway
