// Keeps the announced keys fresh: fetches the JWKS at start, every five minutes, and when a key is asked for that is
// not known.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/jwt/keys.h"
#include "observe/log.h"
#include "runtime/event_loop.h"
#include "runtime/http_client.h"

namespace mes::gateway {

class jwks_source {
 public:
  // `url` is asked for at each fetch: the service may have moved. "" = not known now.
  jwks_source(runtime::event_loop& loop, jwt_keys& keys, const observe::logger& log, std::function<std::string()> url);
  ~jwks_source();

  void start();  // loop thread
  // For jwt_keys::set_refresher; any thread. At most one fetch a second is begun: whoever comes sooner waits for the
  // one under way, or gets false. At start, until the first keys are here (15 s at most), everybody waits.
  bool refresh(std::function<void()> done);

 private:
  struct state;
  std::shared_ptr<state> _state;
};

}  // namespace mes::gateway
