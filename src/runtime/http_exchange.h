// One call of the HTTP client on its way: connect, send, read the answer. Private to runtime/.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/http_client.h"
#include "runtime/http_parser.h"
#include "runtime/http_url.h"
#include "runtime/tls.h"

namespace mes::runtime {

class http_exchange;
using client_protocol = boost::asio::generic::stream_protocol;
using steady_time = std::chrono::steady_clock::time_point;

// A connection that may serve one more call.
struct kept_connection {
  client_protocol::socket socket;
  std::unique_ptr<tls_session> tls;
  steady_time idle_since;
};

// What the calls of one client share. Loop thread only.
struct http_client_core {
  event_loop& loop;
  std::map<std::string, std::vector<std::unique_ptr<kept_connection>>> idle;  // by kept_by()
  std::unordered_map<http_exchange*, std::shared_ptr<http_exchange>> active;
  std::map<std::string, std::shared_ptr<tls_context>> trust;  // by CA file
  std::shared_ptr<event_loop::timer> sweep;                   // one for all calls, armed for the earliest deadline
  steady_time sweep_at = steady_time::max();
  std::shared_ptr<event_loop::timer> prune;

  explicit http_client_core(event_loop& l) : loop(l) {}

  std::unique_ptr<kept_connection> take(const std::string& address);  // nullptr if none is alive
  void keep(const std::string& address, std::unique_ptr<kept_connection> connection);
  result<std::shared_ptr<tls_context>> trust_of(const std::string& ca_file);
  void want_sweep(steady_time by);

 private:
  void run_sweep();
  void run_prune();
};

class http_exchange : public std::enable_shared_from_this<http_exchange> {
 public:
  using callback = std::function<void(result<http_response>)>;

  http_exchange(http_client_core& core, http_call call, http_url url, callback done);

  void start();
  void expire();  // the deadline has passed
  void drop();    // without calling back: the client is gone
  steady_time deadline() const { return _deadline; }

 private:
  using endpoint = client_protocol::endpoint;

  std::string kept_by() const;
  void connect();
  void resolve();
  void try_next(const boost::system::error_code& last);
  void on_connected();
  void send_request();
  std::string written_request() const;
  bool encrypt_and_queue(std::string plain);
  void flush();
  void read();
  void on_read(std::size_t bytes);
  void on_broken(const std::string& why);
  void on_end_of_stream();
  void take_answer();
  bool may_repeat() const;
  void finish(result<http_response> outcome);

  http_client_core& _core;
  http_call _call;
  http_url _url;
  callback _done;
  steady_time _deadline;
  std::unique_ptr<kept_connection> _connection;
  std::optional<boost::asio::ip::tcp::resolver> _resolver;
  std::vector<endpoint> _endpoints;
  std::size_t _next_endpoint = 0;
  http_response_parser _parser;
  std::unique_ptr<char[]> _buffer;
  std::string _in;   // received and decrypted, not parsed yet
  std::string _out;  // to be written
  std::size_t _out_sent = 0;
  bool _reused = false;
  bool _answered = false;  // some byte of an answer came
  bool _awaiting_write = false;
};

}  // namespace mes::runtime
