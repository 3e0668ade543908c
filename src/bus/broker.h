// The broker: one loop thread that owns topics, log, groups and connections, and the handlers of Kafka's APIs on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bus/change_queue.h"
#include "bus/groups/coordinator.h"
#include "bus/handlers/slow_requests.h"
#include "bus/log/store.h"
#include "bus/log_level.h"
#include "bus/net/poller.h"
#include "bus/net/server.h"
#include "bus/security/access.h"
#include "bus/transactions/coordinator.h"
#include "observe/log.h"
#include "wire/kafka/errors.h"

namespace mes::bus {

struct topic_spec {
  std::string name;
  std::int32_t partitions = 3;
  std::map<std::string, std::string> configs;
};

// Kafka's compression.type and compression.*.level.
struct compression_settings {
  std::string type = "producer";
  int gzip_level = -1;
  int lz4_level = 9;
  int zstd_level = 3;
};

// What administrators may change while the broker runs (bus/configs_table.h).
struct changeable_settings {
  std::int64_t retention_ms = 604'800'000;
  std::int64_t retention_bytes = -1;
  std::size_t message_bytes_max = 1'048'588;  // of a batch, as Kafka's message.max.bytes
  std::size_t connections_max = 10'000;
  std::size_t connections_per_ip_max = INT32_MAX;
  std::string connections_per_ip_overrides;  // as Kafka writes them (bus/host_overrides.h)
  compression_settings compression;
  bool verify_transactions = true;  // a batch's partition must have been added
};

struct broker_settings : changeable_settings {
  std::string directory;
  security::access_settings access;  // and the listeners
  std::uint32_t segment_bytes = 64U << 20;
  std::int64_t retention_check_ms = 300'000;    // as Kafka's log.retention.check.interval.ms
  std::int64_t initial_task_delay_ms = 30'000;  // as log.initial.task.delay.ms
  std::int64_t cleaner_interval_ms = 15'000;    // as log.cleaner.backoff.ms
  std::size_t cleaner_memory_bytes = std::size_t{32} << 20;
  std::uint64_t disk_bytes_max = 0;  // 0: no limit
  std::size_t request_bytes_max = 100U << 20;
  std::size_t queued_request_bytes_max = 128U << 20;  // not whole yet, of all connections; 0: no limit
  std::size_t waiting_fetch_bytes_max = 64U << 20;    // memory of those that wait for data; 0: no limit
  std::int32_t fetch_bytes_max = 57'671'680;          // of an answer, as Kafka's fetch.max.bytes
  std::int64_t connections_idle_max_ms = 600'000;
  bool auto_create_topics = true;
  std::int32_t num_partitions = 3;
  std::size_t partitions_max = 100'000;  // of all topics
  bool sync = true;
  std::int64_t slow_request_ms = 1'000;  // beyond what the request itself asked to wait: it is logged; 0: none is
  std::int64_t producer_id_expiry_ms = 86'400'000;  // as Kafka's producer.id.expiration.ms
  std::size_t pending_bytes_max = 64U << 20;        // of produced data that is not durable yet
  groups::coordinator_options groups;
  transactions::coordinator_options transactions;
  std::vector<topic_spec> topics;  // made at start where missing
  // Whether `directory` is still the one that was opened: looked at each second, an error ends the broker.
  std::function<result<void>()> in_place = [] { return result<void>(); };
};

struct api_stats {
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t total_ns = 0;  // from the last byte of the request to the answer, waiting included
};

// What the broker counts; read through broker::post() or by metrics at scrape.
struct broker_stats {
  std::map<std::int16_t, api_stats> apis;
  std::uint64_t batches_in = 0, records_in = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t duplicates = 0;        // batches of idempotent producers that were there already
  std::uint64_t produce_failures = 0;  // partitions that were answered with an error
  std::uint64_t slow_requests = 0;
  std::uint64_t authentications = 0, authentications_failed = 0;
  std::uint64_t throttled = 0;  // requests over a quota
};

struct waiting_fetch;
class waiting_fetches;

class broker {
 public:
  // Opens the log and listens; serves once run() is called.
  static result<std::unique_ptr<broker>> open(broker_settings settings, os::file_system& files, observe::logger& log);
  ~broker();

  result<void> run();                     // the loop; until stop(), then closes the log. An error is fatal.
  void stop();                            // thread-safe
  void post(std::function<void()> work);  // thread-safe; on the loop's thread
  std::uint16_t port(std::size_t listener = 0) const { return _server->port(listener); }

  // The rest is the loop's, for handlers.
  const broker_settings& settings() const { return _settings; }
  std::size_t admin_connections_max() const { return _admin_connections_max; }  // that its HTTP port may have
  const changeable_settings& given() const { return _given; }  // by the role, before administrators' changes
  log::store& store() { return *_store; }
  groups::coordinator& groups() { return *_groups; }
  transactions::coordinator& transactions() { return *_transactions; }
  security::access& access() { return *_access; }
  const security::access& access() const { return *_access; }
  net::server& server() { return *_server; }
  change_queue& changes() { return *_changes; }
  net::poller& loop() { return *_loop; }
  const observe::logger& logger() const { return _logger; }
  log_level& level() { return _level; }
  broker_stats& stats() { return _stats; }
  handlers::slow_requests& slow() { return _slow; }
  static constexpr std::int32_t node_id = 1;

  bool has_room_for(std::size_t partitions);  // beside those that there are

  void with_producer_id(std::function<void(std::int64_t id)> use);  // -1: could not be stored

  void wait_for_data(std::unique_ptr<waiting_fetch> fetch);
  const waiting_fetches& fetches() const { return *_fetches; }

 private:
  void apply_configs();
  struct state;  // producer ids beside groups and administrators' settings: what lives in the log
  struct topic_names;
  broker(broker_settings settings, observe::logger& log);
  result<void> listen();
  result<void> make_topics();
  void after_turn();
  void tell_of_space();
  void housekeeping();
  void look_at_folder();
  void expire_records();
  void expire_unused();
  void clean();

  broker_settings _settings;
  std::size_t _connections_possible = SIZE_MAX, _admin_connections_max = 0;
  changeable_settings _given;  // by the role: what holds where administrators set nothing
  const observe::logger& _logger;
  log_level _level;
  broker_stats _stats;
  std::unique_ptr<net::poller> _loop;
  std::unique_ptr<change_queue> _changes;
  std::unique_ptr<state> _state;
  std::unique_ptr<topic_names> _topic_names;
  std::unique_ptr<groups::coordinator> _groups;
  std::unique_ptr<transactions::coordinator> _transactions;
  std::unique_ptr<security::access> _access;
  std::unique_ptr<log::store> _store;
  std::unique_ptr<net::server> _server;
  std::unique_ptr<waiting_fetches> _fetches;
  std::uint64_t _trimmed_at = 0;
  bool _is_full_told = false;  // lately
  bool _was_full = false;      // the disk, after the last turn
  handlers::slow_requests _slow;
  result<void> _outcome;
};

}  // namespace mes::bus
