// Who may talk to the console: no other site through a visitor's browser, and no stranger without a token.
//
// Other sites reach a server on this machine in two ways: a page of theirs sends a request here (then Origin or
// Sec-Fetch-Site tells), or a name of theirs is made to point at 127.0.0.1, "DNS rebinding" (then Host tells).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/http.h"

namespace mes::console {

// Thread-safe: immutable after construction.
class guard {
 public:
  // `allowed_hosts`: comma-separated names or addresses, without ports, by which this server is rightly called,
  // beside this machine's own names; `public_views`: whether others than this machine may see what needs no token.
  guard(std::string_view allowed_hosts, bool public_views);

  // The answer that refuses the request, or nothing if it may go on.
  std::optional<runtime::http_response> refuse(const runtime::http_request& request) const;

  // Roles, logs, traces, metrics and the bus need no token; so they are for this machine, unless set otherwise.
  std::optional<runtime::http_response> refuse_view(const runtime::http_request& request) const;

 private:
  std::vector<std::string> _allowed_hosts;
  bool _public_views;
};

}  // namespace mes::console
