// A client's connection as its requests and their plugins know it. Belongs to one loop.
#pragma once

#include <cstdint>
#include <string>

namespace mes::gateway {

struct client_link {
  std::string address;          // of the client, or of the proxy before it
  std::uint16_t peer_port = 0;  // of that
  std::string own_address;      // that it has come to
  std::uint16_t port = 0;       // of the listener
  bool tls = false;
  std::string sni;             // "" without
  std::uint64_t number = 0;    // of all connections since the process began
  std::uint64_t requests = 0;  // so far
};

}  // namespace mes::gateway
