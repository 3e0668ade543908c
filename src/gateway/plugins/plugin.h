// What a plugin is: a configured instance that is asked in phases, and the row that describes its kind.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/configuration.h"
#include "gateway/http/head.h"
#include "gateway/http/trailers.h"
#include "gateway/observe/instrumentations.h"
#include "gateway/plugins/client_link.h"
#include "gateway/plugins/header_edits.h"
#include "gateway/router/query.h"
#include "observe/trace.h"

namespace mes::gateway {

class deliveries;
class jwt_keys;
class lua_sandbox;
class plugin;
class rate_limit_store;
class redis_links;
class response_cache;
class shared_tables;
class traffic_stats;
struct log_edits;

// So that tests can set it. Thread-safe.
class wall_clock {
 public:
  virtual ~wall_clock() = default;
  virtual std::int64_t now_ms() const = 0;  // since 1970, UTC
  // Since whenever: nobody sets it, as they may the other.
  virtual std::int64_t steady_ms() const { return now_ms(); }
};
const wall_clock& system_wall_clock();

// An answer that the gateway itself gives.
struct local_response {
  int status = 200;
  std::string body;
  std::string_view content_type;  // "" = none
  bool as_from_service = false;   // a stored answer of the service: written and counted as if it had just come
  std::shared_ptr<const std::string> shared_body = nullptr;  // instead of `body`: sent from where it lies

  std::string_view body_text() const { return shared_body ? *shared_body : body; }
};

// What an exchange has cost, once it is over. All in milliseconds and bytes.
struct exchange_totals {
  int status = 0;
  bool from_service = false;
  double request_ms = 0, kong_ms = 0, upstream_ms = -1;  // upstream_ms < 0: no upstream was asked
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

// One attempt to reach the service.
struct upstream_try {
  std::string ip;
  std::uint16_t port = 0;
  std::int64_t start_us = 0;    // since 1970, UTC
  std::int64_t latency_us = 0;  // of choosing a connection, as Kong's balancer_latency
  int status = 0;  // of the service's answer; 502 or 504: there was none; 0: the client has not waited for it
  bool failed = false;
};

// The request's spans, as the gateway made them; a plugin may pass them on in other headers.
struct exchange_spans {
  observe::trace_context server, client;
  observe::span_id parent{};  // all zero: none
};

enum class verdict : std::uint8_t {
  next,       // on to the next plugin
  respond,    // `answer` is the response
  wait,       // asked again when the function that suspend() made was called
  want_body,  // asked again when `request_body` is there; an answer 413 if it is larger than the gateway holds
};

// One request on its way through the plugins. Belongs to one loop; views live as long as the exchange.
struct plugin_context {
  // The request, as it came.
  const request_head* request = nullptr;
  std::string_view path;   // normalised
  std::string_view query;  // without '?'
  const client_link* link = nullptr;
  std::uint64_t request_number = 0;  // of those on its connection, from 1 on
  std::string_view client_address;   // who stands behind it, where the connection's is a trusted proxy
  std::uint16_t client_port = 0;     // of that; 0: the proxy has not said
  std::string_view request_id;       // the correlation id: as it came, or the UUID that was made for it

  // Where it goes.
  route_query asked;                   // of the router
  const route_match* match = nullptr;  // what it has answered; nullptr: it was not asked
  const route* on_route = nullptr;
  const service* to = nullptr;

  // Who sends it, once a plugin knows.
  const consumer* who = nullptr;
  std::string credential_id;

  header_edits upstream_headers;         // changes to what the service gets
  header_edits response_headers;         // changes to what the client gets
  std::optional<local_response> answer;  // set by a plugin that returned `respond`
  std::uint32_t flags = 0;               // one bit a plugin that has to remember something between phases

  // Other changes to what the service gets. The path is whole and escaped, the query without '?'.
  std::optional<std::string> upstream_method, upstream_path, upstream_query, upstream_body;
  bool path_handled = false;  // a service of gRPC too gets the path as the route's strip_path makes it

  // The request's body: there once a plugin has returned `want_body` (or the request has none). A plugin that refuses
  // what is longer than this says so before it asks: it is asked again as soon as there is more.
  std::optional<std::string> request_body;
  std::uint64_t request_body_max = UINT64_MAX;

  // In header_filter and later: the answer. `response` is nullptr if the gateway gives it itself.
  const response_head* response = nullptr;
  int response_status = 0;
  std::string_view local_content_type;  // of an answer of our own
  // Set in header_filter. hold_body: transform_body gets the whole body (bounded), before the head is sent.
  // watch_body: body_filter sees each piece as the service sent it, and an end of what is whole. rewrite_body: the hook
  // of that name changes each piece.
  bool hold_body = false, watch_body = false, rewrite_body = false;
  const field_lines* response_trailers = nullptr;  // of a service of gRPC; there with the last piece
  bool want_sent_head = false;        // set at the latest in header_filter: `sent_head` is kept for the log phase
  std::string sent_head;              // the head as the client got it, lines with CRLF
  std::optional<int> replace_status;  // set by header_filter: an answer of this status without a body instead

