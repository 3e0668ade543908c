// What all loops know together of an upstream's targets: health, connections, latency. Each configuration has states of
// its own, which begin with what the configuration before knew of the same addresses.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/balancer/peer_health.h"
#include "gateway/config/configuration.h"
#include "gateway/names/names.h"
#include "gateway/net/tls.h"
#include "observe/log.h"

namespace mes::gateway {

// One address of a target. Thread-safe.
struct peer_state {
  explicit peer_state(endpoint at) : where(std::move(at)) {}

  const endpoint where;
  peer_health health;
  std::atomic<std::int32_t> open = 0;        // exchanges under way
  std::atomic<std::int32_t> unanswered = 0;  // of them those without an answer's head
  std::atomic<int> srv_weight = 0;           // 0: its target's
  std::atomic<bool> probing = false;         // by the active checks
  std::atomic<std::int64_t> next_probe_ms = 0;

  void note_latency(double ms, std::int64_t now_us);
  // Moving average, decayed until now unless an answer is still awaited.
  std::optional<double> latency_ms(std::int64_t now_us) const;

 private:
  std::atomic<double> _latency_ms = 0;
  std::atomic<std::int64_t> _latency_us = 0;  // when it was noted
};

// What an address weighs: of an SRV record what that says, unless its target is to get nothing.
int weight_of(int target_weight, int srv_weight);
// Whether an upstream of that threshold takes requests (Kong's updateStatus). With all of it healthy it does, also at
// 100%.
bool enough_healthy(double threshold_percent, std::int64_t healthy_weight, std::int64_t all_weight);

// How a target stands, in the words of Kong's Admin API and metric.
enum class target_health : std::uint8_t { healthchecks_off, healthy, unhealthy, dns_error };
std::string_view text_of(target_health h);  // "HEALTHY"

struct weight_report {
  std::int64_t total = 0, available = 0;  // of all addresses, and of those that get requests
};
struct address_report {
  std::string ip;
  std::uint16_t port = 0;
  int weight = 0;
  bool available = true;
  target_health health = target_health::healthy;
};
struct target_report {
  std::string id, host;
  std::uint16_t port = 0;
  int weight = 0;  // its own; its addresses may each have one
  target_health health = target_health::healthy;
  weight_report weighs = {};
  std::vector<address_report> addresses = {};

  std::string text() const;  // "host:port"
};
struct upstream_report {
  bool available = false;  // it takes requests, whether or not anything checks its targets
  target_health health = target_health::healthchecks_off;
  weight_report weighs = {};
  std::vector<target_report> targets = {};
};

// Thread-safe.
class upstream_state {
 public:
  // `before`: of the configuration before, nullptr if that had none.
  upstream_state(std::shared_ptr<const upstream> of, const observe::logger& log,
                 const upstream_state* before = nullptr);

  // Targets are those of config(). The state of one address of a target, made at first sight.
  std::shared_ptr<peer_state> peer(const target& t, const endpoint& where);
  // Which addresses a target has now; none: its name could not be resolved. What is not among them is forgotten.
  void set_addresses(const target& t, const std::vector<endpoint>& now);

  // What an exchange or a probe has seen; logs a change, and `why` it has failed.
  void note(peer_state& p, sighting what, int limit, std::string_view by, std::string_view why = {});
  void note_answer(peer_state& p, int status);  // passive checks
  // Passive checks alone never see an unhealthy target again; after this time it gets another try. 0: never, as Kong.
  void revive(peer_state& p, std::int64_t now_ms, std::int64_t after_ms);

  bool checked() const { return _active || _passive; }
  bool has_active() const { return _active; }
  bool revivable() const { return _passive && _of->active.unhealthy_interval_s <= 0; }
  const upstream& config() const { return *_of; }

  upstream_report report() const;
  // Sets the health of a target's addresses (or of one: "ip:port"); a name that nobody has asked for yet gets it with
  // its addresses. False: there is no such target or address.
  bool set_health(std::string_view target_text, std::string_view address, bool healthy);

  struct known_target {
    const target* of = nullptr;
    bool resolved = false;  // it was asked for
    bool dns_error = false;
    std::map<std::string, std::shared_ptr<peer_state>> peers;  // by "ip:port"
    bool healthy = true;                                       // what its first addresses begin with
  };
  std::vector<known_target> targets() const;

  tls_context probe_tls;  // of the active checks' thread alone

 private:
  known_target& known(const target& t);
  target_report report_on(const known_target& k) const;

  const std::shared_ptr<const upstream> _of;
  const observe::logger& _log;
  const bool _active, _passive;
  mutable std::mutex _lock;
  std::vector<known_target> _targets;
};

// In the order of a configuration's upstreams.
using upstream_states = std::vector<std::shared_ptr<upstream_state>>;

// The states of the newest configuration. Thread-safe.
class upstream_registry {
 public:
  explicit upstream_registry(const observe::logger& log) : _log(log) {}

  // Not while another call of it runs. What it gives lasts as long as somebody runs on that configuration.
  upstream_states use(const std::shared_ptr<const configuration>& newest);
  upstream_states all() const;
  std::shared_ptr<upstream_state> find(std::string_view name_or_id) const;
  std::string expose() const;  // kong_upstream_target_health

 private:
  const observe::logger& _log;
  mutable std::mutex _lock;
  upstream_states _states;
};

}  // namespace mes::gateway
