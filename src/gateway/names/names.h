// From a service's name to addresses: by the heartbeats of the platform's own services, by address, or by DNS.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/names/dns.h"
#include "runtime/thread.h"

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
  ~name_directory();

  void note(const heartbeat& beat, std::int64_t now_ms);  // now_ms: monotonic
  void forget_silent(std::int64_t now_ms);                // instances not heard of for a minute

  // Changes when anything does that find() has answered.
  std::uint64_t generation() const { return _generation.load(std::memory_order_acquire); }

  enum class state : std::uint8_t { known, waiting, unknown };
  struct answer {
    state what = state::unknown;
    endpoints where;                                                   // not empty if known
    std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();  // unless generation() changes
  };
  // waiting: `changed` is called once, from another thread, when asking again is worth it.
  answer find(const std::string& host, std::uint16_t port, std::int64_t now_ms, std::function<void()> changed);

  std::size_t instances() const;

 private:
  struct instance {
    endpoint where;
    std::int64_t heard_ms = 0;
  };
  struct looked_up {
    endpoints where;
    std::int64_t expires_ms = 0;
    std::optional<std::int64_t> asked_ms;  // a look-up is under way since then
    bool unanswered = false;               // the last time; `where` is of before
    std::vector<std::function<void()>> waiters;
  };

  endpoints find_service(const std::string& host);
  void look_up_names();  // the resolver's thread
  bool has_questions() const;
  void keep(looked_up& entry, dns_answer answer);

  const bool _loopback;
  const int _port_offset;
  const dns_options _dns;
  mutable std::mutex _lock;
  std::condition_variable _asked;
  std::map<std::string, std::map<std::string, instance>, std::less<>> _services;
  std::map<std::pair<std::string, std::uint16_t>, looked_up> _looked_up;
  // Names to look up: first all with little patience, then those that had no answer, for which half of the resolvers
  // are enough. So names whose servers are silent hold up no others.
  std::deque<std::pair<std::string, std::uint16_t>> _queue, _patient_queue;
  std::size_t _patient = 0;  // resolvers with one of the latter
  std::atomic<std::uint64_t> _generation = 1;
  bool _stopping = false;
  std::size_t _idle_resolvers = 0;
  std::vector<runtime::thread> _resolvers;  // started by names that find none idle
};

}  // namespace mes::gateway