  // Kong's addresses and times for logs.
  std::string_view upstream_target;  // what the service was asked for; "" if it was not
  std::string_view upstream_host;
  std::vector<upstream_try> tries;
  const exchange_spans* spans = nullptr;
  std::span<const timed_part> parts;   // in the log phase: those that have spans of their own
  bool passed_over = false;            // the plugin that was asked last has nothing to do in that phase
  std::int64_t started_us = 0;         // since 1970, UTC
  std::int64_t sent_after_us = 0;      // from the start until the request went to the service; 0: it did not
  std::int64_t answered_after_us = 0;  // from the start until the answer's head was there

  traffic_stats* stats = nullptr;           // of this loop
  lua_sandbox* lua = nullptr;               // of this loop, for scripts of this configuration
  std::shared_ptr<log_edits> log_changes;   // what scripts have changed of the log record; nullptr: nothing
  const exchange_totals* totals = nullptr;  // in the log phase

  // What a plugin keeps between its phases; made at first use.
  template <class State>
  State& state_of(const plugin* of) {
    if (void* found = find_state(of)) return *static_cast<State*>(found);
    auto made = std::make_shared<State>();
    states.emplace_back(of, made);
    return *made;
  }
  template <class State>
  State* state_if_any(const plugin* of) const {
    return static_cast<State*>(find_state(of));
  }
  std::vector<std::pair<const plugin*, std::shared_ptr<void>>> states;

  // As the service (the client) will see it after the plugins so far; of fields of one name the first.
  std::optional<std::string_view> upstream_header(const field_name& name) const;
  std::vector<std::string_view> upstream_header_values(const field_name& name) const;  // all of that name
  std::string_view current_method() const {
    return upstream_method ? std::string_view(*upstream_method) : request->method;
  }
  std::string_view current_query() const { return upstream_query ? std::string_view(*upstream_query) : query; }
  std::optional<std::string_view> response_header(const field_name& name) const;
  std::vector<std::string_view> response_header_values(const field_name& name) const;

  void reset();  // for the next request; what holds memory keeps it

  // Makes a function that continues the request from any thread, for plugins that return `wait`.
  std::function<std::function<void()>()> suspend;
  bool waited = false;
  std::int64_t wait_ms = 0;  // what the next `wait` may take, if that is more than the time for a head

  // Kong's response.exit(status, {message = …})
  verdict exit_message(int status, std::string_view message);
  verdict exit_json(int status, std::string json);
  // Kong's response.error(status, message): in the type that the client accepts. "" = Kong's words for the status.
  verdict exit_error(int status, std::string_view message = {});

 private:
  void* find_state(const plugin* of) const {
    for (const auto& [key, state] : states)
      if (key == of) return state.get();
    return nullptr;
  }
};

// A configured instance. Called from all loops at once: what changes inside must be thread-safe.
class plugin {
 public:
  virtual ~plugin() = default;
  virtual verdict access(plugin_context& c) const {
    c.passed_over = true;
    return verdict::next;
  }
  virtual void header_filter(plugin_context& c) const { c.passed_over = true; }
  virtual void transform_body(plugin_context&, std::string& /*body*/) const {}  // if one plugin asked for hold_body
  virtual void body_filter(plugin_context&, std::string_view /*piece*/, bool /*last*/) const {}  // … watch_body
  virtual void rewrite_body(plugin_context&, std::string& /*piece*/, bool /*last*/) const {}     // … rewrite_body
  virtual void log(plugin_context&) const {}
};

// What instances share; outlives all of them.
struct plugin_parts {
  const wall_clock& clock;
  jwt_keys& keys;
  rate_limit_store& limits;
  deliveries* logs = nullptr;       // nullptr: log plugins send nothing
  redis_links* redis = nullptr;     // nullptr: counters are local
  response_cache* cache = nullptr;  // nullptr: nothing is kept
  shared_tables* tables = nullptr;  // of the configuration: the generation has them
};

// What most plugins are for (kong/db/schema/typedefs.lua, protocols_http).
inline constexpr auto http_protocols = std::to_array<std::string_view>({"grpc", "grpcs", "http", "https"});

struct plugin_kind {
  std::string_view name;
  int priority;  // Kong's PRIORITY: higher runs first
  const schema& (*config_fields)();
  bool per_consumer;                                 // may be bound to a consumer
  std::span<const std::string_view> protocols = {};  // the only ones that it may be for; none: any, also of streams
  void (*check)(const record& config, const std::string& what, reporter& report);  // rules across fields; nullptr: none
  std::unique_ptr<plugin> (*make)(const plugin_entry& entry, const configuration& all, const plugin_parts& parts);
};

std::span<const plugin_kind> all_plugins();  // by priority
const plugin_kind* find_plugin_kind(std::string_view name);
// Why a plugin of that name cannot be had here.
std::string why_plugin_is_absent(std::string_view name);

}  // namespace mes::gateway
