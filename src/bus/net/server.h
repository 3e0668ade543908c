// Connections of Kafka clients: frames in, answers out in the order of the requests, whatever order they are ready in.
//
// Idle connections hold no buffers. Record data of an answer is read from its segment when the socket takes it, so a
// slow consumer costs no memory. Several listeners, each plain or with TLS.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "bus/net/frame_memory.h"
#include "bus/net/host_limits.h"
#include "bus/net/poller.h"
#include "bus/net/request_memory.h"
#include "bus/net/tls.h"
#include "bus/net/transport.h"
#include "wire/kafka/writer.h"

namespace mes::bus::net {

struct listen_address {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;              // 0: any free one
  tls_context tls;                     // nullptr: plain
  std::size_t greeting_bytes_max = 0;  // of a request before trust(); 0: as any other
};

struct server_options {
  std::vector<listen_address> listeners;
  std::size_t request_bytes_max = 100U << 20;
  std::size_t partial_bytes_max = 128U << 20;   // of requests that have not come whole, together; 0: no limit
  std::size_t strangers_bytes_max = 16U << 20;  // the same of those before trust(): beyond it the oldest is closed
  std::int64_t greeting_ms = 30'000;            // until trust(); clients give up after as long
  // While memory is short, a request may be silent and an answer not be taken for so long; clients wait for 30 s.
  std::int64_t stalled_ms = 10'000;
  std::size_t connections_max = 10'000;
  std::size_t requests_in_flight_max = 64;    // of one connection: no more are read before one is answered
  std::size_t output_bytes_max = 16U << 20;   // memory of answers (not their external bytes) of one client: as above
  std::size_t answer_bytes_max = 128U << 20;  // that memory of all; beyond it each has one request in flight at most
};

struct server_stats {
  std::uint64_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;     // over the limit
  std::uint64_t tls_failed = 0;  // handshakes, and what broke later
  std::uint64_t idle_closed = 0;
  std::uint64_t strangers_closed = 0;  // too slow to get trust(), or in the way of newer ones
  std::uint64_t stalled_closed = 0;    // silent or too slow within a request or an answer while memory was short
  std::uint64_t memory_waits = 0;      // times that a connection was not read for want of memory
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t answer_bytes = 0;  // memory of answers that were not taken yet
};

// Where an answer goes; stays valid, and harmless, after the connection has gone.
struct answer_slot {
  std::uint64_t connection = 0;
  std::uint64_t sequence = 0;
};

struct peer {
  std::uint64_t connection = 0;
  std::string host;                        // "127.0.0.1"
  std::string local_host;                  // the address of ours that it reached
  std::size_t listener = 0;                // index of the one that it came by
  std::optional<std::string> certificate;  // the subject of its verified certificate, which may be ""
};

// A whole one without its length. It may be changed in place.
struct frame {
  char* data;
  std::size_t size;
  // A large one's own: who keeps it keeps the bytes. Null: they go when the call returns.
  std::shared_ptr<char[]> memory;
};

class server {
 public:
  // Every request is answered once by answer(); false closes the connection instead.
  using handler = std::function<bool(answer_slot, const peer&, const frame&)>;

  static result<std::unique_ptr<server>> listen(poller& loop, server_options options, handler handle);
  ~server();

  std::uint16_t port(std::size_t listener = 0) const { return _listeners[listener].port; }
  // What external parts are of; this layer does not know segments. Default: there are none.
  struct external_access {
    // `size` bytes of the part's source from the part's byte `from` on: to its end, or to that of a part behind it.
    std::function<bool(const wire::kafka::external_bytes&, std::size_t from, char* into, std::size_t size)> read;
    std::function<int(const wire::kafka::external_bytes&)> descriptor;  // -1: it can only be read
  };
  void set_external(external_access a) { _external = std::move(a); }
  void set_closed(std::function<void(std::uint64_t connection)> f) { _closed = std::move(f); }
  // Told, while memory is short, of a connection that has memory behind a request which holds it.
  void set_hurried(std::function<void(std::uint64_t connection)> f) { _hurried = std::move(f); }
  // Asked for each connection: after how many ms it is to be closed unheard; 0: it is welcome.
  void set_doorman(std::function<std::int64_t(const std::string& host)> f) { _doorman = std::move(f); }
  void set_tls_failed(std::function<void(const peer&, std::string_view why)> f) { _tls_failed = std::move(f); }

