// Connections of Kafka clients: frames in, answers out in the order of the requests, whatever order they are ready in.
//
// Idle connections hold no buffers. Record data of an answer is read from its segment when the socket takes it, so a
// slow consumer costs no memory.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "bus/net/poller.h"
#include "wire/kafka/writer.h"

namespace mes::bus::net {

struct server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::size_t request_bytes_max = 100U << 20;
  std::size_t connections_max = 10'000;
  std::size_t requests_in_flight_max = 64;   // of one connection: no more are read before one is answered
  std::size_t output_bytes_max = 16U << 20;  // held (not external) bytes waiting for one client: as above
};

struct server_stats {
  std::uint64_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // over the limit
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

// Where an answer goes; stays valid, and harmless, after the connection has gone.
struct answer_slot {
  std::uint64_t connection = 0;
  std::uint64_t sequence = 0;
};

struct peer {
  std::uint64_t connection = 0;
  std::string host;        // "127.0.0.1"
  std::string local_host;  // the address of ours that it reached
};

class server {
 public:
  // A whole frame without its length; it may be changed in place, and is gone when the call returns. Every request is
  // answered once by answer(); false closes the connection instead.
  using handler = std::function<bool(answer_slot, const peer&, char* frame, std::size_t size)>;

  static result<std::unique_ptr<server>> listen(poller& loop, server_options options, handler handle);
  ~server();

  std::uint16_t port() const { return _port; }
  // Reads the bytes of an external part; the transport does not know segments. Default: none.
  using fetcher =
      std::function<bool(const wire::kafka::external_bytes&, std::size_t from, char* into, std::size_t size)>;
  void set_fetcher(fetcher f) { _fetch = std::move(f); }
  void set_closed(std::function<void(std::uint64_t connection)> f) { _closed = std::move(f); }

  void answer(answer_slot to, wire::kafka::writer message);  // framed: with its length in front
  void answer_nothing(answer_slot to);                       // acks=0
  void close_connection(std::uint64_t connection);
  void set_paused(bool paused);  // reads nothing while paused: the log is behind
  void flush();                  // at the end of a turn: sends what was answered in it
  void stop_accepting();
  const server_stats& stats() const { return _stats; }

 private:
  struct connection;
  server(poller& loop, server_options options, handler handle);

  void accept_all();
  void on_ready(connection& c, std::uint32_t events);
  void read_from(connection& c);
  bool take_frames(connection& c, char* data, std::size_t size);
  bool take_frame(connection& c, char* frame, std::size_t size);
  void send_to(connection& c);
  bool send_some(connection& c);
  bool may_read(const connection& c) const;
  void update_interest(connection& c);
  void release_answers(connection& c);
  void drop(connection& c);

  poller& _loop;
  server_options _options;
  handler _handle;
  fetcher _fetch;
  std::function<void(std::uint64_t)> _closed;
  int _listener = -1;
  std::uint16_t _port = 0;
  bool _paused = false;
  std::uint64_t _next_connection = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<connection>> _connections;
  std::unordered_set<std::uint64_t> _to_flush;
  std::unique_ptr<char[]> _scratch;
  server_stats _stats;
};

}  // namespace mes::bus::net
