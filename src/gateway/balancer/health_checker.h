// Active health checks: asks the targets of upstreams at their intervals, and tells what it has seen.
#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "gateway/balancer/upstream_state.h"
#include "gateway/names/names.h"
#include "gateway/net/client_contexts.h"
#include "gateway/net/loop.h"
#include "runtime/thread.h"

namespace mes::gateway {

class health_probe;

// A thread of its own, so that no request waits for a probe. Stops in the destructor.
class health_checker {
 public:
  health_checker(upstream_registry& upstreams, name_directory& names);
  ~health_checker();
  health_checker(const health_checker&) = delete;
  health_checker& operator=(const health_checker&) = delete;

 private:
  friend class health_probe;

  // An address whose time has come.
  struct turn {
    std::shared_ptr<upstream_state> of;
    const target* named;
    std::shared_ptr<peer_state> peer;
  };

  bool tick(std::int64_t now_ms);
  void find_turns(const std::shared_ptr<upstream_state>& of, const target& t, std::int64_t now_ms,
                  std::vector<turn>& found);
  void take(std::vector<turn>& turns, std::int64_t now_ms);
  bool probe(const turn& t, std::int64_t now_ms);  // false: it is over already
  void probe_has_ended();
  result<ssl_ctx_st*> tls_of(upstream_state& of);

  upstream_registry& _upstreams;
  name_directory& _names;
  net_loop _loop;
  client_contexts _contexts;
  std::unordered_set<std::unique_ptr<health_probe>> _probes;
  bool _some_wait = false;  // for a probe to end
  runtime::thread _thread;
};

}  // namespace mes::gateway
