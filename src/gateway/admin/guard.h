// Who may use the admin port: everybody on this machine while it listens on loopback alone, else who has a token of the
// platform with the role "admin". A page of another site never does, whatever its browser sends: nor does one whose
// name was made to mean this machine (DNS rebinding), which to a browser is the site itself and asks as any program
// does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "gateway/admin/refusal.h"
#include "gateway/jwt/keys.h"
#include "runtime/event_loop.h"
#include "runtime/http.h"
#include "runtime/http_server.h"

namespace mes::gateway {

struct guard_refusal {
  refusal answer;
  bool unknown_key = false;  // another look at the keys may help
};

struct admin_exposure {
  bool loopback = true;            // it listens there alone
  std::vector<std::string> hosts;  // names beside localhost that may be asked for there, in lower case
};

// Nothing: the request may be answered. Health and metrics need no token.
std::optional<guard_refusal> judge_request(const runtime::http_request& request, const admin_exposure& exposure,
                                           const jwt_keys& keys, instant now);

// Lets requests through that may be answered; where a token's key is not known, once more when there are newer keys.
// Belongs to the loop; lives while requests are answered.
class admin_guard : public std::enable_shared_from_this<admin_guard> {
 public:
  using answerer = std::function<void(runtime::http_request, runtime::http_responder)>;
  admin_guard(runtime::event_loop& loop, const jwt_keys& keys, admin_exposure exposure)
      : _loop(loop), _keys(keys), _exposure(std::move(exposure)) {}

  void admit(runtime::http_request request, runtime::http_responder responder, answerer answer, bool again = true);

 private:
  runtime::event_loop& _loop;
  const jwt_keys& _keys;
  const admin_exposure _exposure;
};

}  // namespace mes::gateway
