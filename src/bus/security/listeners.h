// Where the broker listens and what it tells clients to connect to, as Kafka's `listeners`, `advertised.listeners` and
// `listener.security.protocol.map` say it: several, each by a name and with a security protocol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::bus::security {

enum class protocol : std::uint8_t { plaintext, ssl, sasl_plaintext, sasl_ssl };

constexpr bool uses_tls(protocol p) { return p == protocol::ssl || p == protocol::sasl_ssl; }
constexpr bool uses_sasl(protocol p) { return p == protocol::sasl_plaintext || p == protocol::sasl_ssl; }
std::string_view name_of(protocol p);  // "SASL_SSL"

struct listener {
  std::string name = "PLAINTEXT";
  protocol secured_by = protocol::plaintext;
  std::string host = "127.0.0.1";     // "" or 0.0.0.0: all addresses
  std::uint16_t port = 0;             // 0: any free one
  std::string advertised_host;        // "": the address that the client reached
  std::uint16_t advertised_port = 0;  // 0: the port that it listens on
};

struct listener_settings {
  std::string listeners;        // "PLAINTEXT://127.0.0.1:9092,SASL_SSL://:9093"
  std::string advertised;       // "" or some of the names: "SASL_SSL://bus.plant.example:9093"
  std::string protocols;        // names that are no protocols: "EDGE:SASL_SSL,CONTROLLER:PLAINTEXT"
  std::string advertised_host;  // of listeners that `advertised` does not name; "": none
  int port_offset = 0;          // added to the ports that are listened on, not to the advertised ones
};

// Errors name the setting and the part of it that is wrong.
result<std::vector<listener>> parse_listeners(const listener_settings& settings);

}  // namespace mes::bus::security
