// Texts as UDP datagrams; what is sent is lost in silence if nobody listens.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/delivery/host_lookup.h"

namespace mes::gateway {

// One thread at a time.
class datagram_sender {
 public:
  // `timeout`: for the look-up of the name.
  datagram_sender(std::string host, std::uint16_t port, std::chrono::milliseconds timeout)
      : _host(std::move(host)), _port(port), _timeout(timeout) {}

  // One datagram each, by a socket of their own. One that is too long, or that nobody takes, keeps no other back.
  result<batch_losses> send(const std::vector<std::string>& texts, const wait_end& end);

 private:
  std::string _host;
  std::uint16_t _port;
  std::chrono::milliseconds _timeout;
  host_lookup _lookup;
};

}  // namespace mes::gateway
