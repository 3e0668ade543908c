// From a service's name to addresses: by the heartbeats of the platform's own services, by address, or by DNS.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/names/dns_names.h"

namespace mes::gateway {

// A heartbeat on system.health-check.
struct heartbeat {
  std::string service, instance, host;
  std::uint16_t port = 0;
  bool stopping = false;
};
// {"service","host","port","status","time"}; nullopt if it is none.
std::optional<heartbeat> parse_heartbeat(std::string_view key, std::string_view json);

// Thread-safe.
class name_directory {
 public:
  // loopback: a name without dots is a service of this machine, on its usual port plus `port_offset` while no heartbeat
  // says otherwise. Not loopback: such names are DNS's matter (Kubernetes, Docker).
  name_directory(bool loopback, int port_offset, dns_options dns = {});

  void note(const heartbeat& beat, std::int64_t now_ms);  // now_ms: monotonic
  void forget_silent(std::int64_t now_ms);                // instances not heard of for a minute

  // Changes when anything does that find() has answered.
  std::uint64_t generation() const { return _generation.load(std::memory_order_acquire) + _dns.generation(); }

  // waiting: `changed` is called as by dns_names.
  name_answer find(const std::string& host, std::uint16_t port, std::int64_t now_ms, std::function<void()> changed);

  std::size_t instances() const;

 private:
  struct instance {
    endpoint where;
    std::int64_t heard_ms = 0;
  };

  endpoints find_service(const std::string& host) const;

  const bool _loopback;
  const int _port_offset;
  mutable std::mutex _lock;
  std::map<std::string, std::map<std::string, instance>, std::less<>> _services;
  std::atomic<std::uint64_t> _generation = 1;
  dns_names _dns;
};

}  // namespace mes::gateway