  void answer(answer_slot to, wire::kafka::writer message);  // framed: with its length in front
  void answer_nothing(answer_slot to);                       // acks=0
  // The connection's last request waits, maybe long: what came behind it is not looked at before it is answered.
  void hold(answer_slot waiting);
  void close_connection(std::uint64_t connection);
  void close_when_answered(std::uint64_t connection);        // reads nothing more of it
  void trust(std::uint64_t connection);                      // it has said who it is: from now on as any other
  void mute(std::uint64_t connection, std::int64_t for_ms);  // reads nothing of it meanwhile; the longest counts
  void close_idle(std::int64_t idle_ms);  // without traffic for so long, unless it waits for us alone
  void set_connections_max(std::size_t count) { _options.connections_max = count; }
  void set_host_limits(host_limits limits) { _host_limits = std::move(limits); }  // for connections from now on
  void set_paused(bool paused);  // reads nothing while paused: the log is behind
  void flush();                  // at the end of a turn: sends what was answered in it
  void stop_accepting();
  const server_stats& stats() const { return _stats; }
  const request_memory& memory() const { return _memory; }
  const request_memory& strangers_memory() const { return _strangers_memory; }  // the same of those before trust()
  const host_counts& hosts() const { return _host_counts; }

 private:
  struct connection;
  // How far one has come in an answer.
  struct place {
    std::size_t held = 0;
    std::size_t splice = 0;     // the next one
    std::size_t in_splice = 0;  // bytes of it
  };
  struct listener {
    int fd = -1;
    std::uint16_t port = 0;
    poller::timer_id resting = 0;  // accepts nothing until then
  };
  server(poller& loop, server_options options, handler handle);

  result<void> open_listener(std::size_t index);
  void accept_all(std::size_t index);
  void rest(std::size_t index);
  void turn_away(int fd, std::int64_t delay_ms);
  void trust(connection& c);
  void close_oldest_stranger();
  void watch_strangers();
  void unmute(std::uint64_t connection);
  void on_ready(connection& c, std::uint32_t events);
  void read_from(connection& c);
  bool take_held(connection& c);
  bool take_frames(connection& c, char* data, std::size_t size, const std::shared_ptr<char[]>& memory = nullptr);
  bool take_frame(connection& c, const frame& request);
  void let_go(connection& c);
  void wait_for_memory(connection& c);
  void read_waiting();
  void watch_stalled();
  bool is_stalled(const connection& c, std::int64_t now) const;
  void send_to(connection& c);
  bool send_some(connection& c);
  request_memory& memory_of(const connection& c);
  bool has_turn(const connection& c) const;
  bool may_take(const connection& c) const;
  bool is_short_of_memory() const;
  bool may_read(const connection& c) const;
  void update_interest(connection& c);
  void hurry_held();
  void give_up_waiting(connection& c);
  void count_unheard(connection& c, std::size_t bytes);
  void release_answers(connection& c);
  std::size_t gather(connection& c, const char*& from);
  bool goes_from_file(const connection& c, const wire::kafka::external_bytes& part) const;
  bool send_from_file(connection& c);
  std::optional<std::size_t> read_parts(const connection& c, std::size_t output, place at, char* into,
                                        std::size_t room) const;
  bool moved_on(connection& c, transport::moved moved, std::size_t wanted);
  void advance(connection& c, std::size_t sent);
  void drop(connection& c);

  poller& _loop;
  server_options _options;
  handler _handle;
  frame_memory _frames;
  external_access _external;
  std::function<void(std::uint64_t)> _closed, _hurried;
  std::function<std::int64_t(const std::string&)> _doorman;
  std::function<void(const peer&, std::string_view)> _tls_failed;
  std::vector<listener> _listeners;
  std::unordered_map<int, poller::timer_id> _turned_away;  // sockets that are closed in a while
  bool _paused = false;
  std::uint64_t _next_connection = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<connection>> _connections;
  host_limits _host_limits;
  host_counts _host_counts;
  std::unordered_set<std::uint64_t> _to_flush;
  std::unordered_set<std::uint64_t> _held_with_frames;  // connections
  // Those before trust(), the oldest first: they neither take memory of the others nor wait for it.
  std::map<std::uint64_t, connection*> _strangers;
  poller::timer_id _strangers_timer = 0;  // runs while there are any
  request_memory _memory, _strangers_memory;
  poller::timer_id _stalled_timer = 0;  // runs while memory is short
  std::unique_ptr<char[]> _scratch;
  server_stats _stats;
};

}  // namespace mes::bus::net
