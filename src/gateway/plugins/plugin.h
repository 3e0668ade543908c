// What a plugin is: a configured instance that is asked in phases, and the row that describes its kind.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/config/configuration.h"
#include "gateway/http/head.h"
#include "gateway/plugins/header_edits.h"

namespace mes::gateway {

class jwt_keys;
class rate_limit_store;
class traffic_stats;

// Wall clock, so that tests can set it. Thread-safe.
class wall_clock {
 public:
  virtual ~wall_clock() = default;
  virtual std::int64_t now_ms() const = 0;  // since 1970, UTC
};
const wall_clock& system_wall_clock();

// An answer that the gateway itself gives.
struct local_response {
  int status = 200;
  std::string body;
  std::string_view content_type;  // "" = none
};

// What an exchange has cost, once it is over. All in milliseconds and bytes.
struct exchange_totals {
  int status = 0;
  bool from_service = false;
  double request_ms = 0, kong_ms = 0, upstream_ms = -1;  // upstream_ms < 0: no upstream was asked
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

// One request on its way through the plugins. Belongs to one loop; views live as long as the exchange.
struct plugin_context {
  // The request, as it came.
  const request_head* request = nullptr;
  std::string_view path;   // normalised
  std::string_view query;  // without '?'
  std::string_view client_address;
  bool tls = false;
  std::string_view request_id;  // the correlation id: as it came, or the UUID that was made for it

  // Where it goes.
  const route* on_route = nullptr;
  const service* to = nullptr;

  // Who sends it, once a plugin knows.
  const consumer* who = nullptr;
  std::string credential_id;

  header_edits upstream_headers;         // changes to what the service gets
  header_edits response_headers;         // changes to what the client gets
  std::optional<local_response> answer;  // set by a plugin that returned `respond`
  std::uint32_t flags = 0;               // one bit a plugin that has to remember something between phases

  traffic_stats* stats = nullptr;           // of this loop
  const exchange_totals* totals = nullptr;  // in the log phase

  // Makes a function that continues the request from any thread, for plugins that return `wait`.
  std::function<std::function<void()>()> suspend;
  bool waited = false;

  // Kong's response.exit(status, {message = …})
  void exit_message(int status, std::string_view message);
  void exit_json(int status, std::string json);
};

enum class verdict : std::uint8_t {
  next,     // on to the next plugin
  respond,  // `answer` is the response
  wait,     // asked again when the function that suspend() made was called
};

// A configured instance. Called from all loops at once: what changes inside must be thread-safe.
class plugin {
 public:
  virtual ~plugin() = default;
  virtual verdict access(plugin_context&) const { return verdict::next; }
  virtual void header_filter(plugin_context&) const {}
  virtual void log(plugin_context&) const {}
};

// What instances share; outlives all of them.
struct plugin_parts {
  const wall_clock& clock;
  jwt_keys& keys;
  rate_limit_store& limits;
};

struct plugin_kind {
  std::string_view name;
  int priority;  // Kong's PRIORITY: higher runs first
  const schema& (*config_fields)();
  bool per_consumer;                                                               // may be bound to a consumer
  void (*check)(const record& config, const std::string& what, reporter& report);  // rules across fields; nullptr: none
  std::unique_ptr<plugin> (*make)(const plugin_entry& entry, const configuration& all, const plugin_parts& parts);
};

std::span<const plugin_kind> all_plugins();  // by priority
const plugin_kind* find_plugin_kind(std::string_view name);
// Why a plugin of that name cannot be had here.
std::string why_plugin_is_absent(std::string_view name);

}  // namespace mes::gateway
