#include "bus/security/session.h"

#include <fmt/format.h>

#include <algorithm>

namespace mes::bus::security {
using wire::kafka::api;

result<std::shared_ptr<session>> sessions::of(const net::peer& who) {
  std::shared_ptr<session>& s = _sessions[who.connection];
  if (s) return s;
  s = std::make_shared<session>();
  s->host = who.host;
  s->listener = who.listener;
  if (uses_sasl(*s)) {
    s->now = session::stage::handshake;
  } else if (who.certificate) {
    auto name = _options.rules.apply(*who.certificate);
    if (!name) {
      _sessions.erase(who.connection);
      return fail(std::move(name.error()));
    }
    s->principal = "User:" + *name;
  }
  return s;
}

bool sessions::admits(const session& s, api key, std::int64_t now_ms) const {
  switch (s.now) {
    case session::stage::open:
      return s.expires_ms == 0 || now_ms < s.expires_ms || key == api::sasl_handshake;
    case session::stage::handshake:
      return key == api::api_versions || key == api::sasl_handshake;
    case session::stage::exchange:
      return key == api::sasl_authenticate && !s.waiting;
    case session::stage::raw_exchange:
    case session::stage::failed:
      return false;
  }
  return false;
}

result<std::int64_t> sessions::complete(session& s, const sasl_step& done, std::int64_t now_ms,
                                        std::int64_t unix_ms) const {
  std::string principal = "User:" + done.user;
  if (s.authenticated && principal != s.principal)
    return fail(error_code::unauthenticated,
                fmt::format("Cannot change principals during re-authentication from {} to {}", s.principal, principal));
  std::int64_t lifetime = _options.reauthentication_ms;
  if (done.expires_ms) {
    const std::int64_t left = std::max<std::int64_t>(*done.expires_ms - unix_ms, 0);
    lifetime = _options.reauthentication_ms > 0 ? std::min(left, _options.reauthentication_ms) : left;
  }
  s.expires_ms = lifetime > 0 || done.expires_ms ? now_ms + lifetime : 0;
  s.principal = std::move(principal);
  s.authenticated = true;
  s.now = session::stage::open;
  s.exchange = nullptr;
  return lifetime;
}

}  // namespace mes::bus::security
