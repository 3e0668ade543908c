// What all connections of one loop share: its configuration, kept upstream connections, and objects to reuse.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gateway/balancer/upstream_state.h"
#include "gateway/http/field_list.h"
#include "gateway/net/loop.h"
#include "gateway/net/spares.h"
#include "gateway/observe/traffic_stats.h"
#include "gateway/proxy/access_log.h"
#include "gateway/proxy/backend.h"
#include "gateway/proxy/exchange.h"
#include "gateway/proxy/ids.h"
#include "gateway/proxy/loop_schedule.h"
#include "gateway/proxy/proxy_options.h"
#include "gateway/proxy/upstream_pool.h"
#include "runtime/thread.h"

namespace mes::gateway {

class client_connection;
class descriptor_outage;
class listener;

class worker {
 public:
  worker(const proxy_options& o, const proxy_parts& p, traffic_stats& s, descriptor_outage& outage,
         std::atomic<std::uint64_t>& connections);
  ~worker();

  // Before the loop runs: its TLS context towards clients.
  result<void> prepare_tls(const ticket_keys& tickets);
  // Before the loop runs. The descriptors become the worker's.
  void listen(int plain_fd, int tls_fd);
  void start(std::shared_ptr<const generation> first, const upstream_states& upstreams);  // its thread
  void use(std::shared_ptr<const generation> next, upstream_states upstreams);            // thread-safe
  // Thread-safe. Descriptors take the place of those listened on, which are closed: -1 = by none, nullopt = they stay.
  void use(proxy_options next, std::optional<int> plain_fd, std::optional<int> tls_fd, tls_context tls);
  result<tls_context> make_tls(const proxy_options& next, const ticket_keys& tickets) const;  // nullptr: none is wanted
  void drain();  // thread-safe: no new connections, idle ones are closed
  bool drained() const { return _open.load() == 0; }
  std::size_t take_most_open() { return _most_open.exchange(0); }  // thread-safe
  void join();                                                     // ends what is left, and stops the loop at once

  // Loop thread only.
  void accept_some(listener& at, int at_most);
  void remove(client_connection& dead);
  void replace(client_connection& old, std::unique_ptr<client_connection> successor, int fd);  // another protocol
  std::unique_ptr<exchange> take_exchange();
  void give_exchange(std::unique_ptr<exchange> x);
  bool hold(exchange& x, std::size_t bytes);  // of a body, until it is let go of; false: there is no room
  void let_go(exchange& x);
  std::string_view http_date();
  bool draining() const { return _draining; }
  instrumentations next_timed();  // what of the next sampled request has spans of its own

  proxy_options options;
  const proxy_parts& parts;
  traffic_stats& stats;
  net_loop loop;
  std::shared_ptr<loop_plan> plan;
  id_source ids;
  access_log requests_log;
  upstream_pool pool;
  loop_schedule schedule;
  std::string scratch_text;              // for one use at a time
  std::vector<std::string_view> pieces;  // likewise
  field_list fields;                     // likewise
  std::size_t lent_windows = 0;          // bytes: of streams of HTTP/2, beyond what each has

 private:
  bool sweep(std::int64_t now_ms);
  void tidy(std::int64_t now_ms);
  void note_shortage(int error);
  void close_listeners(bool tls);

  descriptor_outage& _outage;
  std::atomic<std::uint64_t>& _connections;  // of all loops, ever
  tls_context _server_tls;
  client_contexts _client_tls;
  std::shared_ptr<const certificate_store> _certificates;  // of the plan in use
  std::vector<std::unique_ptr<listener>> _listeners;
  std::vector<std::unique_ptr<client_connection>> _clients;
  std::size_t _held_bytes = 0;  // by all exchanges
  spares<std::unique_ptr<exchange>> _exchanges;
  std::int64_t _next_tidy_ms = 0;
  std::int64_t _timed_second = 0, _timed_left = 0;
  std::string _date;
  std::int64_t _date_second = 0;
  std::atomic<std::size_t> _open = 0;
  std::atomic<std::size_t> _most_open = 0;  // since it was taken
  bool _draining = false;
  bool _started = false;
  runtime::thread _thread;
};

}  // namespace mes::gateway
