// Keeps a staple_store filled: asks the responders of the certificates that are shown, and asks again in time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/net/ocsp.h"
#include "observe/log.h"
#include "runtime/event_loop.h"

namespace mes::gateway {

// Loop thread only. No handshake waits for it: what has not been answered yet is not shown.
class ocsp_fetcher {
 public:
  ocsp_fetcher(runtime::event_loop& loop, staple_store& into, const observe::logger& log);
  ~ocsp_fetcher();

  // The chains (PEM, leaf first) that are shown from now on. Those whose leaf names a responder, and that have its
  // issuer, are asked about; answers that are there already stay.
  void use(const std::vector<std::string>& chains);

 private:
  struct state;
  std::shared_ptr<state> _state;
};

}  // namespace mes::gateway
