// Who is at the other end of a connection: authenticated by nothing, by certificate or by SASL, and for how long.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "bus/net/server.h"
#include "bus/security/listeners.h"
#include "bus/security/principal_rules.h"
#include "bus/security/sasl.h"
#include "wire/kafka/generated/apis.h"

namespace mes::bus::security {

inline constexpr std::string_view anonymous = "User:ANONYMOUS";

// One connection's. Requests that run hold it; it outlives its connection then, unharmed.
struct session {
  // open: requests are served. handshake: SASL is awaited. exchange: its messages are, in SaslAuthenticate requests, or
  // raw for clients that shook hands by version 0. failed: the answer that says so is on its way.
  enum class stage : std::uint8_t { open, handshake, exchange, raw_exchange, failed };

  std::string principal{anonymous};
  std::string host;
  std::size_t listener = 0;
  stage now = stage::open;
  std::string mechanism;                    // of SASL
  std::unique_ptr<sasl_exchange> exchange;  // under way
  bool waiting = false;                     // its answer to the last message is not there yet
  bool authenticated = false;               // by SASL, once: what comes later is re-authentication (KIP-368)
  std::int64_t expires_ms = 0;              // monotonic; 0: never
};

struct session_options {
  std::vector<listener> listeners;
  principal_rules rules;
  std::vector<std::string> mechanisms;
  std::int64_t reauthentication_ms = 0;  // Kafka's connections.max.reauth.ms; 0: no limit
};

// Loop thread only.
class sessions {
 public:
  explicit sessions(session_options options) : _options(std::move(options)) {}

  // Nothing: its certificate names nobody (no mapping rule matches).
  result<std::shared_ptr<session>> of(const net::peer& who);
  void forget(std::uint64_t connection) { _sessions.erase(connection); }

  // Whether the request may be handled now; else the connection is closed.
  bool admits(const session& s, wire::kafka::api api, std::int64_t now_ms) const;
  const session_options& options() const { return _options; }
  bool uses_sasl(const session& s) const { return security::uses_sasl(_options.listeners[s.listener].secured_by); }
  // The mechanisms' last step has succeeded. Returns the session's lifetime in ms, 0 for none; an error says why not.
  result<std::int64_t> complete(session& s, const sasl_step& done, std::int64_t now_ms, std::int64_t unix_ms) const;

 private:
  session_options _options;
  std::unordered_map<std::uint64_t, std::shared_ptr<session>> _sessions;
};

}  // namespace mes::bus::security
