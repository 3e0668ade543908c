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
  // `url` is asked for at each fetch: the service may have moved. "" = not known now. `file` keeps the last keys (they
  // are public), so that a gateway that starts before the auth service knows the tokens that are out.
  jwks_source(runtime::event_loop& loop, jwt_keys& keys, const observe::logger& log, std::function<std::string()> url,
              std::string file);
  ~jwks_source();

  // Takes the keys of the file, then fetches. `known` runs once, when there are keys: at once, or later. Loop thread.
  void start(std::function<void()> known);
  // For jwt_keys::set_refresher; any thread. At most one fetch a second is begun: whoever comes sooner waits for the
  // one under way or for the next one; false if too many wait.
  bool refresh(std::function<void()> done);

 private:
  struct state;
  std::shared_ptr<state> _state;
};

}  // namespace mes::gateway
